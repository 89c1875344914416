"""The clients' own journal: every pay-in is written down before it is sent and after it is answered. Standard library
only; what geobill says is compared with this and with nothing else."""
import collections
import http.client
import json
import random
import threading
import time


class Journal:
    def __init__(self, path):
        self.file = open(path, "w", encoding="utf-8")
        self.lock = threading.Lock()
        self.wanted = {}  # key -> (account, amount)
        self.answers = collections.defaultdict(list)  # key -> [(status, body)]

    def before(self, key, account, amount):
        with self.lock:
            self.wanted[key] = (account, amount)
            self.file.write(json.dumps({"send": key, "account": account, "amount": amount}) + "\n")
            self.file.flush()

    def after(self, key, status, body):
        with self.lock:
            self.answers[key].append((status, body))
            self.file.write(json.dumps({"answer": key, "status": status}) + "\n")

    def totals(self):
        """What every account must hold: each key that was answered 2xx, once."""
        sums = collections.Counter()
        for key, answers in self.answers.items():
            if any(200 <= status < 300 for status, _ in answers):
                account, amount = self.wanted[key]
                sums[account] += amount
        return sums

    def contradictions(self):
        """Keys whose answers do not agree: I5 seen from outside."""
        found = []
        for key, answers in self.answers.items():
            states = {json.dumps([body.get(name) for name in ("key", "account_id", "amount", "owner")])
                      for status, body in answers if 200 <= status < 300}
            if len(states) > 1 or {status for status, _ in answers} - {200, 202}:
                found.append((key, answers))
        return found


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
    """Many threads paying in over all datacenters, a share of it repeats, until all orders are done."""

    def __init__(self, stack, journal, accounts, count, seed, threads=16, prefix="load", deadline_s=120):
        self.stack, self.journal, self.deadline_s = stack, journal, deadline_s
        random_ = random.Random(seed)
        self.orders = []
        for number in range(count):
            if number % 3 == 2:  # a third are repeats of something earlier
                self.orders.append(random_.choice(self.orders))
            else:
                dc = random_.choice(stack.dcs)
                self.orders.append((dc, f"{dc}:{prefix}-{seed}-{number}", random_.choice(accounts),
                                    random_.randint(1, 100000)))
        self.next, self.done, self.errors = 0, 0, []
        self.lock = threading.Lock()
        self.released = threading.Condition(self.lock)
        self.limit = count  # orders that may be begun; see hold()
        self.threads = [threading.Thread(target=self._work, daemon=True) for _ in range(threads)]

    def _work(self):
        apis = {dc: self.stack.api(dc).kept() for dc in self.stack.dcs}
        while True:
            with self.lock:
                while self.next >= self.limit and self.next < len(self.orders) and not self.errors:
                    self.released.wait(1)
                if self.next == len(self.orders) or self.errors:
                    return
                order = self.orders[self.next]
                self.next += 1
            dc, key, account, amount = order
            try:
                self.journal.before(key, account, amount)
                answer = definite(apis[dc], key, account, amount, self.deadline_s)
                self.journal.after(key, answer.status, answer.json)
            except Exception as error:  # pylint: disable=broad-except
                self.errors.append((order, error))
                return
            with self.lock:
                self.done += 1

    def hold(self, limit):
        """No more than `limit` orders are begun until this is called again with more: what happens meanwhile happens
        under load, and before its end."""
        with self.lock:
            self.limit = limit
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
    """Every datacenter must show, for every account, exactly what the journal says; no answer may contradict another."""
    assert not journal.contradictions(), journal.contradictions()[:3]
    totals = journal.totals()
    ids = ",".join(f"'{account}'" for account in accounts)
    query = ("SELECT a.account_id, coalesce(sum(x.credits_total - x.debits_total), 0) FROM account a LEFT JOIN ("
             "SELECT account_no, credits_total, debits_total FROM share UNION ALL "
             "SELECT account_no, credits_total, debits_total FROM replicated_share) x USING (account_no) "
             f"WHERE a.account_id IN ({ids}) GROUP BY 1")
    expected = {account: totals.get(account, 0) for account in accounts}
    end = time.monotonic() + deadline_s
    while True:
        found = {dc: {row[0]: int(row[1]) for row in stack.psql(dc, query)} for dc in stack.dcs}
        wrong = {dc: {a: (sums.get(a), expected[a]) for a in accounts if sums.get(a) != expected[a]}
                 for dc, sums in found.items()}
        if not any(wrong.values()):
            return
        if time.monotonic() > end:
            first = {dc: dict(list(accounts_.items())[:5]) for dc, accounts_ in wrong.items() if accounts_}
            raise AssertionError(f"not what the journal says after {deadline_s} s (found, expected): {first}")
        time.sleep(0.2)
