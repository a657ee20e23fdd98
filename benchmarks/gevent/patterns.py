"""The patterns of patterns.cpp, and questions of crossfade_bench, on Python's gevent.

Usage: patterns.py                            prints a line for each pattern: name, ns per operation
       patterns.py gevent QUESTION OPERATIONS prints the CPU time of the thread per operation of one question, in ns;
                                              what an operation is, the file of the question says
"""

import sys
import time

import gevent
from gevent.event import Event
from gevent.lock import Semaphore
from gevent.queue import Queue

import network


def ended(tasks, begin=lambda: None):
    """Waits for the tasks; the CPU time, in ns, from when all of them exist and have run once."""
    gevent.sleep(0)
    began = time.thread_time_ns()
    begin()
    gevent.joinall(tasks, raise_error=True)
    return time.thread_time_ns() - began


def spawn_join(count):
    began = time.thread_time_ns()
    for _ in range(count):
        gevent.spawn(int).join()
    return time.thread_time_ns() - began


def yields(tasks, count):
    stamps = []

    def task(first):
        gevent.sleep(0)
        if first:
            stamps.append(time.thread_time_ns())
        for _ in range(count // tasks):
            gevent.sleep(0)
        if first:
            stamps.append(time.thread_time_ns())  # before any greenlet ends

    ended([gevent.spawn(task, n == 0) for n in range(tasks)])
    return stamps[1] - stamps[0]


def uncontended_lock(count):
    lock = Semaphore()
    began = time.thread_time_ns()
    for _ in range(count):
        with lock:
            pass
    return time.thread_time_ns() - began


def contended_lock(tasks, count):
    lock = Semaphore()

    def task():
        gevent.sleep(0)
        for _ in range(count // tasks):
            with lock:
                gevent.sleep(0)

    return ended([gevent.spawn(task) for _ in range(tasks)])


def turn_by_turn(count, wait, wake):
    """Two greenlets; each waits for its side, then wakes the other's."""

    def task(side):
        for _ in range(count // 2):
            wait(side)
            wake(1 - side)

    return ended([gevent.spawn(task, side) for side in (0, 1)], lambda: wake(0))


def event_wake(count):
    events = [Event(), Event()]

    def wait(side):
        events[side].wait()
        events[side].clear()

    return turn_by_turn(count, wait, lambda side: events[side].set())


def queue_hop(count):
    queues = [Queue(), Queue()]
    return turn_by_turn(count, lambda side: queues[side].get(), lambda side: queues[side].put(1))


def semaphore_hand_over(count):
    permits = [Semaphore(0), Semaphore(0)]
    turn_by_turn(count, lambda side: permits[side].acquire(), lambda side: permits[side].release())


def timer_fires(count):
    for _ in range(count):
        gevent.sleep(1e-9)


def timeout_in_time(count):
    for _ in range(count):
        with gevent.Timeout(10):
            pass


def about_an_hour(n):
    return 3600 + n * 7919 % 10_000 / 1000


def timeout(others, count):
    for n in range(others):
        gevent.spawn(gevent.sleep, about_an_hour(n))  # they end with the process
    gevent.sleep(0)
    began = time.thread_time_ns()
    for n in range(count):
        with gevent.Timeout(about_an_hour(n)):
            pass
        if n % 100 == 0:
            gevent.sleep(0)
    return time.thread_time_ns() - began


PATTERNS = (
    ("spawn and join", 100_000, spawn_join),
    ("sleep(0), 2 greenlets", 400_000, lambda count: yields(2, count)),
    ("sleep(0), 1000 greenlets", 400_000, lambda count: yields(1000, count)),
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


def main():
    if len(sys.argv) == 4:
        question, count = sys.argv[2], int(sys.argv[3])
        print("%.1f" % (QUESTIONS[question](count) / count))
        return
    for name, count, run in PATTERNS:
        begin = time.perf_counter_ns()
        run(count)
        print("%s\t%.1f" % (name, (time.perf_counter_ns() - begin) / count), flush=True)


if __name__ == "__main__":
    main()
