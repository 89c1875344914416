#!/usr/bin/env python3
"""The independent checker: the clients' journal against the books of all datacenters.

usage: checker.py JOURNAL [--run DIR] [--account ID ...] [--wait SECONDS] [--lookups N]

It owns what no database can know of itself:
  I5   all answers ever given for a key agree: with each other, over repeats and datacenters, with the stored operation, with
       GET /v1/operations; every charge by one version of a price took the same, wherever it was taken; what was
       paid is given back at most once;
  I7   each accepted command has its effect exactly once and ends done; a refusal has none, ever; a request that was never
       answered has at most one, and the one it asked for; every datacenter's history shows each effect once;
  I10  every account's totals at every datacenter are the sums of the journal, and nothing moved that nobody asked for.
What is not right yet may still be under way until --wait is over. Exit 0: nothing contradicts; 1: every contradiction is
printed, with its key and rows; 2: it could not look.
"""
import argparse
import collections
import json
import pathlib
import random
import re
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from checker_books import Books, get_balance, get_operation, places_of, read_journal  # noqa: E402
from checker_effects import OPENING, OPERATION_STATES, command_of, opening_effects, wanted_of  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parents[2]
OWNER = re.compile(r"(dc[1-9][0-9]{0,3}):")
STORED_REFUSALS = {"ACCOUNT_CLOSED", "OPERATION_REFUSED", "ACCOUNT_BLOCKED", "INSUFFICIENT_FUNDS", "FUNDS_HELD",
                   "FUNDS_UNREACHABLE", "LIMIT_REACHED", "WAITING_LIMIT", "PAYEE_ACCOUNT_CLOSED", "HOLD_CAPTURED", "HOLD_VOIDED",
                   "HOLD_EXPIRED", "CAPTURE_EXCEEDS_HOLD", "SERVICE_RETIRED", "BATCH_ABORTED", "ORIGINAL_NOT_FOUND",
                   "ORIGINAL_NOT_PAID", "REFUND_EXCEEDS_PAID"}


class Case:
    """All that was ever asked and answered under one (client, key)."""

    def __init__(self, client, key, requests, owner):
        self.client, self.key, self.requests, self.owner = client, key, requests, owner
        self.command = command_of(requests[0].path)
        self.accepted = [r for r in requests if r.status in (200, 202)]
        self.open = [r for r in requests if r.status is None or r.status >= 500]
        self.refused = [r for r in requests if r.status is not None and 400 <= r.status < 500]


