"""A datacenter without its Kafka goes on booking what it accepts, from the table, and everything agrees afterwards. The
short form takes the one broker of all datacenters away for some seconds; the long one (GEOBILL_TEST_AWAY_S, ten minutes
each) first the own Kafka of one datacenter, then that of all."""
import os
import shutil
import statistics
import tempfile
import threading
import time

import pytest

from geobill_journal import Journal, check_against_journal, definite, recorded
from geobill_stack import Stack, until

AWAY_S = int(os.environ.get("GEOBILL_TEST_AWAY_S", "0"))
TABLE_AFTER_S = 2  # [consumer] table_after_ms


class Steady:
    """Pays in at every datacenter, at each with keys of its own, until it is stopped; waits for each pay-in to be booked."""

    def __init__(self, stack, journal, accounts, word, threads_per_dc=2, pause_s=0.01):
        self.stack, self.journal, self.accounts, self.word, self.pause_s = stack, journal, accounts, word, pause_s
        self.over, self.errors, self.lock = threading.Event(), [], threading.Lock()
        self.booked = []  # (when, datacenter, seconds)
        self.threads = [threading.Thread(target=self._work, args=(dc, number), daemon=True)
                        for dc in stack.dcs for number in range(threads_per_dc)]

    def _work(self, dc, thread):
        api, number = recorded(self.stack, self.journal, dc), 0
        while not self.over.is_set():
            key, account = f"{dc}:{self.word}-{thread}-{number}", self.accounts[number % len(self.accounts)]
            number += 1
            try:
                begun = time.monotonic()
                answer = definite(api, key, account, number % 100 + 1, 120, wait=30)
                assert answer.status in (200, 202), answer
                if answer.status == 200:
                    with self.lock:
                        self.booked.append((time.monotonic(), dc, time.monotonic() - begun))
            except Exception as error:  # pylint: disable=broad-except
                self.errors.append((key, error))
                return
            self.over.wait(self.pause_s)

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        for thread in self.threads:
            thread.join(130)

    def count(self, dc):
        with self.lock:
            return sum(1 for _, at, _ in self.booked if at == dc)

    def goes_on(self, what, dcs, more=20):
        """Each of these datacenters books so many more; fails by name when one does not."""
        before = {dc: self.count(dc) for dc in dcs}
        for dc in dcs:
            until(f"{dc} to book {more} more pay-ins {what}", 60,
                  lambda dc=dc: self.count(dc) >= before[dc] + more or self.errors)
        assert not self.errors, self.errors[:3]

    def seconds(self, since, until_, dcs):
        with self.lock:
            return sorted(took for when, dc, took in self.booked if since <= when < until_ and dc in dcs)


def open_accounts(stack, word):
    accounts = [f"dark-{word}-{number}" for number in range(12)]
    for account in accounts:
        assert stack.api("dc1").open_account(account, account_id=account).status == 201
    for dc in stack.dcs:
        until(f"the accounts at {dc}", 30, lambda dc=dc: int(stack.psql(
            dc, f"SELECT count(*) FROM account WHERE account_id LIKE 'dark-{word}-%'")[0][0]) == len(accounts))
    return accounts


def reads_table(stack, dc):
    return int(stack.psql(dc, "SELECT count(*) FROM late_partition")[0][0])


def read_from_table(stack, dc):
    """What the operator sees of it."""
    return [d["detail"] for d in stack.cli_json(dc, "status")["daemons"]
            if d["dc"] == dc and d["daemon"] == "consumer" and "read from the table" in d["detail"]]


def check_payouts(stack, steady, dc, api, account):
    """Cut off from all others, it pays out of its own share at once; for more it says who was silent."""
    begun = time.monotonic()
    for number in range(5):
        answer = api.payout(f"{dc}:{steady.word}-out-{begun}-{number}", account, 1)
        assert answer.status == 200 and answer.json["state"] == "PAID", answer
    assert time.monotonic() - begun < 5 * TABLE_AFTER_S, "paying out of the own share waited for somebody"
    answer = api.payout(f"{dc}:{steady.word}-far-{begun}", account, 10**9, deadline_ms=300)
    assert answer.status == 409 and answer.code == "FUNDS_UNREACHABLE", answer
    assert all(peer in answer.json["detail"] for peer in stack.dcs if peer != dc), answer.json


