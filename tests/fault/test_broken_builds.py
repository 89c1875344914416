"""The end-to-end check must be able to fail: deliberately broken builds of the product are run under the same load and
checked against the same journal, and each must be found. The build that is not broken must pass."""
import pathlib
import shutil
import subprocess
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))

from findings import Findings  # noqa: E402
from geobill_journal import Journal, Load, check_against_journal, recorded  # noqa: E402
from geobill_mix import Mix  # noqa: E402
from geobill_stack import ROOT, Stack  # noqa: E402

PROGRAMS = ["geobill", "geobill-api", "geobill-publisher", "geobill-consumer", "geobill-projector"]

# name: (file, what stands there once, what is put in its place)
BROKEN = {
    "every request gets a key of its own": (
        "sql/queries/operation_accept.sql", "SELECT i.client_no, 1, 1, i.key,",
        "SELECT i.client_no, 1, 1, i.key || '+' || i.created_at_us,"),
    "some pay-ins are booked without an entry": (
        "src/core/credit.c", "    if (!gb_books_move(books, account, &move))\n        return GB_PAYIN_OVERDUE;",
        "    if (amount % 7 != 0 && !gb_books_move(books, account, &move))\n        return GB_PAYIN_OVERDUE;"),
    "some entries are never published": (
        "sql/queries/ledger_window.sql", "    ) AS both_halves\n", "    ) AS both_halves\n    WHERE seq % 5 <> 0\n"),
    "the projector drops some entries": (
        "src/projector/project_ledger.c", "        if (!again)", "        if (!again && entry_of(item)->version % 5 != 0)"),
    "the payee of a transfer gets a unit too much": (
        "src/core/spend.c", "{GB_ENTRY_TRANSFER_IN, spend->amount, spend->operation", "{GB_ENTRY_TRANSFER_IN, spend->amount + 1, spend->operation"),
    "a refund is not counted at its original": (
        "src/core/credit.c", "    original->refunded += amount;\n", ""),
    "a pay-out takes a unit too little": (
        "src/core/spend.c", "{WAYS[spend->kind].entry, spend->amount, spend->operation",
        "{WAYS[spend->kind].entry, spend->amount - (spend->amount % 5 == 4), spend->operation"),
}


@pytest.fixture(scope="module")
def findings():
    return Findings("fault_broken_builds", "Deliberately broken builds are found",
                    "900 pay-ins, a third of them repeats, and 120 commands of all kinds over two datacenters, then the clients' "
                    "journal and `geobill verify`: a build that is not broken passes, each broken one is found.", ("build", "found"))


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    """A copy of the source with a build of its own; changes in it cost one compilation."""
    copy = tmp_path_factory.mktemp("broken")
    files = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, stdout=subprocess.PIPE).stdout
    for name in files.decode().split("\0"):
        if name and (ROOT / name).exists():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, copy / name)
    subprocess.run(["cmake", "--preset", "release", "-DGEOBILL_TESTS=OFF"], cwd=copy, check=True, stdout=subprocess.DEVNULL)
    return copy


def build(tree):
    subprocess.run(["cmake", "--build", "--preset", "release", "--target", *PROGRAMS], cwd=tree, check=True,
                   stdout=subprocess.DEVNULL)
    return tree / "build" / "release" / "bin"


def run_and_check(bin_folder, tmp_path):
    """The end-to-end check in small: load with repeats over two datacenters, the journal, verify."""
    stack = Stack(tmp_path / "run", dcs=2, env={"GEOBILL_BIN": str(bin_folder)})
    try:
        accounts, journal = [f"broken-{number}" for number in range(10)], Journal(tmp_path / "journal")
        apis = {dc: recorded(stack, journal, dc) for dc in stack.dcs}
        for account in accounts:
            assert apis["dc1"].open_account(account, account_id=account).status == 201
        assert apis["dc1"].add_service("broken", 100).status == 201
        Load(stack, journal, accounts, 900, seed=3, deadline_s=30).start().join()
        Mix(apis, accounts[:2], "broken", "all", seed=5, deadline_s=30).run(120)
        check_against_journal(stack, journal, accounts, deadline_s=20)
        stack.verify_at_rest(wait=20)
    finally:
        stack.down()


def test_the_build_that_is_not_broken_passes(tree, tmp_path, findings):
    run_and_check(build(tree), tmp_path)
    findings.row("not broken", "nothing")


@pytest.mark.parametrize("name", sorted(BROKEN))
def test_broken_build_is_found(tree, tmp_path, findings, name):
    path, right, wrong = BROKEN[name]
    source = tree / path
    text = source.read_text()
    assert text.count(right) == 1, f"{path} no longer has '{right}' once: break it in another way"
    source.write_text(text.replace(right, wrong))
    try:
        bin_folder = build(tree)
        with pytest.raises(AssertionError) as found:
            run_and_check(bin_folder, tmp_path)
        findings.row(name, str(found.value)[:200])
    finally:
        source.write_text(text)
