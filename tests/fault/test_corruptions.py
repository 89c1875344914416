"""Sound books, then one kind of corruption at a time: `geobill verify`, or the checker with the clients' journal, must find it
and name it. Afterwards the sound books are still clean: each kind is tried on clones of the databases."""
import concurrent.futures
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))

from geobill_journal import Journal, check_against_journal, recorded  # noqa: E402
from geobill_stack import Stack, until  # noqa: E402

from checker import check  # noqa: E402
from checker_books import places_of  # noqa: E402
from corruptions import KINDS as KINDS_OF_PAYINS  # noqa: E402
from corruptions_charges import KINDS_CHARGES  # noqa: E402
from corruptions_payouts import KINDS_PAYOUTS  # noqa: E402

KINDS = {**KINDS_OF_PAYINS, **KINDS_PAYOUTS, **KINDS_CHARGES}
TRIED = list(KINDS)[::int(os.environ.get("GEOBILL_TEST_EVERY", "3"))]  # all of them in the long run
ACCOUNTS = ("ada", "bob", "shut", "cyd", "dee")
AT_ONCE = 4  # kinds on their way: most of the time one waits for a process to start
DAEMONS = ("api", "publisher", "consumer", "projector")
# Disk damage, bugs and hands do not ask constraints, and triggers are asleep while this is on: session_replication_role.
LAY_OPEN = """
ALTER TABLE ledger DROP CONSTRAINT ledger_pkey;
DO $$ DECLARE c record; BEGIN
    FOR c IN SELECT conrelid::regclass AS relation, conname FROM pg_constraint
             WHERE contype = 'c' AND connamespace = 'public'::regnamespace AND conrelid <> 0 LOOP
        EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', c.relation, c.conname);
    END LOOP;
END $$;
"""


def superuser(stack, dc, database, sql):
    conninfo = re.sub(r"dbname=\S+|user=\S+", "", stack.env[f"GEOBILL_PG_{dc}"])
    done = subprocess.run(["psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-d",
                           f"{conninfo} dbname={database} user=postgres"], input=sql, text=True, capture_output=True,
                          timeout=60, check=False)
    assert done.returncode == 0, f"{sql}\n{done.stderr}"
    return done.stdout.splitlines()


