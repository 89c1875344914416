"""One stack for the ways to lose: its broker can be reached through a relay, too, and forgets quickly when told to."""
import itertools
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))

from geobill_journal import Journal, Load  # noqa: E402
from geobill_stack import Stack, until  # noqa: E402
from kafka_relay import Relay  # noqa: E402
from kafka_wire import Broker  # noqa: E402

PAYINS = int(os.environ.get("GEOBILL_TEST_PAYINS", "300"))
LEDGER = "geobill.dc1.ledger.v1"
numbers = itertools.count(1)


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]


def change_broker(stack, behind, front):
    """A second listener, behind which a relay stands; and a broker that looks for old segments every second."""
    path = stack.run / "kafka" / "server.properties"
    more = {"listeners": f",RELAYED://127.0.0.1:{behind}", "advertised.listeners": f",RELAYED://127.0.0.1:{front}",
            "listener.security.protocol.map": ",RELAYED:PLAINTEXT"}
    stack.stack("stop", "dc1", "kafka")
    lines = [line + more.get(line.partition("=")[0], "") for line in path.read_text().splitlines()]
    path.write_text("\n".join([*lines, "log.retention.check.interval.ms=1000", ""]))
    start_broker(stack)


def start_broker(stack):
    """Until it takes requests."""
    def partitions():
        try:
            with Broker(stack.kafka("dc1"), timeout=5) as broker:
                broker.partitions(LEDGER)
                return True
        except OSError:
            return False
    stack.stack("start", "dc1", "kafka", timeout=90)
    until("the broker to answer", 60, partitions)


@pytest.fixture(scope="session")
def stack():
    run = tempfile.mkdtemp(prefix="geobill-lose-", dir="/var/tmp")
    made = Stack(run)
    try:
        made.behind, made.front = free_port(), free_port()
        change_broker(made, made.behind, made.front)
        yield made
    finally:
        if not os.environ.get("GEOBILL_TEST_KEEP"):
            made.down()
            shutil.rmtree(run, ignore_errors=True)


@pytest.fixture
def books(stack, tmp_path):
    """Accounts of this test, its journal, and pay-ins on request. Afterwards everything runs, also after a failure."""
    yield Books(stack, tmp_path)
    stack.stack("start", "dc1", "kafka", timeout=90)
    for dc in stack.dcs:
        stack.stack("start", dc, "projector")


class Books:
    def __init__(self, stack, folder):
        self.stack, self.journal = stack, Journal(folder / "journal")
        self.prefix = f"lose-{os.getpid()}-{next(numbers)}"
        self.accounts = [f"{self.prefix}-{number}" for number in range(8)]
        for account in self.accounts:
            answer = stack.api("dc1").open_account(account, account_id=account)
            assert answer.status == 201, answer
        self.loads = 0

    def load(self, count=PAYINS, threads=6):
        self.loads += 1
        return Load(self.stack, self.journal, self.accounts, count, self.loads, threads=threads,
                    prefix=self.prefix).start()

    def pay_in(self, count=PAYINS):
        self.load(count).join()


class Relayed:
    """A daemon of one datacenter that reads dc1's cluster, and its own, through a relay."""

    def __init__(self, stack, dc, part):
        self.stack, self.dc, self.part = stack, dc, part
        self.relay = Relay(f"127.0.0.1:{stack.behind}", stack.front)
        stack.stack("stop", dc, part)
        self.process = subprocess.Popen(
            [str(stack.bin / f"geobill-{part}"), "--config", str(stack.config(dc)),
             *[word for cluster in sorted({"dc1", dc}) for word in ("-X", f"kafka.{cluster}.bootstrap.servers=127.0.0.1:{stack.front}")],
             "-X", f"{part}.listen=127.0.0.1:0"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def close(self):
        self.process.terminate()
        assert self.process.wait(20) == 0
        self.relay.close()
        self.stack.stack("start", self.dc, self.part)
