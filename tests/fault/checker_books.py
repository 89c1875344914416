"""What the checker looks at: a journal's file, the databases (psql as hands, read-only), the public API. Standard library
only, and nothing of the product or of the load driver."""
import collections
import json
import pathlib
import shlex
import subprocess
import urllib.error
import urllib.parse
import urllib.request
from typing import NamedTuple, Optional


class Request(NamedTuple):
    """One request of the journal. status None: never answered."""
    number: int
    dc: str
    client: str
    method: str
    path: str
    key: str
    body: dict
    status: Optional[int]
    answer: Optional[dict]
    batch: Optional[int] = None  # of a command in an atomic batch: the number of its first command


def read_journal(path):
    """All requests, in the order in which they were sent. A torn last line (the writer was killed) is none."""
    sent, answered = {}, {}
    with open(path, encoding="utf-8") as file:
        for line in file:
            if not line.endswith("\n"):
                break
            item = json.loads(line)
            if "send" in item:
                sent[item["send"]] = item
            else:
                answered[item["answer"]] = item
    return [Request(n, s["dc"], s["client"], s["method"], s["path"], s["key"], s["body"],
                    answered.get(n, {}).get("status"), answered.get(n, {}).get("body"), s.get("batch")) for n, s in sent.items()]


class Place(NamedTuple):
    """Where one datacenter's books and API are."""
    dc: str
    conninfo: str
    api: str
    token: str


def places_of(run):
    """Every datacenter of a stack in this run folder, by its own words in DIR/env."""
    env = {}
    for line in (pathlib.Path(run) / "env").read_text(encoding="utf-8").splitlines():
        for word in shlex.split(line.removeprefix("export "), comments=True)[:1]:
            name, _, env[name] = word.partition("=")
    return [Place(dc, env[f"GEOBILL_PG_{dc}"], env[f"GEOBILL_API_{dc}"], env["GEOBILL_TOKEN"])
            for dc in env["GEOBILL_DCS"].split()]


# One snapshot of a datacenter; `{a}` is narrowed to the accounts that are asked for.
BOOKS = """
BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;
SELECT json_build_array('account', account_no, account_id, name, currency, status, version) FROM account a WHERE {a};
SELECT json_build_array('client', client_no, name, home, role, revoked, version) FROM client;
SELECT json_build_array('service', service_id, name, price, currency, retired, version) FROM service;
SELECT json_build_array('operation', client_no, key, kind, state, account_no, amount, reference, metadata, reason, facts,
    payee_no, CASE WHEN kind IN (4, 5) THEN hold_id END,
    CASE WHEN kind = 3 THEN (expires_at_us - created_at_us) / 1000000 END, service, price_version,
    original_key, refunded)
FROM operation o WHERE {o};
SELECT json_build_array('relay', client_no, key, kind, state, account_no, amount, reference, metadata, reason, original_key)
FROM relay o WHERE {o};
SELECT json_build_array('entry', d.code, client_no, key, kind, account_no, amount, version)
FROM ledger o, local_datacenter d WHERE key IS NOT NULL AND {o};
SELECT json_build_array('entry', dc, client_no, key, kind, account_no, amount, version)
FROM replicated_ledger o WHERE key IS NOT NULL AND {o};
SELECT json_build_array('share', d.code, account_no, credits_total, debits_total, out_total, in_total, balance)
FROM share o, local_datacenter d WHERE {o};
SELECT json_build_array('share', dc, account_no, credits_total, debits_total, out_total, in_total, balance)
FROM replicated_share o WHERE {o};
COMMIT
"""


class Operation(NamedTuple):
    kind: int
    state: int
    account_id: str
    amount: int
    reference: Optional[str]
    metadata: Optional[str]
    reason: Optional[str]
    facts: Optional[str] = None  # of a refusal about money: JSON
    payee: Optional[str] = None
    hold: Optional[str] = None
    lasts_s: Optional[int] = None
    service: Optional[str] = None
    price_version: Optional[int] = None
    original: Optional[str] = None
    refunded: int = 0


class Entry(NamedTuple):
    dc: str
    account_id: str
    kind: int
    amount: int
    version: int


class Books:
    """One datacenter as its database shows it at one instant. Operations, relays and entries are by (client, key)."""

    def __init__(self, place, accounts=None):
        self.place, self.dc = place, place.dc
        self.accounts, self.clients, self.services, self.ids = {}, {}, {}, {}
        self.operations, self.relays, self.entries = {}, {}, collections.defaultdict(list)
        self.totals = collections.defaultdict(lambda: [0, 0, 0])  # account: credits, debits, balance with what is in flight
        for row in self.rows(accounts):
            getattr(self, "take_" + row[0])(*row[1:])

    def rows(self, accounts):
        narrow = "true", "true"
        if accounts is not None:
            ids = ",".join("'" + account.replace("'", "''") + "'" for account in accounts)
            narrow = (f"a.account_id IN ({ids})",
                      f"o.account_no IN (SELECT account_no FROM account WHERE account_id IN ({ids}))")
        done = subprocess.run(["psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-d", self.place.conninfo],
                              input=BOOKS.format(a=narrow[0], o=narrow[1]), text=True, capture_output=True, timeout=300,
                              check=False)
        if done.returncode != 0:
            raise ConnectionError(f"{self.dc}: {done.stderr.strip()}")
        return (json.loads(line) for line in done.stdout.splitlines())

    def account(self, number):
        return self.ids.get(number, f"account_no {number}")

    def whose(self, client, key):
        return self.clients.get(client, (f"client_no {client}",))[0], key

    def take_account(self, number, account_id, *rest):
        self.ids[number] = account_id
        self.accounts[account_id] = (number, *rest)

    def take_client(self, number, *rest):
        self.clients[number] = rest

    def take_service(self, service_id, *rest):
        self.services[service_id] = rest

    def take_operation(self, client, key, kind, state, account, amount, *rest):
        *plain, payee, hold, lasts_s, service, price_version, original, refunded = rest
        self.operations[self.whose(client, key)] = Operation(
            kind, state, self.account(account), amount, *plain,
            None if payee is None else self.account(payee), None if hold is None else f"{self.dc}-{hold}", lasts_s,
            service, price_version, original, refunded)

    def take_relay(self, client, key, kind, state, account, amount, *rest):
        *plain, original = rest
        self.relays[self.whose(client, key)] = Operation(kind, state, self.account(account), amount, *plain, original=original)

    def take_entry(self, dc, client, key, kind, account, amount, version):
        self.entries[self.whose(client, key)].append(Entry(dc, self.account(account), kind, amount, version))

    def take_share(self, _dc, account, credits_, debits, out, in_, balance):
        sums = self.totals[self.account(account)]
        sums[0] += credits_
        sums[1] += debits
        sums[2] += balance + out - in_


def get(place, path):
    """(status, body) of a GET; (None, why) when it was not answered."""
    request = urllib.request.Request(place.api + path, headers={"Authorization": "Bearer " + place.token})
    try:
        with urllib.request.urlopen(request, timeout=30) as response:
            return response.status, json.load(response)
    except urllib.error.HTTPError as answer:
        return answer.code, json.loads(answer.read() or b"{}")
    except OSError as error:
        return None, repr(error)


def get_operation(place, key):
    return get(place, "/v1/operations/" + urllib.parse.quote(key, safe=""))


def get_balance(place, account_id):
    return get(place, f"/v1/accounts/{account_id}/balance")
