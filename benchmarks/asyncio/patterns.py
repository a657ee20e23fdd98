"""The patterns of patterns.cpp, and questions of crossfade_bench, on Python's asyncio or on uvloop.

Usage: patterns.py [asyncio|uvloop]                   prints a line for each pattern: name, ns per operation
       patterns.py asyncio|uvloop QUESTION OPERATIONS prints the CPU time of the thread per operation of one question,
                                                      in ns; what an operation is, the file of the question says
"""

import asyncio
import sys
import time

import network


async def ended(tasks, begin=lambda: None):
    """Runs the tasks; the CPU time, in ns, from when all of them exist and have run once."""
    all_of_them = asyncio.gather(*[asyncio.create_task(task) for task in tasks])
    await asyncio.sleep(0)
    began = time.thread_time_ns()
    begin()
    await all_of_them
    return time.thread_time_ns() - began


async def spawn_join(count):
    async def nothing():
        pass

    began = time.thread_time_ns()
    for _ in range(count):
        await asyncio.create_task(nothing())
    return time.thread_time_ns() - began


async def yields(tasks, count):
    stamps = []

    async def task(first):
        await asyncio.sleep(0)
        if first:
            stamps.append(time.thread_time_ns())
        for _ in range(count // tasks):
            await asyncio.sleep(0)
        if first:
            stamps.append(time.thread_time_ns())  # before any task ends

    await ended(task(n == 0) for n in range(tasks))
    return stamps[1] - stamps[0]


async def uncontended_lock(count):
    lock = asyncio.Lock()
    began = time.thread_time_ns()
    for _ in range(count):
        async with lock:
            pass
    return time.thread_time_ns() - began


async def contended_lock(tasks, count):
    lock = asyncio.Lock()

    async def task():
        await asyncio.sleep(0)
        for _ in range(count // tasks):
            async with lock:
                await asyncio.sleep(0)

    return await ended(task() for _ in range(tasks))


async def turn_by_turn(count, wait, wake):
    """Two tasks; each waits for its side, then wakes the other's."""

    async def task(side):
        for _ in range(count // 2):
            await wait(side)
            wake(1 - side)

    return await ended((task(side) for side in (0, 1)), lambda: wake(0))


async def event_wake(count):
    events = [asyncio.Event(), asyncio.Event()]

    async def wait(side):
        await events[side].wait()
        events[side].clear()

    return await turn_by_turn(count, wait, lambda side: events[side].set())


async def queue_hop(count):
    queues = [asyncio.Queue(), asyncio.Queue()]
    return await turn_by_turn(count, lambda side: queues[side].get(), lambda side: queues[side].put_nowait(1))


async def semaphore_hand_over(count):
    permits = [asyncio.Semaphore(0), asyncio.Semaphore(0)]
    await turn_by_turn(count, lambda side: permits[side].acquire(), lambda side: permits[side].release())


async def timer_fires(count):
    for _ in range(count):
        await asyncio.sleep(1e-9)


async def timeout_in_time(count):
    for _ in range(count):
        async with asyncio.timeout(10):
            pass


def about_an_hour(n):
    return 3600 + n * 7919 % 10_000 / 1000


async def timeout(others, count):
    armed = [asyncio.create_task(asyncio.sleep(about_an_hour(n))) for n in range(others)]
    await asyncio.sleep(0)
    began = time.thread_time_ns()
    for n in range(count):
        async with asyncio.timeout(about_an_hour(n)):
            pass
        if n % 100 == 0:
            await asyncio.sleep(0)
    took = time.thread_time_ns() - began
    for task in armed:
        task.cancel()
    return took


PATTERNS = (
    ("spawn and join", 100_000, spawn_join),
    ("sleep(0), 2 tasks", 400_000, lambda count: yields(2, count)),
    ("sleep(0), 1000 tasks", 400_000, lambda count: yields(1000, count)),
    ("event wake", 200_000, event_wake),
    ("queue hop", 200_000, queue_hop),
    ("semaphore hand-over", 200_000, semaphore_hand_over),
    ("timer that fires", 50_000, timer_fires),
    ("timeout that does not", 200_000, timeout_in_time),
)

QUESTIONS = {
    "yield/2_tasks": lambda count: yields(2, count),
    "yield/1000_tasks": lambda count: yields(1000, count),
    "spawn_join/empty_task": spawn_join,
    "uncontended_lock/lock_unlock": uncontended_lock,
    "contended_lock/2_tasks": lambda count: contended_lock(2, count),
    "contended_lock/100_tasks": lambda count: contended_lock(100, count),
    "event_wake/one_way": event_wake,
    "queue_hop/one_way": queue_hop,
    "timeout/alone": lambda count: timeout(0, count),
    "timeout/among_10000": lambda count: timeout(10_000, count),
    "socket/ping_pong": network.ping_pong,
    "http/hello": network.hello,
}


async def measure(count, run):
    begin = time.perf_counter_ns()
    await run(count)
    return (time.perf_counter_ns() - begin) / count


def main():
    model, *asked = sys.argv[1:] or ["asyncio"]
    if model == "uvloop":
        import uvloop

        uvloop.install()
    if asked:
        question, count = asked[0], int(asked[1])
        print("%.1f" % (asyncio.run(QUESTIONS[question](count)) / count))
        return
    for name, count, run in PATTERNS:
        print("%s\t%.1f" % (name, asyncio.run(measure(count, run))), flush=True)


if __name__ == "__main__":
    main()
