"""Restart storms on the real stack under load, with the clients' journal: every daemon killed every second; two of each daemon,
one of them frozen and woken; every PostgreSQL restarted, gracefully and by SIGKILL; the broker away. After each storm the time to
normal service is printed; at the end nothing may be lost, doubled or left over, and no daemon may have grown.

GEOBILL_TEST_STORM_S: the seconds of kills (8); the freeze and the broker's absence follow from it."""
import os
import pathlib
import random
import shutil
import signal
import sys
import tempfile
import time

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))

from findings import Findings  # noqa: E402
from geobill_journal import Journal, check_against_journal, recorded  # noqa: E402
from geobill_stack import Stack, until  # noqa: E402

from storms import Memory, Mixed, Probe, Second, kill_all_daemons, pressure, restarts  # noqa: E402

KILLS_S = int(os.environ.get("GEOBILL_TEST_STORM_S", "8"))
LONG = KILLS_S >= 60
BROKER_AWAY_S = 300 if LONG else 10
FULL_RATE = 400 if LONG else None  # while the broker is away; five minutes without a limit is more than a journal in memory
FROZEN_S = 10 if LONG else 7
RATE = int(os.environ.get("GEOBILL_TEST_STORM_RATE", "100"))  # pay-ins a second
NORMAL_WITHIN_S = 900 if LONG else 120
ACCOUNTS = 40


class Weather:
    """The stack, its load, and what is watched meanwhile."""

    def __init__(self, stack, folder, seed):
        self.stack, self.seed = stack, seed
        self.journal = Journal(folder / "journal")
        self.accounts = [f"storm-{number}" for number in range(ACCOUNTS)] + ["probe", "mixed-a", "mixed-b"]
        api = recorded(stack, self.journal, "dc1")
        for account in self.accounts:
            assert api.open_account(account, account_id=account).status == 201
        assert api.add_service("mixed", 100).status == 201
        for dc in stack.dcs:
            until(f"the accounts at {dc}", 30,
                  lambda dc=dc: len(stack.psql(dc, "SELECT 1 FROM account")) == len(self.accounts))
        self.probe = Probe(stack, self.journal, "probe")
        self.load = pressure(stack, self.journal, self.accounts[:ACCOUNTS], seed, RATE)
        self.mixed = Mixed(stack, self.journal, self.accounts[-2:], "mixed", seed)
        self.findings = Findings(
            "fault_storms_long", "Restart storms",
            f"Three datacenters under {RATE} pay-ins a second (12 clients, a third repeats, one in ten at another datacenter than its "
            f"key's owner), and three clients with commands of all kinds on two accounts, one after another, seed {seed}. Normal again: a new pay-in at each datacenter in turn is seen at all of them within a "
            "second, the load going on. At the end the checker compares every request with the books of all datacenters, and "
            "`geobill verify --at-rest` is clean.",
            ("storm", "seconds", "pay-ins answered meanwhile", "of other kinds", "seconds to normal", "notes"))
        self.probe.until_normal(NORMAL_WITHIN_S)

    def storm(self, name, fault):
        """Does the fault; afterwards waits for normal service and notes how long that took."""
        begun, answered, decided = time.monotonic(), self.load.done, self.mixed.done
        notes = fault()
        lasted, answered, decided = time.monotonic() - begun, self.load.done - answered, self.mixed.done - decided
        errors = self.load.errors + self.mixed.errors
        assert not errors, errors[:1]
        self.findings.row(name, lasted, answered, decided, self.probe.until_normal(NORMAL_WITHIN_S), notes)


@pytest.fixture(scope="module")
def weather():
    run = pathlib.Path(tempfile.mkdtemp(prefix="geobill-storms-", dir="/var/tmp"))
    stack = Stack(run / "run")
    seed = int(os.environ.get("GEOBILL_TEST_SEED", random.randrange(10**9)))
    print(f"GEOBILL_TEST_SEED={seed}")
    try:
        yield Weather(stack, run, seed)
    finally:
        stack.down()
        shutil.rmtree(run, ignore_errors=True)


