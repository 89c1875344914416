"""Hands for storms: load without an end, memory of every daemon, second daemons, and when service is normal again."""
import collections
import os
import pathlib
import signal
import statistics
import subprocess
import threading
import time

from geobill_journal import Load, definite, recorded
from geobill_mix import Mix
from geobill_stack import until

DAEMONS = ("api", "publisher", "consumer", "projector")
GROWTH_MAX_MIB = 64  # what a daemon may grow by, from its first steady second on
CREEP_MAX_MIB = 16   # what the second half of its life may lie above the first


def pressure(stack, journal, accounts, seed, rate):
    """Load that goes on until stop(), at a rate that leaves room: what always runs at its limit is never normal."""
    load = Load(stack, journal, accounts, 400000, seed, threads=12, deadline_s=300, elsewhere=10)
    load.rate = rate
    return load.start()


class Mixed:
    """Clients that give commands of all kinds, one at a time each, on two accounts of their own, until stop()."""

    def __init__(self, stack, journal, accounts, service, seed, clients=3, deadline_s=900):
        self.over, self.errors, self.done, self.accounts = threading.Event(), [], 0, accounts
        self.mixes = [Mix({dc: recorded(stack, journal, dc) for dc in stack.dcs}, accounts, service, f"storm-{number}",
                          seed + number, deadline_s) for number in range(clients)]
        self.threads = [threading.Thread(target=self._work, args=(mix,), daemon=True) for mix in self.mixes]
        for thread in self.threads:
            thread.start()

    def _work(self, mix):
        def over():
            self.done += 1
            return self.over.wait(0.05)
        try:
            mix.run(10**6, over)
        except Exception as error:  # pylint: disable=broad-except
            self.errors.append(repr(error))

    def stop(self):
        """Gives what the clients did to each account."""
        self.over.set()
        for thread in self.threads:
            thread.join(1000)
        assert not self.errors, self.errors
        return [sum(mix.sums[at] for mix in self.mixes) for at in range(len(self.accounts))]


def rss_mib(pid):
    try:
        for line in pathlib.Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) / 1024
    except OSError:
        pass
    return None


class Memory:
    """VmRSS of every daemon twice a second, process by process."""

    def __init__(self, stack):
        self.stack, self.seen, self.done = stack, collections.defaultdict(list), threading.Event()
        self.thread = threading.Thread(target=self._watch, daemon=True)
        self.thread.start()

    def _watch(self):
        while not self.done.wait(0.5):
            for dc in self.stack.dcs:
                for part in DAEMONS:
                    self._look(dc, part)

    def _look(self, dc, part):
        try:
            pid = self.stack.pid(dc, part)
        except (OSError, ValueError):
            return
        mib = rss_mib(pid)
        if mib is not None:
            self.seen[dc, part, pid].append(mib)

    def check(self):
        """Gives (processes, the greatest growth, the greatest creep) of those that lived ten seconds."""
        self.done.set()
        self.thread.join()
        growths, creeps = [], []
        for who, series in self.seen.items():
            steady = series[4:]  # two seconds to start
            if len(steady) >= 16:
                half = len(steady) // 2
                growths.append((max(steady) - steady[0], who))
                creeps.append((statistics.median(steady[half:]) - statistics.median(steady[:half]), who))
        assert growths, "no daemon lived long enough to be measured"
        assert max(growths)[0] < GROWTH_MAX_MIB, f"grew by {max(growths)[0]:.0f} MiB: {max(growths)[1]}"
        assert max(creeps)[0] < CREEP_MAX_MIB, f"creeps: {max(creeps)[0]:.0f} MiB: {max(creeps)[1]}"
        return len(growths), max(growths)[0], max(creeps)[0]


class Probe:
    """A pay-in of one unit at every datacenter in turn, on an account of its own, and how soon all see it."""

    def __init__(self, stack, journal, account):
        self.stack, self.account, self.sent = stack, account, 0
        self.apis = {dc: recorded(stack, journal, dc) for dc in stack.dcs}

    def seconds(self):
        """Posts once and waits until every datacenter shows it; None after a second."""
        dc = self.stack.dcs[self.sent % len(self.stack.dcs)]
        self.sent += 1
        begun = time.monotonic()
        assert definite(self.apis[dc], f"{dc}:{self.account}-{self.sent}", self.account, 1, 300).status == 202
        while time.monotonic() - begun < 1:
            if all(self.shows(dc) for dc in self.stack.dcs):
                return time.monotonic() - begun
            time.sleep(0.02)
        return None

    def shows(self, dc):
        try:
            answer = self.apis[dc].balance(self.account)
        except OSError:
            return False
        return answer.status == 200 and answer.json["total"]["minor_units"] == self.sent

    def until_normal(self, deadline_s):
        """Seconds until a new pay-in at every datacenter, one after another, was seen everywhere within a second."""
        begun, in_a_row = time.monotonic(), 0
        while in_a_row < len(self.stack.dcs):
            in_a_row = in_a_row + 1 if self.seconds() is not None else 0
            assert in_a_row or time.monotonic() - begun < deadline_s, f"no normal service within {deadline_s} s"
        return time.monotonic() - begun


class Second:
    """Another publisher, consumer and projector beside the supervised ones of a datacenter."""

    def __init__(self, stack, dc):
        self.stack, self.dc = stack, dc
        self.processes = {part: self.start(part) for part in DAEMONS[1:]}

    def start(self, part):
        words = ["-X", f"{part}.listen=127.0.0.1:0"]
        if part == "publisher":  # it takes over sooner than usual, so that the storm is shorter
            words += ["-X", f"publisher.wake=unix:{self.stack.run}/{self.dc}/second", "-X", "publisher.lease_stale_ms=4000"]
        else:
            words += ["-X", f"{part}.instance=second"]
        log = open(self.stack.run / self.dc / f"second-{part}.log", "w", encoding="utf-8")
        with log:
            return subprocess.Popen([str(self.stack.bin / f"geobill-{part}"), "--config", str(self.stack.config(self.dc)), *words],
                                    stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def alive(self):
        """Each says so in the database."""
        pids = ",".join(str(process.pid) for process in self.processes.values())
        until(f"second daemons at {self.dc}", 30, lambda: len(self.stack.psql(
            self.dc, f"SELECT 1 FROM daemon WHERE pid IN ({pids})")) == len(self.processes))
        return self

    def stop(self):
        """Gracefully: exit 0, whatever has happened to it."""
        for process in self.processes.values():
            process.send_signal(signal.SIGCONT)
            process.terminate()
        codes = {part: process.wait(60) for part, process in self.processes.items()}
        assert set(codes.values()) == {0}, codes


def kill_all_daemons(stack):
    """SIGKILL to every daemon of every datacenter at once; how many were there."""
    killed = 0
    for dc in stack.dcs:
        for part in DAEMONS:
            try:
                os.kill(stack.pid(dc, part), signal.SIGKILL)
                killed += 1
            except (OSError, ValueError):
                pass  # its supervisor has not started it yet
    return killed


def restarts(stack):
    return sum(int((stack.run / dc / f"{part}.restarts").read_text()) for dc in stack.dcs for part in DAEMONS)
