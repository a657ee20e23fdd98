#!/usr/bin/env python3
"""The patterns of patterns.cpp on Python's sqlite3, on it with a progress handler in gevent's hub, and on aiosqlite.

Usage: patterns.py sqlite3|gevent|aiosqlite DATABASE
"""

import asyncio
import sqlite3
import sys
import time

ROWS = 100_000
KEYS = 10_000
READS = 10_000
ONE_ROW = "SELECT name FROM item WHERE id = ?"
ALL_ROWS = "SELECT id, name, price FROM item"
HEAVY = (
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 5000000) SELECT count(*) FROM n"
)
INSTRUCTIONS = 1000
MILLISECOND = 1_000_000


def key(n):
    return n * 7919 % KEYS + 1


def report(name, began, count):
    print("%s\t%.1f" % (name, (time.perf_counter_ns() - began) / count), flush=True)


def report_ticker(name, late):
    print("%s\t%.1f" % (name, sorted(late)[len(late) * 99 // 100]), flush=True)


def read(db, first, step):
    for n in range(first, READS, step):
        db.execute(ONE_ROW, (key(n),)).fetchall()


def stream(db):
    began = time.perf_counter_ns()
    items = [(id, name, price) for id, name, price in db.execute(ALL_ROWS)]
    report("row of 100,000", began, ROWS)
    assert len(items) == ROWS


def on_sqlite3(path):
    db = sqlite3.connect(path, isolation_level=None)
    for name in ("point read, 1 task", "point read, 50 tasks"):
        began = time.perf_counter_ns()
        read(db, 0, 1)
        report(name, began, READS)
    stream(db)
    began = time.perf_counter_ns()
    db.execute(HEAVY).fetchall()
    report("heavy query", began, 1)


def on_gevent(path):
    import gevent

    db = sqlite3.connect(path, isolation_level=None)

    def let_others_run():
        gevent.sleep(0)
        return 0

    db.set_progress_handler(let_others_run, INSTRUCTIONS)
    for tasks, name in ((1, "point read, 1 task"), (50, "point read, 50 tasks")):
        began = time.perf_counter_ns()
        gevent.joinall([gevent.spawn(read, db, first, tasks) for first in range(tasks)], raise_error=True)
        report(name, began, READS)
    stream(db)

    late = []
    going = True

    def tick():
        while going:
            due = time.perf_counter_ns() + MILLISECOND
            gevent.sleep(0.001)
            late.append(time.perf_counter_ns() - due)

    ticker = gevent.spawn(tick)
    gevent.sleep(1)
    report_ticker("ticker, p99, idle", late)
    late.clear()
    began = time.perf_counter_ns()
    db.execute(HEAVY).fetchall()
    report("heavy query", began, 1)
    report_ticker("ticker, p99, beside the query", late)
    going = False
    ticker.join()


async def on_aiosqlite(path):
    import aiosqlite

    async with aiosqlite.connect(path, isolation_level=None) as db:

        async def reads(first, step):
            for n in range(first, READS, step):
                await db.execute_fetchall(ONE_ROW, (key(n),))

        for tasks, name in ((1, "point read, 1 task"), (50, "point read, 50 tasks")):
            began = time.perf_counter_ns()
            await asyncio.gather(*(reads(first, tasks) for first in range(tasks)))
            report(name, began, READS)

        began = time.perf_counter_ns()
        items = [(id, name, price) for id, name, price in await db.execute_fetchall(ALL_ROWS)]
        report("row of 100,000", began, ROWS)
        assert len(items) == ROWS

        late = []
        going = True

        async def tick():
            while going:
                due = time.perf_counter_ns() + MILLISECOND
                await asyncio.sleep(0.001)
                late.append(time.perf_counter_ns() - due)

        ticker = asyncio.create_task(tick())
        await asyncio.sleep(1)
        report_ticker("ticker, p99, idle", late)
        late.clear()
        began = time.perf_counter_ns()
        await db.execute_fetchall(HEAVY)
        report("heavy query", began, 1)
        report_ticker("ticker, p99, beside the query", late)
        going = False
        await ticker


if __name__ == "__main__":
    who, database = sys.argv[1:]
    if who == "aiosqlite":
        asyncio.run(on_aiosqlite(database))
    else:
        {"sqlite3": on_sqlite3, "gevent": on_gevent}[who](database)
