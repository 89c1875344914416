#!/usr/bin/env python3
"""Pays the credits of a bank's movements in through the public API, over all datacenters, and compares every account's sum.

usage: bank_movements.py FILE.csv [--run DIR]

FILE has the columns reference,date,account,kind,amount_minor,balance_after_minor. The stack in DIR (default: .run) must be
up; see ./stack up. The same command again books nothing twice: the bank's reference is the key. Exit 0 only when every
account has the right sum at every datacenter.
"""
import argparse
import collections
import concurrent.futures
import csv
import pathlib
import sys
import threading
import time
import zlib

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))

from geobill_journal import definite  # noqa: E402
from geobill_stack import ROOT, Stack  # noqa: E402

CURRENCY = "CZK"
THREADS = 24


def read_credits(path):
    with open(path, newline="", encoding="utf-8") as file:
        return [row for row in csv.DictReader(file) if row["kind"] == "credit"]


def open_account(stack, account):
    answer = stack.api(stack.dcs[0]).open_account(f"Bank account {account}", CURRENCY, f"bank-{account}",
                                                  key=f"bank-{account}")
    assert answer.status in (200, 201), answer


def pay_in(stack, rows, show=lambda done: None):
    """Posts every credit once, the datacenter chosen by a hash of its reference; waits for a definite answer to each."""
    done, lock, own = 0, threading.Lock(), threading.local()

    def post(row):
        nonlocal done
        if not hasattr(own, "apis"):
            own.apis = {dc: stack.api(dc).kept() for dc in stack.dcs}
        dc = stack.dcs[zlib.crc32(row["reference"].encode()) % len(stack.dcs)]
        answer = definite(own.apis[dc], f"{dc}:bank-{row['reference']}", f"bank-{row['account']}",
                          int(row["amount_minor"]), 60, currency=CURRENCY)
        assert answer.status == 202, (row, answer)
        with lock:
            done += 1
            show(done)
    with concurrent.futures.ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(post, rows))


def wrong_sums(stack, expected):
    """Accounts whose sum is not right, by datacenter, as (found, expected)."""
    query = ("SELECT a.account_id, sum(x.credits_total) FROM account a JOIN (SELECT account_no, credits_total FROM share "
             "UNION ALL SELECT account_no, credits_total FROM replicated_share) x USING (account_no) "
             "WHERE a.account_id LIKE 'bank-%' GROUP BY 1")
    wrong = {}
    for dc in stack.dcs:
        found = {name.removeprefix("bank-"): int(total) for name, total in stack.psql(dc, query)}
        bad = {account: (found.get(account), total) for account, total in expected.items()
               if found.get(account) != total}
        if bad:
            wrong[dc] = bad
    return wrong


def run(stack, path, out=sys.stdout):
    rows = read_credits(path)
    expected = collections.Counter()
    for row in rows:
        expected[row["account"]] += int(row["amount_minor"])
    print(f"{len(rows)} credits of {len(expected)} accounts, {sum(expected.values())} {CURRENCY} minor units", file=out)
    with concurrent.futures.ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(lambda account: open_account(stack, account), expected))
    begun = time.monotonic()

    def show(done):
        if out.isatty() and (done % 50 == 0 or done == len(rows)):
            print(f"\r{done}/{len(rows)} paid in", end="\n" if done == len(rows) else "", file=out, flush=True)
    pay_in(stack, rows, show)
    print(f"answered in {time.monotonic() - begun:.1f} s", file=out)
    end = time.monotonic() + 60
    while (wrong := wrong_sums(stack, expected)) and time.monotonic() < end:
        time.sleep(0.2)
    for dc in stack.dcs:
        bad = wrong.get(dc, {})
        print(f"{dc}: {len(expected) - len(bad)} of {len(expected)} accounts have the right sum", file=out)
        for account, (found, total) in list(bad.items())[:10]:
            print(f"  account {account}: found {found}, expected {total}", file=out)
    return not wrong


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file")
    parser.add_argument("--run", default=str(ROOT / ".run"))
    words = parser.parse_args()
    return 0 if run(Stack.running(words.run), words.file) else 1


if __name__ == "__main__":
    sys.exit(main())
