"""All kinds of commands in one client's hands, for tests that break something meanwhile."""
import http.client
import random
import time

from geobill_client import money


def decided(call, deadline_s):
    """The same command again and again until the answer is one: not a dead connection, not a 503, not WAITING."""
    end, last = time.monotonic() + deadline_s, None
    while time.monotonic() < end:
        try:
            last = call()
            if last.status not in (202, 503):
                return last
        except (OSError, http.client.HTTPException) as error:
            last = error
        time.sleep(0.05)
    raise AssertionError(f"no answer within {deadline_s} s; last: {last!r}")


class Mix:
    """One client's commands of all kinds on two accounts; `sums` is what it did to each. deadline_s: how long an answer may take."""

    def __init__(self, apis, accounts, service, name, seed, deadline_s=60):
        self.apis, self.accounts, self.service, self.name, self.deadline_s = apis, accounts, service, name, deadline_s
        self.chance = random.Random(seed)
        self.sums = [0, 0]

    def decided(self, call):
        return decided(call, self.deadline_s)

    def key(self, dc, i, what=""):
        return f"{dc}:mix-{self.name}-{i}{what}"

    def payin(self, dc, i, at, amount):
        assert self.decided(lambda: self.apis[dc].payin(self.key(dc, i), self.accounts[at], amount, wait=5)).status == 200
        self.sums[at] += amount

    def payout(self, dc, i, at, amount):
        if self.decided(lambda: self.apis[dc].payout(self.key(dc, i), self.accounts[at], amount)).status == 200:
            self.sums[at] -= amount

    def charge(self, dc, i, at, amount):
        if self.chance.random() < 0.3:
            price = {"price": money(amount)}
            assert self.decided(lambda: self.apis["dc1"].call("PATCH", f"/v1/services/{self.service}", price)).status == 200
        answer = self.decided(lambda: self.apis[dc].charge(self.key(dc, i), self.accounts[at], self.service))
        if answer.status == 200:
            self.sums[at] -= answer.json["amount"]["minor_units"]

    def refund(self, dc, i, at, amount):
        """Pays out, and gets part of it back, or all and more, wherever it asks for that."""
        key, account = self.key(dc, i), self.accounts[at]
        if self.decided(lambda: self.apis[dc].payout(key, account, amount)).status != 200:
            return
        self.sums[at] -= amount
        for part in "rst":
            back, api = self.chance.randint(1, amount), self.apis[self.chance.choice(sorted(self.apis))]
            if self.decided(lambda: api.refund(self.key(dc, i, part), account, key, back, wait=5)).status == 200:
                self.sums[at] += back

    def transfer(self, dc, i, at, amount):
        payer, payee = self.accounts[at], self.accounts[1 - at]
        if self.decided(lambda: self.apis[dc].transfer(self.key(dc, i), payer, payee, amount)).status == 200:
            self.sums[at] -= amount
            self.sums[1 - at] += amount

    def hold(self, dc, i, at, amount):
        api, end = self.apis[dc], self.chance.choice(["capture", "void", "nothing"])
        brief = {"expires_in_s": 1} if end == "nothing" else {}
        placed = self.decided(lambda: api.place_hold(self.key(dc, i), self.accounts[at], amount, **brief))
        if placed.status != 200 or end == "nothing":
            return
        hold = placed.json["hold_id"]
        if end == "void":
            assert self.decided(lambda: api.void(self.key(dc, i, "v"), hold)).status == 200
            return
        taken = self.chance.randint(1, amount)
        assert self.decided(lambda: api.capture(self.key(dc, i, "c"), hold, taken)).status == 200
        self.sums[at] -= taken

    def run(self, count, over=lambda: False):
        """So many commands, or until it is over."""
        for i in range(count):
            if over():
                break
            act = self.chance.choice([self.payin, self.payin, self.payout, self.charge, self.refund, self.transfer, self.hold])
            act(self.chance.choice(sorted(self.apis)), i, self.chance.randrange(2), self.chance.randint(1, 400))
        return self.sums