def check_dark(stack, steady, dcs):
    """Without a broker: booked by HTTP, no page waits its two seconds, the own share shows it, and the operator is told."""
    steady.goes_on("without a broker", dcs)
    for dc in dcs:
        until(f"{dc} to say that it reads the table", 20, lambda dc=dc: read_from_table(stack, dc))
        api, account, begun = recorded(stack, steady.journal, dc), steady.accounts[0], time.monotonic()
        for number in range(5):
            answer = api.payin(f"{dc}:{steady.word}-seen-{begun}-{number}", account, 1, wait=20)
            assert answer.status == 200 and answer.json["state"] == "BOOKED", answer
        assert time.monotonic() - begun < 5 * TABLE_AFTER_S, "each page waited for Kafka"
        balance = api.balance(account).json
        assert balance["available_here"]["minor_units"] >= 5, balance
        check_payouts(stack, steady, dc, api, account)


def check_light(stack, steady, dcs):
    """Kafka is back: the consumers go back to it by themselves, under load."""
    for dc in dcs:
        until(f"{dc} to read from Kafka again", 90, lambda dc=dc: not reads_table(stack, dc) or steady.errors)
    steady.goes_on("with a broker again", stack.dcs)


def check_end(stack, journal, accounts):
    check_against_journal(stack, journal, accounts)
    stack.verify_at_rest(wait=120)


def test_every_datacenter_goes_on_booking_without_a_broker(stack, unique, tmp_path):
    accounts, journal = open_accounts(stack, unique), Journal(tmp_path / "journal")
    with Steady(stack, journal, accounts, unique) as steady:
        steady.goes_on("with a broker", stack.dcs, more=5)
        stack.stack("stop", "dc1", "kafka")
        try:
            check_dark(stack, steady, stack.dcs)
            before = stack.pid("dc2", "consumer")
            stack.stack("kill", "dc2", "consumer")
            until("another consumer at dc2", 30, lambda: stack.pid("dc2", "consumer") != before)
            steady.goes_on("after its consumer was killed without a broker", ["dc2"])
        finally:
            stack.stack("start", "dc1", "kafka", timeout=90)
        check_light(stack, steady, stack.dcs)
    assert not steady.errors, steady.errors[:3]
    check_end(stack, journal, accounts)


@pytest.fixture
def own_brokers():
    run = tempfile.mkdtemp(prefix="geobill-dark-", dir="/var/tmp")
    made = Stack(run, brokers="per-dc")
    yield made
    made.down()
    shutil.rmtree(run, ignore_errors=True)


def per_second(steady, since, until_, dcs):
    return len(steady.seconds(since, until_, dcs)) / (until_ - since)


@pytest.mark.skipif(not AWAY_S, reason="the long form: GEOBILL_TEST_AWAY_S says for how long Kafka is away")
def test_kafka_of_one_and_then_of_all_is_away_for_long(own_brokers, unique, tmp_path):
    from findings import Findings
    stack = own_brokers
    findings = Findings("e2e_without_broker_long", "Without a broker",
                        f"Own Kafka of each datacenter; away for {AWAY_S} s under load, first dc1's, then all. Pay-ins booked a "
                        "second over the datacenters without Kafka, and the clients' time to BOOKED.",
                        ("phase", "seconds", "booked/s", "p50 ms", "p99 ms"))
    accounts, journal = open_accounts(stack, unique), Journal(tmp_path / "journal")
    with Steady(stack, journal, accounts, unique) as steady:
        steady.goes_on("with a broker", stack.dcs)
        for dcs in (["dc1"], stack.dcs):
            marks = [time.monotonic()]
            time.sleep(min(AWAY_S, 60))
            marks.append(time.monotonic())
            for dc in dcs:
                stack.stack("stop", dc, "kafka")
            check_dark(stack, steady, dcs)
            while time.monotonic() < marks[1] + AWAY_S:
                steady.goes_on("without a broker", dcs)
                time.sleep(1)
            marks.append(time.monotonic())
            for dc in dcs:
                stack.stack("start", dc, "kafka", timeout=120)
            check_light(stack, steady, dcs)
            marks.append(time.monotonic())
            time.sleep(min(AWAY_S, 60))
            marks.append(time.monotonic())
            for name, a, b in (("before", 0, 1), ("away", 1, 2), ("coming back", 2, 3), ("after", 3, 4)):
                took = steady.seconds(marks[a], marks[b], dcs)
                findings.row(f"{' '.join(dcs)}: {name}", round(marks[b] - marks[a]),
                             round(per_second(steady, marks[a], marks[b], dcs), 1),
                             round(statistics.median(took) * 1000), round(took[len(took) * 99 // 100] * 1000))
            before = per_second(steady, marks[0], marks[1], dcs)
            away = per_second(steady, marks[1] + 2 * TABLE_AFTER_S, marks[2], dcs)
            assert away > before / 2, f"booked a second: {before} before, {away} without Kafka"
    assert not steady.errors, steady.errors[:3]
    begun = time.monotonic()
    check_end(stack, journal, accounts)
    findings.row("replicas complete after", round(time.monotonic() - begun), "", "", "")
