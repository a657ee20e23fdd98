"""The patterns of patterns.cpp on Python's gevent. Prints a line for each: name, ns per operation."""

import time

import gevent
from gevent.event import Event
from gevent.lock import Semaphore
from gevent.queue import Queue


def spawn_join(count):
    for _ in range(count):
        gevent.spawn(int).join()


def yields(tasks, count):
    def task():
        for _ in range(count // tasks):
            gevent.sleep(0)

    gevent.joinall([gevent.spawn(task) for _ in range(tasks)])


def turn_by_turn(count, wait, wake):
    """Two greenlets; each waits for its side, then wakes the other's."""

    def task(side):
        for _ in range(count // 2):
            wait(side)
            wake(1 - side)

    tasks = [gevent.spawn(task, side) for side in (0, 1)]
    wake(0)
    gevent.joinall(tasks)


def event_wake(count):
    events = [Event(), Event()]

    def wait(side):
        events[side].wait()
        events[side].clear()

    turn_by_turn(count, wait, lambda side: events[side].set())


def queue_hop(count):
    queues = [Queue(), Queue()]
    turn_by_turn(count, lambda side: queues[side].get(), lambda side: queues[side].put(1))


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

for name, count, run in PATTERNS:
    begin = time.perf_counter_ns()
    run(count)
    print("%s\t%.1f" % (name, (time.perf_counter_ns() - begin) / count), flush=True)
