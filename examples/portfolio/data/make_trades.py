#!/usr/bin/env python3
"""Writes the example's data: trades.csv, trades_with_errors.csv, and the balances that trades.csv must lead to.

Usage: make_trades.py [--check]     --check compares with the files that are there; exits 1 if one differs

Somebody saves every month, trades at three exchanges from 2021 on and carries coins home to a wallet of their own.
The same on every machine: one seed, whole numbers throughout, and of Python's generator only what it promises to keep.
"""

import csv
import io
import random
import sys
from datetime import datetime, timedelta, timezone
from pathlib import Path

SEED = 20210104
ROWS = 10_000
ONE = 10**8  # amounts are whole numbers of 1e-8
CENT = ONE // 100
START = datetime(2021, 1, 4, 8, tzinfo=timezone.utc)
END = datetime(2025, 12, 31, tzinfo=timezone.utc)
SECONDS_BETWEEN_ORDERS = 39_500  # on average; ends the ROWS near END

COLUMNS = ["id", "time", "location", "kind", "asset", "amount", "quote", "cost", "fee", "fee_asset", "note"]

# Roughly what one cost in cents, every half year from 2021 on.
PRICES = {
    "BTC": [2400000, 2900000, 4150000, 1900000, 1560000, 2800000, 3850000, 5850000, 9100000, 9100000, 7500000],
    "ETH": [60000, 180000, 330000, 105000, 112000, 177000, 207000, 320000, 323000, 210000, 255000],
    "SOL": [120, 3000, 15000, 3300, 940, 1700, 9200, 13600, 18500, 13200, 10700],
    "ADA": [15, 113, 118, 44, 23, 26, 55, 36, 83, 48, 31],
    "DOT": [700, 1300, 2400, 670, 400, 470, 770, 580, 650, 290, 160],
    "XRP": [19, 57, 74, 31, 32, 43, 56, 44, 205, 187, 160],
    "LTC": [10200, 11800, 13000, 5000, 6500, 10000, 6600, 6800, 10000, 7300, 6600],
    "LINK": [950, 1600, 1750, 600, 520, 580, 1400, 1300, 1950, 1130, 1060],
    "ATOM": [480, 1000, 2900, 740, 880, 850, 970, 630, 620, 340, 180],
}
FAVOURITES = ["BTC"] * 6 + ["ETH"] * 4 + ["SOL"] * 2 + list(PRICES)
FEES = {"kraken": 26, "coinbase": 60, "bitstamp": 30}  # in 1e-4 of the cost
SAVED = {"kraken": 1500, "coinbase": 600, "bitstamp": 400}  # EUR a month
NOTES = ["", "", "", "", "limit order, filled in parts", "rebalancing", "dip", 'Anna says "hold"', "für später",
         "tax: see\nstatement"]


class Diary:
    """Writes down what happens and keeps count, so that nothing is sold that is not there."""

    def __init__(self):
        self.random = random.Random(SEED)
        self.rows = []
        self.held = {}

    def below(self, n):
        return int(self.random.random() * n)

    def pick(self, items):
        return items[self.below(len(items))]

    def at(self, location, asset):
        return self.held.get((location, asset), 0)

    def move(self, location, asset, amount):
        self.held[location, asset] = self.at(location, asset) + amount
        assert self.held[location, asset] >= 0, (location, asset)

    def new_id(self, location):
        if location == "bitstamp":
            return str(150_000_000 + len(self.rows) * 17)
        if location == "coinbase":
            return "-".join(f"{self.below(16**n):0{n}x}" for n in (8, 4, 4, 12))
        letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
        return "T" + "-".join("".join(self.pick(letters) for _ in range(n)) for n in (5, 5, 6))

    def write(self, time, location, kind, asset, amount, quote="", cost=0, fee=0, fee_asset="", note=""):
        sign = 1 if kind in ("buy", "deposit") else -1
        self.move(location, asset, sign * amount)
        if quote:
            self.move(location, quote, -sign * cost)
        if fee_asset:
            self.move(location, fee_asset, -fee)
        fraction = f".{self.below(999) + 1:03d}" if location == "kraken" else ""
        stamp = time.strftime("%Y-%m-%dT%H:%M:%S") + fraction + "Z"
        self.rows.append([self.new_id(location), stamp, location, kind, asset, shown(amount), quote,
                          shown(cost) if quote else "", shown(fee) if fee_asset else "", fee_asset, note])