class Checker:
    """One look at a journal and at one snapshot of each datacenter. `found` is what contradicts."""

    def __init__(self, requests, books, accounts=None, lookups=300, seed=1):
        self.books = {each.dc: each for each in books}
        self.accounts, self.lookups, self.random = accounts, lookups, random.Random(seed)
        self.found, self.counts = [], collections.Counter()
        self.homes = {name: home for each in books for name, home, *_ in each.clients.values()}
        commands = [r for r in requests if command_of(r.path)]
        self.holds = {}  # hold_id: what was asked for
        for r in commands:
            if r.path == "/v1/holds" and r.status == 200:
                self.holds[r.answer["hold_id"]] = wanted_of(r, {})
        self.cases = self.cases_of(commands)
        self.opened = [r for r in requests if r.path == "/v1/accounts" and r.method == "POST"]
        self.expected = collections.defaultdict(lambda: [0, 0])  # account: credits, debits
        self.opening_keys = set()

    def run(self, last=True):
        for case in self.cases.values():
            self.check_case(case)
        self.check_batches()
        self.check_openings()
        self.check_prices()
        self.check_refunds()
        self.check_unasked()
        self.check_totals()
        self.check_catalogue()
        if last or not self.found:
            self.look_up()
        return self.found

    def cases_of(self, requests):
        groups = collections.defaultdict(list)
        for request in requests:
            groups[request.client, request.key].append(request)
        self.counts["requests"] = len(requests)
        self.counts["answers"] = sum(r.status is not None for r in requests)
        return {ck: Case(*ck, group, self.owner_of(*ck)) for ck, group in groups.items()}

    def owner_of(self, client, key):
        match = OWNER.match(key)
        return match.group(1) if match else self.homes.get(client, "?")

    def say(self, rule, client, key, what, *rows):
        self.found.append(f"{rule} client={client} key={key}: {what}" + "".join(f"; {row}" for row in rows))

    # One key.

    def check_case(self, case):
        self.counts["keys"] += 1
        self.counts["keys never answered"] += not (case.accepted or case.refused)
        if case.owner not in self.books:
            if case.accepted:
                self.say("I5", case.client, case.key, "accepted, and its owner is none of " + " ".join(self.books))
            return
        self.check_answers(case)
        stored = self.books[case.owner].operations.get((case.client, case.key))
        asked = self.asked_for(case, stored)
        self.check_relays(case, stored)
        self.check_refusals(case, stored)
        if self.must_be_done(case, stored):
            self.check_done(case, stored, asked)
        elif stored is None or OPERATION_STATES.get(stored.state) == "REFUSED":
            self.check_effects(case, [])
            if stored is None and any(r.dc == case.owner for r in case.accepted):
                self.say("I7", case.client, case.key, f"was accepted, and {case.owner} has no operation")
        else:
            self.check_unanswered(case, stored, asked)

    def check_answers(self, case):
        """Answers of one datacenter agree in everything but progress, and 202s wholly."""
        for dc in sorted({r.dc for r in case.accepted}):
            here = [r for r in case.accepted if r.dc == dc]
            steady = {repr([r.answer.get(n) for n in ("key", "owner", "kind", "account_id", "amount", "price_version",
                                                      "created_at", "decided_by")]) for r in here}
            whole = {repr(sorted(r.answer.items())) for r in here if r.status == 202}
            self.counts["answers compared"] += len(here)
            if len(steady) > 1 or len(whole) > 1:
                self.say("I5", case.client, case.key, f"answers of {dc} differ", *[(r.status, r.answer) for r in here])
            if len({self.wanted(r) for r in here}) > 1:
                self.say("I5", case.client, case.key, f"{dc} accepted two commands", *[r.body for r in here])
            for r in here:
                wanted = self.wanted(r)
                said = r.answer.get("key"), r.answer.get("owner"), r.answer.get("account_id"), r.answer.get("payee_account_id"), \
                    r.answer.get("service_id"), r.answer.get("original_key"), \
                    None if case.command.priced else (r.answer.get("amount") or {}).get("minor_units")
                asked = r.key, case.owner, wanted.account_id, wanted.payee, wanted.service, wanted.original, wanted.amount
                if said != asked:
                    self.say("I5", case.client, case.key, f"{dc} answered {said} to {asked}")
        refusals = [r for r in case.refused if r.dc == case.owner and (r.answer or {}).get("code") in STORED_REFUSALS]
        here = [r for r in case.accepted if r.dc == case.owner and self.says_done(case, r)]
        if refusals and here:
            self.say("I5", case.client, case.key, "accepted and refused by its owner", refusals[0].answer, here[0].answer)
        for r in case.refused:
            if (r.answer or {}).get("code") == "IDEMPOTENCY_MISMATCH" and \
                    all(self.wanted(other) == self.wanted(r) for other in case.requests):
                self.say("I5", case.client, case.key, "called a mismatch, and only this was ever asked for", r.body)

    def check_refusals(self, case, stored):
        """What its owner once refused for good stays refused, for the same reason, with what was known then."""
        refusals = [r for r in case.refused if r.dc == case.owner and (r.answer or {}).get("code") in STORED_REFUSALS]
        if not refusals:
            return
        if stored is None:
            self.say("I7", case.client, case.key, f"was refused for good, and {case.owner} has no operation", refusals[0].answer)
            return
        state = OPERATION_STATES.get(stored.state)
        if state == case.command.done:
            self.say("I7", case.client, case.key, f"was refused and is {case.command.done} at {case.owner}",
                     refusals[0].answer, stored)
        facts = None if stored.facts is None else json.loads(stored.facts)
        for r in refusals:
            if state == "REFUSED" and (r.answer["code"] not in (stored.reason, "OPERATION_REFUSED") or r.answer.get("facts") != facts):
                self.say("I5", case.client, case.key, f"was refused otherwise than {case.owner} stores", r.answer, stored)

    def asked_for(self, case, stored):
        """The request that the stored operation is; a stored one that nobody asked for is money from nowhere."""
        if stored is None:
            return None
        self.counts["operations compared"] += 1
        for r in case.requests:
            if self.is_stored(r, case, stored):
                return r
        self.say("I5", case.client, case.key, f"{case.owner} stores what was never asked for", stored,
                 *[r.body for r in case.requests[:3]])
        return None

    def wanted(self, request):
        return wanted_of(request, self.holds)

    def effects(self, case, request):
        wanted = self.wanted(request)
        hold = self.holds.get(wanted.hold)
        if case.command.priced:
            stored = self.books[case.owner].operations.get((case.client, case.key))
            wanted = wanted._replace(amount=stored.amount if stored else request.answer["amount"]["minor_units"])
        return case.command.effects(wanted, hold.amount if hold else None)

    def is_stored(self, request, case, stored):
        said = stored._replace(amount=None) if case.command.priced else stored
        return stored.kind == case.command.operation_kind and \
            self.wanted(request) == (*said[2:6], said.payee, said.hold, said.lasts_s, said.service, said.original)

    def must_be_done(self, case, stored):
        """Accepted by its owner, or told to be done by anybody."""
        return any(self.says_done(case, r) for r in case.accepted) or \
            any(self.relay_state(dc, case) == case.command.done for dc in self.books) or \
            (stored is not None and OPERATION_STATES.get(stored.state) == case.command.done)

    @staticmethod
    def says_done(case, request):
        """Does this answer promise the effects? A 202 of a command that may still be refused does not."""
        return request.answer.get("state") == case.command.done or \
            (case.command.accepted_is_done and request.dc == case.owner)

    def relay_state(self, dc, case):
        relay = self.books[dc].relays.get((case.client, case.key))
        return OPERATION_STATES.get(relay.state) if relay else None

    def check_relays(self, case, stored):
        for dc, book in self.books.items():
            requests = [r for r in case.requests if r.dc == dc]
            if dc != case.owner and requests:
                self.check_relay(case, stored, dc, requests, book.relays.get((case.client, case.key)))

    def check_relay(self, case, stored, dc, requests, relay):
        self.counts["relays compared"] += 1
        accepted = [r for r in requests if r.status in (200, 202)]
        if relay is None:
            if accepted:
                self.say("I7", case.client, case.key, f"{dc} accepted it for {case.owner} and has no relay", accepted[0].answer)
            return
        if not any(self.is_stored(r, case, relay) for r in accepted or requests):
            self.say("I5", case.client, case.key, f"the relay at {dc} is not what was asked for", relay, requests[0].body)
        state = OPERATION_STATES.get(relay.state)
        same = stored is not None and relay[2:6] == stored[2:6]
        theirs = OPERATION_STATES.get(stored.state) if stored else None
        if state == "ACCEPTED":
            self.say("I7", case.client, case.key, f"the relay at {dc} was never closed", relay, stored)
        elif state != "REFUSED" and (not same or theirs != state):
            self.say("I5", case.client, case.key, f"the relay at {dc} was closed contrary to {case.owner}", relay, stored)
        elif state == "REFUSED" and same and theirs != "REFUSED":
            self.say("I5", case.client, case.key, f"the relay at {dc} was closed contrary to {case.owner}", relay, stored)

    def check_done(self, case, stored, asked):
        """Exactly what was asked for, once, and the operation says so."""
        if stored is None:
            self.say("I7", case.client, case.key, f"was accepted, and {case.owner} has no operation",
                     *[(r.dc, r.answer) for r in case.accepted[:2]])
        elif OPERATION_STATES.get(stored.state) != case.command.done:
            self.say("I7", case.client, case.key, f"was accepted and is not {case.command.done} at {case.owner}", stored)
        taken = asked or next((r for r in case.accepted if r.dc == case.owner), None)
        if taken is not None:
            effects = self.effects(case, taken)
            self.check_effects(case, effects, case.command.may(self.wanted(taken)))
            self.add_expected(effects)

    def check_unanswered(self, case, stored, asked):
        """Stored, under way, and nobody was told so: once at rest this is a command that does not end."""
        self.say("I7", case.client, case.key, f"is stored and not {case.command.done} at {case.owner}", stored,
                 "never answered" if case.open else "refused")
        if asked is None:
            self.check_effects(case, [])

    def add_expected(self, effects):
        for effect in effects:
            self.expected[effect.account_id][0] += effect.credit
            self.expected[effect.account_id][1] += effect.debit

    def check_effects(self, case, effects, may=()):
        """The histories of all datacenters show exactly these entries, each once, at the owner's shares; and `may`, or not."""
        wanted = sorted((case.owner, *effect) for effect in effects)
        more = sorted((case.owner, *effect) for effect in [*effects, *may])
        for dc, book in self.books.items():
            entries = book.entries.get((case.client, case.key), ())
            self.counts["histories compared"] += 1
            if sorted(e[:1] + (e.account_id, e.kind, e.amount) for e in entries) not in (wanted, more):
                self.say("I7", case.client, case.key, f"the history of {dc} has {len(entries)} effects of it, not "
                         f"{len(effects)} as asked for", f"wanted {wanted}", f"found {list(entries)}")

    # Atomic batches: all or none.

    def check_batches(self):
        """Of one that was answered as done or aborted, or whose keys no other request has, all is done or nothing."""
        batches = collections.defaultdict(list)
        for case in self.cases.values():
            for r in case.requests:
                if r.batch is not None:
                    batches[r.batch].append((case, r))
        keys = {number: {case.key for case, _ in members} for number, members in batches.items()}
        for number, members in batches.items():
            answered = all(r.status == 200 or (r.answer or {}).get("code") == "BATCH_ABORTED" for _, r in members)
            alone = all(r.batch is not None and keys[r.batch] == keys[number] for case, _ in members for r in case.requests)
            if not answered and not alone:
                continue
            self.counts["atomic batches compared"] += 1
            done = {case.key: self.is_done(case) for case, _ in members}
            if len(set(done.values())) > 1:
                self.say("I5", members[0][0].client, members[0][0].key, "its atomic batch was done in part", done)

    def is_done(self, case):
        stored = self.books[case.owner].operations.get((case.client, case.key)) if case.owner in self.books else None
        return stored is not None and OPERATION_STATES.get(stored.state) == case.command.done

    # Opening balances: once, under a key of their own, when the account was opened; no key of a client is theirs.

    def check_openings(self):
        ids = {row[1]: account for book in self.books.values() for account, row in book.accounts.items()}  # by name
        opened = {}
        for r in self.opened:
            account = r.answer["account_id"] if r.status in (200, 201) else ids.get(r.body["name"]) if r.status is None else None
            if account is not None and self.covers(account):
                opened.setdefault((account, r.client), r)
        for (account, client), r in opened.items():
            effects, key = opening_effects(account, r.body), f"open:{account}"
            self.opening_keys.add((client, key))
            self.add_expected(effects)
            for dc, book in self.books.items():
                entries = [e[1:4] for e in book.entries.get((client, key), ()) if e.kind == OPENING]
                self.counts["openings compared"] += 1
                if entries != [tuple(effect) for effect in effects]:
                    self.say("I7", client, key, f"the history of {dc} has openings {entries}", f"wanted {effects}")

    # Prices: a version of one is the same whoever tells of it: the catalogue, a charge that took it, a client's answer.

    def check_prices(self):
        told = collections.defaultdict(lambda: collections.defaultdict(list))  # (service, version): amount: who says so
        for dc, book in self.books.items():
            for service, (_, price, _, _, version) in book.services.items():
                told[service, version][price].append(f"the catalogue at {dc}")
            for (client, key), row in book.operations.items():
                if row.service is not None:
                    told[row.service, row.price_version][row.amount].append(f"client={client} key={key} stored at {dc}")
        for case in self.cases.values():
            for r in case.accepted if case.command.priced else ():
                told[r.answer.get("service_id"), r.answer.get("price_version")][r.answer["amount"]["minor_units"]].append(
                    f"client={case.client} key={case.key} answered by {r.dc}")
        for (service, version), prices in told.items():
            self.counts["prices compared"] += 1
            if len(prices) > 1:
                self.found.append(f"I5 service={service} version={version}: has several prices: " +
                                  "; ".join(f"{price}: {', '.join(who[:3])}" for price, who in prices.items()))

    # Refunds: of one payment of the same client, together at most what it was, and it says how much.

    def check_refunds(self):
        for dc, book in self.books.items():
            given = collections.defaultdict(int)
            for (client, key), row in book.operations.items():
                if row.original is not None and OPERATION_STATES.get(row.state) == "BOOKED":
                    given[client, row.original] += row.amount
            for client, key in set(given) | {ck for ck, row in book.operations.items() if row.refunded}:
                paid = book.operations.get((client, key))
                self.counts["refunded originals compared"] += 1
                if paid is None or OPERATION_STATES.get(paid.state) != "PAID":
                    self.say("I5", client, key, f"was refunded at {dc}, and not paid", paid)
                elif not paid.refunded == given[client, key] <= paid.amount:
                    self.say("I5", client, key, f"gave {given[client, key]} of {paid.amount} back at {dc}, and says {paid.refunded}")

    # Everything else in the books.

    def covers(self, account_id):
        return self.accounts is None or account_id in self.accounts

    def check_unasked(self):
        for dc, book in self.books.items():
            for place in ("operations", "relays", "entries"):
                for (client, key), row in getattr(book, place).items():
                    account = row[0].account_id if place == "entries" else row.account_id
                    known = (client, key) in self.cases or place == "entries" and (client, key) in self.opening_keys
                    if not known and self.covers(account):
                        self.say("I7", client, key, f"{dc} has {place} that nobody asked for", row)

    def check_totals(self):
        for dc, book in self.books.items():
            for account in sorted(self.accounts if self.accounts is not None else set(book.totals) | set(self.expected)):
                credits_, debits = self.expected[account]
                wanted = [credits_, debits, credits_ - debits]
                self.counts["totals compared"] += 1
                if account not in book.accounts:
                    self.found.append(f"I10 account={account}: {dc} does not know it")
                elif book.totals[account] != wanted:
                    self.found.append(f"I10 account={account}: at {dc} credits, debits, balance are "
                                      f"{book.totals[account]}; the journal says {wanted}")

    def check_catalogue(self):
        """Accounts, clients and services are the same everywhere, and an opened account is what was asked for."""
        first, *others = self.books.values()
        for other in others:
            for place in ("accounts", "clients", "services"):
                one, two = getattr(first, place), getattr(other, place)
                for name in sorted(set(one) | set(two), key=str):
                    self.counts["catalogue items compared"] += 1
                    if one.get(name) != two.get(name):
                        self.found.append(f"catalogue {place} {name}: {first.dc} has {one.get(name)}, "
                                          f"{other.dc} has {two.get(name)}")
        for r in self.opened:
            if r.status in (200, 201) and self.covers(r.answer["account_id"]):
                row = first.accounts.get(r.answer["account_id"])
                if row is None or row[1:3] != (r.body["name"], r.body["currency"]):
                    self.found.append(f"catalogue client={r.client} key={r.key}: opened {r.answer}, {first.dc} has {row}")

    # The public API, for a sample.

    def look_up(self):
        """GET says what the books say. First what is doubtful, then by chance."""
        doubtful = [c for c in self.cases.values() if c.open or c.refused or len({r.dc for r in c.requests}) > 1]
        others = list(self.cases.values())
        self.random.shuffle(doubtful)
        self.random.shuffle(others)
        for number, case in enumerate((doubtful[:self.lookups // 2] + others)[:self.lookups]):
            self.look_up_case(case, list(self.books)[number % len(self.books)])
        accounts = sorted(self.expected)
        for account in self.random.sample(accounts, min(len(accounts), self.lookups // 10)):
            for dc, book in self.books.items():
                self.look_up_balance(dc, book, account)

    def look_up_case(self, case, dc):
        stored = self.books[case.owner].operations.get((case.client, case.key)) if case.owner in self.books else None
        relay = self.books[dc].relays.get((case.client, case.key))
        row = relay if relay is not None and dc != case.owner else stored
        status, body = get_operation(self.books[dc].place, case.key)
        self.counts["operations looked up"] += 1
        if row is None:
            if status != 404 and case.owner in self.books:
                self.say("I5", case.client, case.key, f"GET at {dc} says {status} of what is nowhere", body)
            return
        says = status, body.get("state"), body.get("account_id"), (body.get("amount") or {}).get("minor_units") \
            if isinstance(body, dict) else body
        if says != (200, OPERATION_STATES.get(row.state), row.account_id, row.amount):
            self.say("I5", case.client, case.key, f"GET at {dc} says {says}", f"the books: {row}")

    def look_up_balance(self, dc, book, account):
        status, body = get_balance(book.place, account)
        self.counts["balances looked up"] += 1
        wanted = self.expected[account][0] - self.expected[account][1]
        if status != 200 or body["total"]["minor_units"] != wanted or body["in_flight"]["minor_units"] != 0:
            self.found.append(f"I10 account={account}: GET balance at {dc} says {status} {body}; the journal says {wanted}")


def check(journal, places, accounts=None, wait_s=0, lookups=300):
    """Looks again and again until nothing contradicts, or the time is over. Gives the last Checker."""
    requests, end = read_journal(journal), time.monotonic() + wait_s
    while True:
        begun = time.monotonic()
        checker = Checker(requests, [Books(place, accounts) for place in places], accounts, lookups)
        last = begun >= end
        if not checker.run(last) or last:
            return checker
        time.sleep(max(0.2, 2 * (time.monotonic() - begun)))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("journal")
    parser.add_argument("--run", default=str(ROOT / ".run"))
    parser.add_argument("--account", action="append", help="only these accounts; default: the journal knows all money there is")
    parser.add_argument("--wait", type=float, default=10)
    parser.add_argument("--lookups", type=int, default=300)
    words = parser.parse_args()
    try:
        checker = check(words.journal, places_of(words.run), words.account, words.wait, words.lookups)
    except (OSError, KeyError, ValueError) as error:
        print(f"checker: {error!r}", file=sys.stderr)
        return 2
    for line in checker.found:
        print(line)
    print("checker: " + ", ".join(f"{count} {what}" for what, count in checker.counts.items()) +
          (f": {len(checker.found)} CONTRADICTIONS" if checker.found else ": nothing contradicts"))
    return 1 if checker.found else 0


if __name__ == "__main__":
    sys.exit(main())
