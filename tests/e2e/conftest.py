"""One stack of three datacenters for all end-to-end tests: real PostgreSQL, real Kafka, the release build."""
import itertools
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))

from geobill_stack import Stack  # noqa: E402

numbers = itertools.count(1)


@pytest.fixture(scope="session")
def stack():
    kept = os.environ.get("GEOBILL_TEST_RUN")  # a stack that is up already, for trying one test by hand
    run = kept or tempfile.mkdtemp(prefix="geobill-e2e-", dir="/var/tmp")
    made = Stack(run)
    yield made
    if not kept:
        made.down()
        shutil.rmtree(run, ignore_errors=True)


@pytest.fixture
def unique():
    """A word that no other test and no earlier run uses."""
    return f"{os.getpid()}-{next(numbers)}"


def open_everywhere(stack, account_id):
    """A new open account in EUR, known at all datacenters."""
    from geobill_stack import until
    answer = stack.api("dc1").open_account(f"Account {account_id}", account_id=account_id)
    assert answer.status == 201, answer
    for dc in stack.dcs:
        until(f"{account_id} at {dc}", 20, lambda: stack.psql(
            dc, f"SELECT 1 FROM account WHERE account_id = '{account_id}'"))
    return account_id


@pytest.fixture
def account(stack, unique):
    return open_everywhere(stack, f"acct-{unique}")


@pytest.fixture
def other_account(stack, unique):
    return open_everywhere(stack, f"other-{unique}")


@pytest.fixture
def spread(stack, account):
    """Puts `amounts` of money into the account's shares, one amount a datacenter, known everywhere."""
    def put(*amounts):
        for dc, amount in zip(stack.dcs, amounts):
            if amount:
                answer = stack.api(dc).payin(f"{dc}:fund-{account}", account, amount, wait=10)
                assert answer.status == 200, answer
        stack.balance_everywhere(account, sum(amounts))
        return account
    return put


class Kcat:
    """The usual Kafka tool as hands: produces and reads raw records."""

    def __call__(self, broker, topic, key, value, headers=(), partition=None):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "value"
            path.write_bytes(value)
            line = ["kcat", "-b", broker, "-P", "-t", topic, "-k", key.decode(), "-X", "partitioner=murmur2_random"]
            for name, text in headers:
                line += ["-H", f"{name}={text}"]
            if partition is not None:
                line += ["-p", str(partition)]
            subprocess.run([*line, str(path)], check=True, timeout=30)

    @staticmethod
    def _read(broker, topic, *words):
        return subprocess.run(["kcat", "-b", broker, "-C", "-t", topic, "-o", "beginning", "-e", "-q", *words], check=True,
                              timeout=60, stdout=subprocess.PIPE).stdout

    def read(self, broker, topic):
        return self._read(broker, topic)

    def read_json(self, broker, topic):
        return [json.loads(line) for line in self._read(broker, topic, "-J").decode(errors="replace").split("\n") if line]


@pytest.fixture
def kcat():
    return Kcat()