def shown(units):
    whole, rest = divmod(units, ONE)
    return f"{whole}.{rest:08d}".rstrip("0").rstrip(".")


def price(diary, asset, time):
    """In units of EUR: on the line between two half years, give or take 4 %."""
    half = timedelta(days=365.25 / 2)
    step, rest = divmod(int((time - START).total_seconds()), int(half.total_seconds()))
    low, high = PRICES[asset][step], PRICES[asset][step + 1]
    cents = low * 1000 + (high - low) * 1000 * rest // int(half.total_seconds())
    return cents * CENT // 1000 * (9600 + diary.below(801)) // 10_000


def order(diary, time):
    """One order, filled in one part or several within seconds."""
    location = diary.pick(["kraken", "kraken", "kraken", "coinbase", "bitstamp"])
    asset = diary.pick(FAVOURITES)
    quote = "BTC" if asset != "BTC" and diary.below(12) == 0 else "EUR"
    unit_price = price(diary, asset, time)
    if quote == "BTC":
        unit_price = unit_price * ONE // price(diary, "BTC", time)
    grain = ONE // 10_000 if quote == "EUR" else 1  # costs in EUR have four decimals

    selling = diary.below(100) < 38
    if selling:
        whole = diary.at(location, asset) * (5 + diary.below(60)) // 100
    else:
        whole = diary.at(location, quote) * (3 + diary.below(25)) // 100 * ONE // unit_price
    parts = diary.pick([1, 1, 1, 1, 2, 2, 3, 4, 7])
    note = diary.pick(NOTES) if diary.below(20) == 0 else ""
    for part in range(parts):
        amount = whole // parts
        cost = amount * unit_price // ONE // grain * grain
        fee = cost * FEES[location] // 10_000 // grain * grain
        if cost < (CENT * 100 if quote == "EUR" else 1000):
            return
        diary.write(time + timedelta(seconds=part), location, "sell" if selling else "buy", asset, amount, quote, cost,
                    fee, quote, note)


def payday(diary, time):
    for location, euros in SAVED.items():
        note = "Sparplan, März" if time.month == 3 else "Sparplan"
        diary.write(time, location, "deposit", "EUR", euros * ONE, note=note)


def carry_home(diary, time):
    """Moves half of a coin from an exchange to the wallet."""
    location, asset = diary.pick(list(FEES)), diary.pick(["BTC", "ETH", "SOL"])
    amount = diary.at(location, asset) // 2
    fee = {"BTC": 20_000, "ETH": 200_000, "SOL": 1_000_000}[asset]
    if amount > 20 * fee:
        diary.write(time, location, "withdrawal", asset, amount, fee=fee, fee_asset=asset, note="to the safe")
        diary.write(time + timedelta(minutes=25), "wallet", "deposit", asset, amount)


def diary_of_years():
    diary = Diary()
    time, month, day = START, None, 0
    while len(diary.rows) < ROWS:
        if time.month != month:
            month = time.month
            payday(diary, time)
            carry_home(diary, time + timedelta(hours=1))
            time += timedelta(hours=2)
        order(diary, time)
        time += timedelta(seconds=60 + diary.below(2 * SECONDS_BETWEEN_ORDERS))
    assert time < END, time
    del diary.rows[ROWS:]
    return diary


def line(row):
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerow(row)
    return text.getvalue()


def balances(rows):
    held = {}
    for _, _, _, kind, asset, amount, quote, cost, fee, fee_asset, _ in rows:
        sign = 1 if kind in ("buy", "deposit") else -1
        for name, text, direction in ((asset, amount, sign), (quote, cost, -sign), (fee_asset, fee, -1)):
            if name:
                whole, _, rest = text.partition(".")
                held[name] = held.get(name, 0) + direction * int(whole + rest.ljust(8, "0"))
    return "asset,amount\n" + "".join(f"{asset},{shown(held[asset])}\n" for asset in sorted(held))


