"""The patterns of patterns.cpp on Python's asyncio, or with "uvloop" as the argument on uvloop.

Prints a line for each: name, ns per operation.
"""

import asyncio
import sys
import time


async def spawn_join(count):
    async def nothing():
        pass

    for _ in range(count):
        await asyncio.create_task(nothing())


async def yields(tasks, count):
    async def task():
        for _ in range(count // tasks):
            await asyncio.sleep(0)

    await asyncio.gather(*[asyncio.create_task(task()) for _ in range(tasks)])


async def turn_by_turn(count, wait, wake):
    """Two tasks; each waits for its side, then wakes the other's."""

    async def task(side):
        for _ in range(count // 2):
            await wait(side)
            wake(1 - side)

    tasks = [asyncio.create_task(task(side)) for side in (0, 1)]
    wake(0)
    await asyncio.gather(*tasks)


async def event_wake(count):
    events = [asyncio.Event(), asyncio.Event()]

    async def wait(side):
        await events[side].wait()
        events[side].clear()

    await turn_by_turn(count, wait, lambda side: events[side].set())


async def queue_hop(count):
    queues = [asyncio.Queue(), asyncio.Queue()]
    await turn_by_turn(count, lambda side: queues[side].get(), lambda side: queues[side].put_nowait(1))


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


async def measure(count, run):
    begin = time.perf_counter_ns()
    await run(count)
    return (time.perf_counter_ns() - begin) / count


if sys.argv[1:] == ["uvloop"]:
    import uvloop

    uvloop.install()

for name, count, run in PATTERNS:
    print("%s\t%.1f" % (name, asyncio.run(measure(count, run))), flush=True)