class History:
    """A small history of two datacenters with its journal; the daemons are gone, so that databases can be cloned."""

    def __init__(self, stack, run):
        self.stack = stack
        self.journal = Journal(run / "journal")
        self.apis = {dc: recorded(self.stack, self.journal, dc) for dc in self.stack.dcs}
        self.small_pages()
        self.make()
        check_against_journal(self.stack, self.journal, None, 30)
        self.stack.verify_at_rest()
        for dc in self.stack.dcs:
            for part in DAEMONS:
                self.stack.stack("stop", dc, part)
            # Nothing crashes from here on: clones need not reach the disk.
            superuser(self.stack, dc, "postgres", "ALTER SYSTEM SET fsync = off")
            superuser(self.stack, dc, "postgres", "SELECT pg_reload_conf()")
            superuser(self.stack, dc, "postgres", "CREATE DATABASE laid_open TEMPLATE geobill")
            superuser(self.stack, dc, "laid_open", LAY_OPEN)
        self.names = self.names_of()
        self.places = places_of(self.stack.run)

    def small_pages(self):
        """So that there are several, also when old ones have been merged."""
        for dc in self.stack.dcs:
            config = self.stack.config(dc)
            config.write_text(config.read_text().replace("[publisher]\n", "[publisher]\npage_records_max=2\n"))
            self.stack.stack("stop", dc, "publisher")
            self.stack.stack("start", dc, "publisher")

    def make(self):
        for account in ACCOUNTS:
            assert self.apis["dc1"].open_account(account, account_id=account).status == 201
        for dc in self.stack.dcs:
            until(f"the accounts at {dc}", 20, lambda dc=dc: len(self.stack.psql(dc, "SELECT 1 FROM account")) == len(ACCOUNTS))
        for number in range(5):  # booked round by round: several pages, and versions in this order
            for wait in (None, 20):
                for dc, api in self.apis.items():
                    for account in ("ada", "bob"):
                        answer = api.payin(f"{dc}:{account}-{number}", account, 100 + number, reference=f"n {number}",
                                           metadata={"n": number}, wait=wait)
                        assert answer.status == (200 if wait else 202), answer
        assert self.apis["dc1"].payin("dc1:ada-1", "ada", 101, reference="n 1", metadata={"n": 1}).status == 202  # again
        assert self.apis["dc1"].payin("dc1:ada-1", "ada", 102).status == 422
        self.send_unheard("dc1:unheard", 33, sent=True)
        self.send_unheard("dc1:unsent", 34, sent=False)
        assert self.apis["dc1"].payin("dc2:far", "ada", 77, wait=20).status == 200
        assert self.apis["dc2"].payin("dc1:far", "bob", 78, wait=20).status == 200
        assert self.stack.api("dc1").call("DELETE", "/v1/accounts/shut").status in (200, 202)
        until("shut to be shut", 20, lambda: self.apis["dc1"].get("/v1/accounts/shut").json["status"] == "CLOSED")
        assert self.apis["dc1"].payin("dc1:refused", "shut", 5).status == 409
        self.make_charges()
        self.make_payouts()

    def make_charges(self):
        """sms before and after its price changed, and one that is retired."""
        api, plain = self.apis["dc1"], self.stack.api("dc1")
        assert api.payin("dc1:dee", "dee", 100, wait=20).status == 200
        assert [plain.add_service(name, 9).status for name in ("sms", "gone")] == [201, 201]
        assert api.charge("dc1:sms-1", "dee", "sms").json["amount"]["minor_units"] == 9
        for name, change in (("sms", {"price": {"minor_units": 11, "currency": "EUR"}}), ("gone", {"status": "RETIRED"})):
            assert plain.call("PATCH", f"/v1/services/{name}", change).json["version"] == 2
        assert api.charge("dc1:sms-2", "dee", "sms", reference="second").json["amount"]["minor_units"] == 11
        assert api.charge("dc1:gone", "dee", "gone").code == "SERVICE_RETIRED"
        assert api.payout("dc1:paid", "dee", 20).status == 200
        assert api.refund("dc1:back-1", "dee", "dc1:paid", 5).status == 200
        assert self.apis["dc2"].refund("dc1:back-2", "dee", "dc1:paid", 7, wait=20).status == 200
        assert api.refund("dc1:back-3", "dee", "dc1:paid", 9).code == "REFUND_EXCEEDS_PAID"

    def make_payouts(self):
        """From the own share, topped up by dc2's, refused, unheard; the last entry at dc1 is the last of them."""
        api = self.apis["dc1"]
        for dc, amount in (("dc1", 100), ("dc2", 300)):
            assert self.apis[dc].payin(f"{dc}:cyd", "cyd", amount, wait=20).status == 200
        assert api.payout("dc1:own", "cyd", 40, reference="rent").status == 200
        assert api.payout("dc1:topped", "cyd", 200, deadline_ms=60000).status == 200
        poor = api.payout("dc1:poor", "cyd", 10000, deadline_ms=3000)
        assert poor.status == 409 and poor.json["facts"]["total"] == 160, poor
        assert api.payout("dc1:poor", "cyd", 10000).json == poor.json
        self.send_unheard("dc1:unheard-out", 7, sent=True, out=True)
        self.stack.verify_at_rest()
        assert api.payout("dc1:last", "cyd", 5).status == 200

    def send_unheard(self, key, minor_units, sent, out=False):
        """A request that was never answered, as far as the journal knows; it may have arrived or not."""
        account, path = ("cyd", "/v1/pay-outs") if out else ("bob", "/v1/pay-ins")
        body = {"account_id": account, "amount": {"minor_units": minor_units, "currency": "EUR"}}
        self.journal.before("dc1", "demo", "POST", path, key, body)
        if sent:
            api = self.stack.api("dc1")
            assert (api.payout(key, account, minor_units) if out else api.payin(key, account, minor_units, wait=20)).status == 200

    def names_of(self):
        ((a, b, c, n, last),) = self.stack.psql("dc1", """
            SELECT (SELECT account_no FROM account WHERE account_id = 'ada'),
                   (SELECT account_no FROM account WHERE account_id = 'bob'),
                   (SELECT client_no FROM client WHERE name = 'demo'), version, key
            FROM ledger WHERE account_no = (SELECT account_no FROM account WHERE account_id = 'ada')
            ORDER BY version DESC LIMIT 1""")
        pages = self.stack.psql("dc1", "SELECT number FROM page WHERE stream = 'ledger' ORDER BY number")
        assert len(pages) >= 4, pages
        ((q, m, z, i),) = self.stack.psql("dc1", """
            SELECT account_no, version, key, (SELECT min(version) FROM ledger WHERE kind = 4) FROM ledger
            WHERE account_no = (SELECT account_no FROM account WHERE account_id = 'cyd') ORDER BY version DESC LIMIT 1""")
        ((g,),) = self.stack.psql("dc2", "SELECT min(version) FROM ledger WHERE kind = 3")
        assert z == "dc1:last"
        return {"q": q, "Q": "cyd", "m": m, "z": z, "i": i, "g": g, "o": "dc1:own", "t": "dc1:topped", "p": "dc1:poor",
                "p1": pages[0][0], "p2": pages[1][0], "a": a, "b": b, "c": c, "n": n, "l": last, "A": "ada", "B": "bob",
                "k": "dc1:ada-1", "r": "dc2:far", "x": "dc1:refused"}