# Each is wrong in one way; the good rows come between them.
BAD_ROWS = [
    ",2024-05-01T10:00:00Z,kraken,buy,BTC,0.1,EUR,5400,14.04,EUR,",
    "bad id,2024-05-01T10:00:00Z,kraken,buy,BTC,0.1,EUR,5400,14.04,EUR,",
    "B3,01.05.2024 10:00,kraken,buy,BTC,0.1,EUR,5400,14.04,EUR,",
    "B4,2024-02-30T10:00:00Z,kraken,buy,BTC,0.1,EUR,5400,14.04,EUR,",
    "B5,2024-05-01T10:00:00+02:00,kraken,buy,BTC,0.1,EUR,5400,14.04,EUR,",
    "B6,2024-05-01T10:00:00Z,,buy,BTC,0.1,EUR,5400,14.04,EUR,",
    "B7,2024-05-01T10:00:00Z,kraken,Buy,BTC,0.1,EUR,5400,14.04,EUR,",
    "B8,2024-05-01T10:00:00Z,kraken,buy,btc,0.1,EUR,5400,14.04,EUR,",
    'B9,2024-05-01T10:00:00Z,kraken,buy,BTC,"0,1",EUR,5400,14.04,EUR,',
    "B10,2024-05-01T10:00:00Z,kraken,buy,BTC,-0.1,EUR,5400,14.04,EUR,",
    "B11,2024-05-01T10:00:00Z,kraken,buy,BTC,0.123456789,EUR,5400,14.04,EUR,",
    "B12,2024-05-01T10:00:00Z,kraken,buy,BTC,1e2,EUR,5400,14.04,EUR,",
    "B13,2024-05-01T10:00:00Z,kraken,buy,BTC,100000000000,EUR,5400,14.04,EUR,",
    "B14,2024-05-01T10:00:00Z,kraken,buy,BTC,0.1,,5400,14.04,EUR,",
    "B15,2024-05-01T10:00:00Z,kraken,buy,BTC,0.1,BTC,5400,14.04,EUR,",
    "B16,2024-05-01T10:00:00Z,kraken,buy,BTC,0.1,EUR,,14.04,EUR,",
    "B17,2024-05-01T10:00:00Z,kraken,buy,BTC,0.1,EUR,5400,-1,EUR,",
    "B18,2024-05-01T10:00:00Z,kraken,buy,BTC,0.1,EUR,5400,14.04,,",
    "B19,2024-05-01T10:00:00Z,kraken,deposit,EUR,100,EUR,100,,,",
    "B20,2024-05-01T10:00:00Z,kraken,buy,BTC,0.1,EUR,5400",
    "B21,2024-05-01T10:00:00Z,kraken,buy,BTC,0.1,EUR,5400,14.04,EUR,hello, world",
    'B22,2024-05-01T10:00:00Z,kraken,buy,BTC,0.1,EUR,5400,14.04,EUR,5" screen',
    'B23,2024-05-01T10:00:00Z,kraken,buy,BTC,0.1,EUR,5400,14.04,EUR,"a" b',
    'B24,2024-05-01T10:00:00Z,kraken,buy,BTC,0.1,EUR,5400,14.04,EUR,"never closed',
    "B25,2024-05-01T10:00:00Z,kraken,buy,BTC,0.1,EUR,5400,14.04,EUR,M\udce4rz",  # Latin-1, not UTF-8
    "B26,2024-05-01T10:00:00Z,kraken,buy,BTC,0.1,EUR,5400,14.04,EUR,bell\a",
    "B27,2024-05-01T10:00:00Z,kraken,buy,BTC,0.1,EUR,5400,14.04,EUR," + "long " * 101,
    "B28,2024-05-01T10:00:00Z,kraken,buy,BTC,0.1,EUR,5400,14.04,EUR," + "endless " * 520,
]


def with_errors(rows):
    two_lines = next(row for row in rows if "\n" in row[-1])
    good = [line(row) for row in (two_lines, *rows[: 2 * len(BAD_ROWS) - 1])]
    groups = [[*good[2 * n : 2 * n + 2], bad + "\n"] for n, bad in enumerate(BAD_ROWS)]
    return line(COLUMNS) + "".join(text for group in groups for text in group)


def main():
    rows = diary_of_years().rows
    trades = "".join(map(line, [COLUMNS, *rows]))
    files = {"trades.csv": trades, "trades_with_errors.csv": with_errors(rows), "balances.csv": balances(rows)}
    folder = Path(__file__).parent
    for name, text in files.items():
        content = text.encode("utf-8", "surrogateescape")
        if "--check" not in sys.argv[1:]:
            (folder / name).write_bytes(content)
        elif (folder / name).read_bytes() != content:
            sys.exit(f"{name} is not what make_trades.py makes; run it without --check")


if __name__ == "__main__":
    main()
