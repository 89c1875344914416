"""The clients' own journal, and the load that writes it. Standard library only; what geobill says is compared with this and
with nothing else, by tests/fault/checker.py, which shares nothing with this file but the form of the journal:

    {"send": 7, "dc": "dc1", "client": "demo", "method": "POST", "path": "/v1/pay-ins", "key": "dc1:a", "body": {...}}
    {"answer": 7, "status": 202, "body": {...}}          not there: never answered

Each command of a batch is a request of its own, as it would be alone; those of an atomic batch have its number as "batch".

The first line is written before the request is sent, the second when it was answered."""
import http.client
import json
import pathlib
import random
import sys
import threading
import time

from geobill_client import KeptApi

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "fault"))

import checker  # noqa: E402

BATCH_PATHS = {"PAYIN": "/v1/pay-ins", "PAYOUT": "/v1/pay-outs", "TRANSFER": "/v1/transfers", "HOLD": "/v1/holds",
               "CAPTURE": "/v1/holds/{hold_id}/capture", "VOID": "/v1/holds/{hold_id}/void", "CHARGE": "/v1/charges",
               "REFUND": "/v1/refunds"}
CLIENT = "demo"  # whose token a stack's own clients use


class Journal:
    """One file. Any thread may write."""

    def __init__(self, path):
        self.path = path
        self.file = open(path, "w", encoding="utf-8")
        self.lock = threading.Lock()
        self.sent = 0

    def before(self, dc, client, method, path, key, body, batch=None):
        """Gives the number of the request. `batch`: of an atomic batch; 0: this is its first."""
        with self.lock:
            self.sent += 1
            item = {"send": self.sent, "dc": dc, "client": client, "method": method, "path": path, "key": key, "body": body}
            if batch is not None:
                item["batch"] = batch or self.sent
            self._write(item)
            return self.sent

    def after(self, number, status, body):
        with self.lock:
            self._write({"answer": number, "status": status, "body": body})

    def _write(self, item):
        self.file.write(json.dumps(item) + "\n")
        self.file.flush()


class RecordedApi(KeptApi):
    """One datacenter's API over a kept connection; every command is in the journal. One thread owns it."""

    def __init__(self, api, journal, dc, client=CLIENT):
        super().__init__(api.url, api.token, api.timeout)
        self.journal, self.dc, self.client = journal, dc, client

    def batch(self, commands, wait=None, headers=None, **more):
        numbers, atomic = [], more.get("atomic", False)
        for command in commands:
            body = {name: value for name, value in command.items() if name not in ("kind", "key", "hold_id")}
            path = BATCH_PATHS[command["kind"]].format(**command)
            batch = (numbers[0] if numbers else 0) if atomic else None
            numbers.append(self.journal.before(self.dc, self.client, "POST", path, command["key"], body, batch))
        answer = super().batch(commands, wait, headers, **more)
        answers = (answer.json or {}).get("answers") or [{"status": answer.status, "body": answer.json}] * len(commands)
        for number, item in zip(numbers, answers):
            self.journal.after(number, item["status"], item["body"])
        return answer

    def call(self, method, path, body=None, headers=None, raw=None):
        key = (headers or {}).get("Idempotency-Key")
        if method != "POST" or key is None:
            return super().call(method, path, body, headers, raw)
        number = self.journal.before(self.dc, self.client, method, path, key, body if raw is None else json.loads(raw))
        answer = super().call(method, path, body, headers, raw)
        self.journal.after(number, answer.status, answer.json)
        return answer


def recorded(stack, journal, dc):
    return RecordedApi(stack.api(dc), journal, dc)


def definite(api, key, account, amount, deadline_s, **more):
    """Posts one pay-in again and again, same key, until the answer is definite: not a dead connection, not a 503."""
    end, last = time.monotonic() + deadline_s, None
    while time.monotonic() < end:
        try:
            last = api.payin(key, account, amount, **more)
            if last.status != 503:
                return last
        except (OSError, http.client.HTTPException) as error:
            last = error
        time.sleep(random.uniform(0.02, 0.2))
    raise AssertionError(f"no answer for {key} within {deadline_s} s; last: {last!r}")


class Load:
    """Many threads paying in over all datacenters, a share of it repeats, until all orders are done. `elsewhere`: so many of
    a hundred are posted at another datacenter than the one that owns the key. `rate`, which may be changed at any time: so many
    are begun a second; None: as many as can be."""

    def __init__(self, stack, journal, accounts, count, seed, threads=16, prefix="load", deadline_s=120, elsewhere=0):
        self.stack, self.journal, self.deadline_s = stack, journal, deadline_s
        random_ = random.Random(seed)
        self.orders = []
        for number in range(count):
            if number % 3 == 2:  # a third are repeats of something earlier
                self.orders.append(random_.choice(self.orders))
                if random_.randrange(100) < elsewhere:
                    self.orders[-1] = (random_.choice(stack.dcs), *self.orders[-1][1:])
            else:
                dc = random_.choice(stack.dcs)
                at = random_.choice(stack.dcs) if random_.randrange(100) < elsewhere else dc
                self.orders.append((at, f"{dc}:{prefix}-{seed}-{number}", random_.choice(accounts),
                                    random_.randint(1, 100000)))
        self.next, self.done, self.errors = 0, 0, []
        self.lock = threading.Lock()
        self.released = threading.Condition(self.lock)
        self.rate, self.due = None, 0.0
        self.limit = count  # orders that may be begun; see hold()
        self.threads = [threading.Thread(target=self._work, daemon=True) for _ in range(threads)]

    def _work(self):
        apis = {dc: recorded(self.stack, self.journal, dc) for dc in self.stack.dcs}
        while True:
            with self.lock:
                while self.next >= self.limit and self.next < len(self.orders) and not self.errors:
                    self.released.wait(1)
                if self.next == len(self.orders) or self.errors:
                    return
                order = self.orders[self.next]
                self.next += 1
                pause_s = self._pause()
            time.sleep(pause_s)
            dc, key, account, amount = order
            try:
                answer = definite(apis[dc], key, account, amount, self.deadline_s)
                assert answer.status in (200, 202), answer
            except Exception as error:  # pylint: disable=broad-except
                self.errors.append((order, error))
                return
            with self.lock:
                self.done += 1

    def _pause(self):
        """Seconds until the next order is due."""
        now = time.monotonic()
        if self.rate is None:
            return 0
        self.due = max(self.due + 1 / self.rate, now - 0.1)
        return max(0, self.due - now)

    def hold(self, limit):
        """No more than `limit` orders are begun until this is called again with more: what happens meanwhile happens
        under load, and before its end."""
        with self.lock:
            self.limit = limit
            self.released.notify_all()

    def stop(self):
        """What was not begun by now is not done at all."""
        with self.lock:
            del self.orders[self.next:]
            self.released.notify_all()

    def start(self):
        for thread in self.threads:
            thread.start()
        return self

    def join(self):
        for thread in self.threads:
            thread.join(self.deadline_s * 2)
        assert not self.errors, self.errors[:3]
        assert self.done == len(self.orders), f"{self.done} of {len(self.orders)} orders done"


def check_against_journal(stack, journal, accounts, deadline_s=120):
    """All that was ever asked and answered against the books of every datacenter: see tests/fault/checker.py. The journal
    must know all that moved on these accounts."""
    done = checker.check(journal.path, checker.places_of(stack.run), accounts, deadline_s)
    assert not done.found, f"{len(done.found)} contradictions after {deadline_s} s:\n" + "\n".join(done.found[:10])
    return done
