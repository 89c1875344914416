"""`geobill import`: the movements of a bank's file, paid in and out over three datacenters, end with the right sums at all three,
whatever ends the command on the way; a file that is not sound changes nothing. What must come out is worked out here, from
the file, and looked up in the databases."""
import contextlib
import json
import os
import pathlib
import pty
import signal
import subprocess
import time

import pytest

from findings import Findings
from geobill_stack import until
from movements import Movements, random_credits, random_movements, read_credits, read_movements, sums

SMALL = pathlib.Path(__file__).with_name("movements-small.csv")
REAL = os.environ.get("GEOBILL_BANK_MOVEMENTS", "")  # a bank's movements, where they are at hand
LINES = int(os.environ.get("GEOBILL_TEST_MOVEMENTS", "2500"))  # of the real file
CURRENCY = "CZK"
PAYIN_ENTRY, PAYOUT_ENTRY = 1, 2  # kinds of entries


class Import:
    """One file, one prefix, one state file; run() as often as the test likes."""

    def __init__(self, stack, path, prefix, folder):
        self.stack, self.path, self.prefix = stack, path, prefix
        self.words = {"--dc": ",".join(stack.dcs), "--currency": CURRENCY, "--only": "credit", "--prefix": prefix,
                      "--state": str(folder / f"{prefix}state")}

    def line(self, **other):
        words = {**self.words, **{"--" + name: value for name, value in other.items()}}
        line = [str(self.stack.bin / "geobill"), "--config", str(self.stack.config("dc1")), "--output", "json", "import",
                str(self.path)]
        return line + [word for name, value in words.items() if value is not None for word in (name, str(value))]

    def env(self):
        return {**os.environ, "GEOBILL_TOKEN": self.stack.token}

    def run(self, code=0, **other):
        done = subprocess.run(self.line(**other), env=self.env(), text=True, capture_output=True, timeout=900,
                              stdin=subprocess.DEVNULL)
        assert done.returncode == code, f"{done.returncode}\n{done.stdout}\n{done.stderr}"
        done.json = json.loads(done.stdout) if done.stdout else None
        return done

    def start(self, **other):
        return subprocess.Popen(self.line(**other), env=self.env(), text=True, stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def operations(self):
        """[key, account, amount, reference, metadata, created] of all datacenters; keys only where they belong."""
        found = []
        for dc in self.stack.dcs:
            rows = self.stack.psql(dc, "SELECT key, account_no, amount, reference, metadata, created_at_us FROM operation "
                                       f"WHERE key LIKE '%{self.prefix}%'")
            assert all(row[0].startswith(f"{dc}:{self.prefix}") for row in rows), rows
            found += rows
        # Looked up last, at the catalogue: an account is there before anything is posted to it.
        ids = dict(self.stack.psql("dc1", f"SELECT account_no, account_id FROM account WHERE account_id LIKE '{self.prefix}%'"))
        return [[key, ids[account_no], *rest] for key, account_no, *rest in found]

    def accounts(self):
        return int(self.stack.psql("dc1", f"SELECT count(*) FROM account WHERE account_id LIKE '{self.prefix}%'")[0][0])

    def totals(self, dc):
        rows = self.stack.psql(dc, "SELECT a.account_id, sum(x.credits_total - x.debits_total) FROM account a JOIN ("
                                   "SELECT account_no, credits_total, debits_total FROM share UNION ALL "
                                   "SELECT account_no, credits_total, debits_total FROM replicated_share) x USING (account_no) "
                                   f"WHERE a.account_id LIKE '{self.prefix}%' GROUP BY 1")
        return {account.removeprefix(self.prefix): int(total) for account, total in rows}

    def check(self, rows):
        """Exactly these movements, once each, in the file's order within each account, and their sums everywhere."""
        found = self.operations()
        assert sorted((key.split(":", 1)[1], account, int(amount), reference)
                      for key, account, amount, reference, *_ in found) == \
            sorted((self.prefix + row["reference"], self.prefix + row["account"], int(row["amount_minor"]), row["reference"])
                   for row in rows)
        place = {row["reference"]: number for number, row in enumerate(rows)}
        order = {}
        for _, account, _, reference, _, created in sorted(found, key=lambda one: int(one[5])):
            order.setdefault(account, []).append(place[reference])
        assert all(places == sorted(places) for places in order.values())
        for dc in self.stack.dcs:
            assert self.totals(dc) == sums(rows)

    def check_history(self, rows):
        """At each datacenter the entries, its own and the replicated ones, are the movements, in the file's order within each
        account, and after each of them the balance is the file's."""
        expected = {}
        for row in rows:
            expected.setdefault(row["account"], []).append((row["reference"], int(row["balance_after_minor"])))
        for dc in self.stack.dcs:
            found, balances = {}, {}
            for account, reference, kind, amount in self.stack.psql(dc, (
                    "SELECT a.account_id, e.reference, e.kind, e.amount FROM account a JOIN ("
                    "SELECT account_no, reference, kind, amount, created_at_us FROM ledger UNION ALL "
                    "SELECT account_no, reference, kind, amount, created_at_us FROM replicated_ledger) e USING (account_no) "
                    f"WHERE a.account_id LIKE '{self.prefix}%' AND e.kind IN ({PAYIN_ENTRY}, {PAYOUT_ENTRY}) "
                    "ORDER BY e.created_at_us")):
                account = account.removeprefix(self.prefix)
                balances[account] = balances.get(account, 0) + int(amount) * (1 if int(kind) == PAYIN_ENTRY else -1)
                found.setdefault(account, []).append((reference, balances[account]))
            assert found == expected, dc


@pytest.fixture
def make(stack, unique, tmp_path):
    """An import of rows of our own making, or of a file."""
    def make_import(what):
        path = what if isinstance(what, pathlib.Path) else what.write(tmp_path / "movements.csv")
        return Import(stack, path, f"i{unique}-", tmp_path)
    return make_import


def test_small_file_and_the_same_again(make, stack):
    rows = read_credits(SMALL)
    one = make(SMALL)
    first = one.run().json
    assert (first["movements"], first["posted"], first["repeats"]) == (len(rows), len(rows), 0)
    assert first["debits_left_out"] == 38 and first["accounts"] == len(sums(rows))
    assert [(dc["dc"], dc["as_in_the_file"], dc["different"]) for dc in first["datacenters"]] == \
        [(dc, len(sums(rows)), 0) for dc in stack.dcs]
    one.check(rows)
    dates = {row["reference"]: row["date"] for row in rows}
    assert all(json.loads(metadata) == {"date": dates[reference]} for _, _, _, reference, metadata, _ in one.operations())
    again = one.run(dc=",".join(reversed(stack.dcs))).json  # the order of the list does not matter
    assert again["repeats"] == len(rows)
    one.check(rows)


def test_credits_and_debits_in_order_and_the_same_again(make, stack):
    rows = read_movements(SMALL)
    one = make(SMALL)
    first = one.run(only=None, seed=7).json
    assert (first["movements"], first["posted"], first["repeats"], first["debits_left_out"]) == (120, 120, 0, 0)
    assert [(dc["as_in_the_file"], dc["different"]) for dc in first["datacenters"]] == [(len(sums(rows)), 0)] * 3
    one.check(rows)
    one.check_history(rows)
    assert all(sums(rows)[account] == int(row["balance_after_minor"]) for account, row in
               {row["account"]: row for row in rows}.items())
    assert one.run(only=None, seed=7).json["repeats"] == len(rows)
    assert "seed '7', now it is '8'" in one.run(1, only=None, seed=8).stderr
    one.check(rows)


def test_debits_killed_in_the_middle_and_resumed(make):
    made = random_movements(400, 20, 10)
    one = make(made)
    process = one.start(only=None, concurrency=8)
    try:
        until("a tenth of the file", 60, lambda: len(one.operations()) > 40)
        process.send_signal(signal.SIGKILL)
    finally:
        process.kill()
        process.communicate(timeout=30)
    assert len(one.operations()) < 400, "killed too late to say anything"
    done = one.run(only=None).json
    assert done["posted"] == 400 and done["repeats"] >= 40
    rows = read_movements(one.path)
    one.check(rows)
    one.check_history(rows)


def test_debits_wait_for_a_consumer_that_is_away(make, stack):
    """Its money cannot be booked or asked for meanwhile: nothing is refused."""
    one = make(random_movements(120, 12, 11))
    stack.stack("stop", "dc2", "consumer")
    try:
        process = one.start(only=None)
        until("something at the other two", 60, lambda: len(one.operations()) > 12)
        assert "no definite answer" in one.run(3, only=None, patience=1).stderr
        assert process.poll() is None
    finally:
        stack.stack("start", "dc2", "consumer")
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    rows = read_movements(one.path)
    one.check(rows)
    one.check_history(rows)


def test_another_import_of_the_same_file_is_refused(make, unique):
    one = make(random_credits(30, 3, 1))
    one.run()
    before = one.operations()
    for other, said in (({"dc": "dc1,dc2"}, "dc 'dc1,dc2,dc3', now it is 'dc1,dc2'"), ({"seed": 1}, "seed '0'"),
                        ({"currency": "EUR"}, "currency 'CZK'"), ({"prefix": f"j{unique}-"}, "prefix")):
        done = one.run(1, **other)
        assert said in done.stderr and "nothing was posted" in done.stderr and done.json is None
    random_credits(31, 3, 1).write(one.path)
    assert "not the one that was imported first" in one.run(1).stderr
    assert one.operations() == before


def test_beside_the_file_unless_told_elsewhere(make):
    one = make(random_credits(3, 1, 2))
    one.run(state=None)
    kept = json.loads(pathlib.Path(f"{one.path}.import-state").read_text(encoding="utf-8"))
    assert kept["dc"] == "dc1,dc2,dc3" and kept["prefix"] == one.prefix and kept["bytes"] == one.path.stat().st_size


@contextlib.contextmanager
def interrupted(stack, one):
    """An import that is under way and cannot come to its end meanwhile: it is slow, and one datacenter does not answer."""
    process = one.start(concurrency=1)
    try:
        until("some movements", 60, lambda: len(one.operations()) > 20)
        stack.stack("pause", "dc3", "api")
        try:
            yield process
        finally:
            stack.stack("resume", "dc3", "api")
    finally:
        process.kill()
        process.communicate(timeout=30)


def test_killed_in_the_middle_and_resumed(make, stack):
    one = make(random_credits(3000, 40, 3))
    with interrupted(stack, one) as process:
        process.send_signal(signal.SIGKILL)
        process.communicate(timeout=30)
    booked = len(one.operations())
    assert 20 < booked < 3000
    done = one.run().json
    assert done["posted"] == 3000 and done["repeats"] >= booked
    one.check(read_credits(one.path))


def test_a_signal_stops_it_and_the_same_command_goes_on(make, stack):
    one = make(random_credits(3000, 40, 4))
    with interrupted(stack, one) as process:
        process.send_signal(signal.SIGINT)
        stack.stack("resume", "dc3", "api")
        out, err = process.communicate(timeout=30)
    assert process.returncode == 1 and "The same command again goes on" in err, err
    posted = json.loads(out)["posted"]
    assert posted == len(one.operations()) < 3000, "what was under way was not finished"
    assert one.run().json["repeats"] == posted
    one.check(read_credits(one.path))


def test_an_api_that_dies_meanwhile_is_tried_again(make, stack):
    one = make(random_credits(1200, 40, 5))
    with interrupted(stack, one) as process:
        stack.stack("kill", "dc3", "api")
        out, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    assert json.loads(out)["sent_again"] > 0
    one.check(read_credits(one.path))


def test_a_datacenter_that_is_away_ends_it_before_anything_is_posted(make, stack):
    one = make(random_credits(20, 2, 6))
    stack.stack("stop", "dc2", "api")
    try:
        assert "nothing was posted: dc2" in one.run(3, patience=1).stderr
        assert one.operations() == [] and one.accounts() == 0
    finally:
        stack.stack("start", "dc2", "api")
    until("the API of dc2", 20, lambda: stack.ready("dc2"))


@pytest.mark.parametrize("words, code, said", [
    ({"dc": "dc1,dc4"}, 2, "no API is configured for datacenter dc4"),
    ({"dc": "dc1,dc1"}, 2, "names twice: dc1"),
    ({"dc": "dc1,,dc2"}, 2, "no API is configured"),
    ({"currency": "Kc"}, 2, "--currency"),
    ({"prefix": "a/b"}, 2, "--prefix"),
    ({"only": "debit"}, 2, "--only takes credit"),
    ({"concurrency": 0}, 2, "--concurrency takes a whole number from 1 to 1024"),
])
def test_commands_that_post_nothing(make, words, code, said):
    made = Movements().add("x", "credit", 100).add("x", "debit", 40).add("y", "credit", 7).add("x", "debit", 60)
    one = make(made)
    done = one.run(code, **words)
    assert said in done.stderr and done.json is None
    assert one.operations() == [] and one.accounts() == 0
    assert not pathlib.Path(one.words["--state"]).exists()


def test_every_wrong_line_is_named_and_nothing_posted(make):
    made = random_credits(48, 10**6, 7).add("last", "credit", 5).add("last", "credit", 6)
    made.rows[3][1] = "1993-02-30"
    made.rows[10][0] = made.rows[2][0]
    made.rows[20][4] = -5
    made.rows[30][2] = "no/slash"
    made.rows[40] = ["short"]
    made.rows[49][5] += 1
    one = make(made)
    assert "line 2:" not in one.run(1).stderr
    made.rows[0][5] += 1
    made.write(one.path)
    assert "line 2: account" in one.run(1, only=None).stderr
    done = one.run(1)
    named = [line.split("line ")[1].split(":")[0] for line in done.stderr.splitlines() if ": line " in line]
    assert [int(number) for number in named] == [5, 12, 22, 32, 42, 51]
    assert "6 errors: nothing was posted" in done.stderr
    assert one.operations() == [] and one.accounts() == 0
    assert not pathlib.Path(one.words["--state"]).exists()


def test_a_refusal_stops_its_account_and_no_other(make, stack):
    made = Movements()
    for number in range(5):
        made.add("bad", "credit", 10 + number).add("good", "credit", 1000 + number)
    one = make(made)
    assert stack.api("dc1").open_account(f"{one.prefix}bad", currency="EUR", account_id=f"{one.prefix}bad").status == 201
    done = one.run(1)
    assert done.json["posted"] == 5 and done.json["accounts_stopped"] == 1
    refused = [line for line in done.stderr.splitlines() if "refused" in line]
    assert len(refused) == 1
    assert all(word in refused[0] for word in ("line 2:", f":{one.prefix}r1:", "CURRENCY_MISMATCH")), refused
    one.check([row for row in read_credits(one.path) if row["account"] == "good"])


def test_what_differs_is_printed(make, stack):
    one = make(random_credits(20, 2, 8))
    expected = sums(read_credits(one.path))
    one.run()
    assert stack.api("dc1").payin(f"dc1:more-{one.prefix}", f"{one.prefix}a0", 1, currency=CURRENCY, wait=10).status == 200
    done = one.run(1, wait=2)
    assert [(d["account_id"], d["dc"], d["expected"], d["found"]) for d in done.json["differences"]] == \
        [(f"{one.prefix}a0", dc, expected["a0"], expected["a0"] + 1) for dc in stack.dcs]


def test_a_bar_on_a_terminal(make):
    one = make(random_credits(50, 5, 9))
    main, side = pty.openpty()
    with subprocess.Popen(one.line(), env=one.env(), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=side) as process:
        os.close(side)
        shown = b""
        try:
            while chunk := os.read(main, 4096):
                shown += chunk
        except OSError:
            pass  # the other side is closed
    os.close(main)
    assert process.returncode == 0 and b"posted [##############################] 100 %  50 of 50" in shown, shown
    assert shown.count(b"\r") > 2


@pytest.mark.skipif(not REAL, reason="no bank movements at hand: GEOBILL_BANK_MOVEMENTS names their file")
@pytest.mark.parametrize("what, only", [("credits", "credit"), ("movements", None)])
def test_the_movements_of_a_real_bank(make, stack, tmp_path, what, only):
    path = tmp_path / "real.csv"
    path.write_text("".join(pathlib.Path(REAL).read_text(encoding="utf-8").splitlines(keepends=True)[:LINES + 1]), encoding="utf-8")
    rows = read_credits(path) if only else read_movements(path)
    one = make(path)
    findings = Findings(f"import_{what}", f"The {what} of a real bank",
                        f"{len(rows)} {what} of {len(sums(rows))} accounts, imported over three datacenters; then the same "
                        "command again, which books nothing. After each the databases hold exactly these movements, once, in the "
                        "file's order, and every account has its sum at every datacenter. With debits, the balance after every "
                        "movement is the bank's, at each datacenter, worked out from its own and the replicated entries.",
                        ("import", "movements", "repeats", "seconds posting", "a second", "seconds until all agreed"))
    for name, repeats in (("first", 0), ("again", len(rows))):
        begun = time.monotonic()
        done = one.run(only=only).json
        took = time.monotonic() - begun
        assert (done["posted"], done["repeats"]) == (len(rows), repeats)
        one.check(rows)
        if not only:
            one.check_history(rows)
        findings.row(name, done["posted"], done["repeats"], done["milliseconds"] / 1000, done["per_second"], took)
    stack.verify_at_rest()