def test_every_daemon_killed_every_second(weather):
    def kills():
        before, killed, end = restarts(weather.stack), 0, time.monotonic() + KILLS_S
        while time.monotonic() < end:
            killed += kill_all_daemons(weather.stack)
            time.sleep(1)
        until("every killed daemon to be started again", 30, lambda: restarts(weather.stack) - before >= killed)
        assert killed >= KILLS_S * 12 * 0.5, f"only {killed} kills"
        return f"{killed} kills"
    weather.storm("every daemon killed every second", kills)


def test_two_of_each_and_a_zombie(weather):
    """At each datacenter another of the first ones is frozen for longer than its lease and its session last."""
    stack = weather.stack
    seconds = [Second(stack, dc).alive() for dc in stack.dcs]
    frozen = list(zip(stack.dcs, ("publisher", "consumer", "projector")))

    def freeze():
        for dc, part in frozen:
            os.kill(stack.pid(dc, part), signal.SIGSTOP)
        time.sleep(FROZEN_S)
        publisher = seconds[0].processes["publisher"].pid
        until("the standby to be active", 30, lambda: stack.psql(
            "dc1", f"SELECT 1 FROM daemon WHERE pid = {publisher} AND detail LIKE '%active%'"))
        for dc, part in frozen:
            os.kill(stack.pid(dc, part), signal.SIGCONT)
        return ", ".join(f"{part} of {dc}" for dc, part in frozen) + " frozen and woken"
    try:
        weather.storm("two of each daemon, one frozen", freeze)
    finally:
        for second in seconds:
            second.stop()


def test_postgres_restarted_under_all(weather):
    """One by SIGKILL and another gracefully, at the same time; in the long run each in both ways."""
    stack = weather.stack

    def restart(killed, stopped):
        before = {dc: stack.pid(dc, "postgres") for dc in (killed, stopped)}
        stack.stack("kill", killed, "postgres")
        stack.stack("stop", stopped, "postgres")
        stack.stack("start", stopped, "postgres")
        for dc, pid in before.items():
            until(f"a new PostgreSQL at {dc}", 60, lambda dc=dc, pid=pid: stack.pid(dc, "postgres") != pid and stack.ready(dc))
        return f"{killed} by SIGKILL, {stopped} gracefully"
    for number in range(len(stack.dcs) if LONG else 1):
        killed, stopped = stack.dcs[number], stack.dcs[(number + 1) % len(stack.dcs)]
        weather.storm("two PostgreSQLs restarted", lambda killed=killed, stopped=stopped: restart(killed, stopped))


def test_broker_away_under_load_and_memory_is_flat(weather):
    stack = weather.stack
    memory = Memory(stack)

    def away():
        stack.stack("stop", "dc1", "kafka")
        weather.load.rate = FULL_RATE
        time.sleep(BROKER_AWAY_S)
        weather.load.rate = RATE
        stack.stack("start", "dc1", "kafka", timeout=120)
        limit = f"{FULL_RATE} pay-ins a second" if FULL_RATE else "as many pay-ins as can be"
        return f"{BROKER_AWAY_S} s without it, {limit}, not counting its stop and start"
    weather.storm("the broker away under full load", away)
    processes, growth, creep = memory.check()
    weather.findings.row("memory meanwhile", "-", "-", "-", "-", f"{processes} daemons; the greatest growth {growth:.1f} MiB, second half "
                         f"above the first by {creep:.1f} MiB at most")


def test_nothing_was_lost_doubled_or_left_over(weather):
    begun = time.monotonic()
    weather.load.stop()
    weather.load.join()
    for account, total in zip(weather.mixed.accounts, weather.mixed.stop()):
        weather.stack.balance_everywhere(account, total, NORMAL_WITHIN_S)
    weather.stack.verify_at_rest(wait=NORMAL_WITHIN_S)
    rested = time.monotonic() - begun
    done = check_against_journal(weather.stack, weather.journal, None, deadline_s=30)
    assert done.counts["keys never answered"] == 0
    weather.findings.row("the end of the load", "-", weather.load.done, weather.mixed.done, rested,
                         ", ".join(f"{count} {what}" for what, count in done.counts.items()))