@pytest.fixture(scope="module")
def history():
    run = pathlib.Path(tempfile.mkdtemp(prefix="geobill-corruptions-", dir="/var/tmp"))
    stack = Stack(run / "run", dcs=2)
    try:
        yield History(stack, run)
    finally:
        stack.down()
        shutil.rmtree(run, ignore_errors=True)


class Clones:
    """The databases as a kind leaves them: clones where it changes something, the sound ones elsewhere."""

    def __init__(self, history, sqls, folder, name="clone"):
        self.history, self.sqls, self.name, self.config = history, sqls, name, folder / f"{name}.ini"
        text = history.stack.config("dc1").read_text()
        for dc in sqls:
            # both the datacenter's own line (by its socket) and the peer's (by its port) name the database
            at = "[postgres]\n" if dc == "dc1" else f"[peer.{dc}]\n"
            head, section, rest = text.partition(at)
            text = head + section + rest.replace("dbname=geobill", f"dbname={name}", 1)
        self.config.write_text(text)
        self.places = [p._replace(conninfo=p.conninfo.replace("dbname=geobill", f"dbname={name}")) if p.dc in sqls else p
                       for p in history.places]

    def corrupt(self):
        for dc, sql in self.sqls.items():
            superuser(self.history.stack, dc, "postgres", f"CREATE DATABASE {self.name} TEMPLATE laid_open;\n"
                      f"\\connect {self.name}\nSET session_replication_role = replica;\n{sql.format(**self.history.names)}")

    def verify(self):
        """What geobill verify finds, as lines."""
        done = subprocess.run([str(self.history.stack.bin / "geobill"), "--config", str(self.config), "verify", "--at-rest",
                               "--wait", "0"], text=True, capture_output=True, timeout=60, check=False)
        assert done.returncode in (0, 1), done
        return [re.sub(r"\s+", " ", line) for line in done.stdout.splitlines()] if done.returncode else []

    def check(self):
        """What the checker finds; the APIs are not running, so only the books."""
        return check(self.history.journal.path, self.places, lookups=0).found

    def drop(self):
        for dc in self.sqls:
            superuser(self.history.stack, dc, "postgres", f"DROP DATABASE IF EXISTS {self.name}")


def assert_found(what, names, wanted, found):
    """`wanted` among the findings; without it that finder has no say, and must not be relied on."""
    if wanted is not None:
        pattern = wanted.format(**{name: re.escape(value) for name, value in names.items()})
        assert any(re.search(pattern, line) for line in found), f"{what} does not say /{pattern}/, but: {found[:8]}"


def find(history, folder, number, name):
    """(what verify says, what the checker says) of one kind."""
    clones = Clones(history, KINDS[name][0], folder, f"clone_{number}")
    try:
        clones.corrupt()
        return clones.verify(), clones.check()
    finally:
        clones.drop()


@pytest.fixture(scope="module")
def findings(history, request, tmp_path_factory):
    """Of each kind that is asked for: several are on their way at once."""
    names = [item.callspec.params["name"] for item in request.session.items if hasattr(item, "callspec")]
    folder = tmp_path_factory.mktemp("clones")
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        yield {name: pool.submit(find, history, folder, number, name) for number, name in enumerate(names)}


@pytest.mark.parametrize("name", TRIED)
def test_corruption_is_found_and_named(history, findings, name):
    _, by_verify, by_checker = KINDS[name]
    assert by_verify or by_checker
    said, contradictions = findings[name].result()
    assert_found("geobill verify", history.names, by_verify, said)
    assert_found("the checker", history.names, by_checker, contradictions)
    if os.environ.get("GEOBILL_TEST_EXPLAIN"):
        print(f"\n{name}\n  verify: {said}\n  checker: {contradictions}")


def test_clones_and_the_books_themselves_are_clean(history, tmp_path):
    """What finds everything would be worth as little as what finds nothing."""
    for sqls in ({"dc1": "SELECT 1", "dc2": "SELECT 1"}, {}):
        clones = Clones(history, sqls, tmp_path)
        try:
            clones.corrupt()
            assert clones.verify() == [] and clones.check() == []
        finally:
            clones.drop()


def test_there_are_enough_kinds():
    assert len(KINDS_OF_PAYINS) >= 30 and len(KINDS_PAYOUTS) >= 30
    assert sum(by_verify is None for _, by_verify, _ in KINDS.values()) >= 5, "what only the journal can tell"
