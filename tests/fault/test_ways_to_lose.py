"""Each way in which Kafka may lose, repeat, reorder or forget, on the real stack, under a small load with the clients' own
journal. Every fault must have fired; every one heals without a person (the rebuild of a replica aside) in a time that is
asserted generously and printed exactly; afterwards the books are what the journal says and `geobill verify` is clean."""
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))

from findings import Findings  # noqa: E402
from geobill_journal import check_against_journal  # noqa: E402
from geobill_stack import until  # noqa: E402
from kafka_wire import Broker  # noqa: E402

from conftest import LEDGER, PAYINS, Relayed, start_broker  # noqa: E402

HEALS_WITHIN_S = 60 + PAYINS / 100
found = Findings("fault_ways_to_lose", "Ways to lose",
                 f"Each under {PAYINS} pay-ins; seconds from the moment when the loss could be noticed until every replica was "
                 "complete and every balance what the clients' journal says.",
                 ("way to lose", "states seen", "resends", "seconds to heal"))


class Watch:
    """Polls `geobill status` for what the readers of one stream go through."""

    def __init__(self, stack, source, stream, reader):
        self.stack, self.row_of = stack, (source, stream, reader)
        self.states, self.stop = [], False
        self.resends_before = self.row()["resends"] or 0
        self.thread = threading.Thread(target=self._poll, daemon=True)
        self.thread.start()

    def row(self):
        for row in self.stack.cli_json("dc1", "status")["streams"]:
            if (row["source"], row["stream"], row["reader"]) == self.row_of:
                return row
        return {"state": "no word yet", "resends": 0, "cut_page": 0, "acknowledged_page": 0}

    def _poll(self):
        while not self.stop:
            try:
                row = self.row()
            except (AssertionError, subprocess.SubprocessError):
                continue  # a datacenter was being started
            state = row["state"].split(" for ")[0].split(",")[0]
            if not self.states or self.states[-1] != state:
                self.states.append(state)
            self.resends = (row["resends"] or 0) - self.resends_before
            self.last = row
            time.sleep(0.1)

    def end(self):
        self.stop = True
        self.thread.join(30)
        return self


def healed(stack, books, watch, begun, way, states=("standing still", "gone back", "complete")):
    """Waits until all is well again; checks books, verify and what status showed."""
    until("the reader to be complete again", HEALS_WITHIN_S, lambda: watch.row()["state"] == "complete" and (
        "gone back" not in states or (watch.row()["resends"] or 0) > watch.resends_before))
    check_against_journal(stack, books.journal, books.accounts, deadline_s=HEALS_WITHIN_S)
    took = time.monotonic() - begun
    until("status to say so", 10, lambda: watch.states and watch.states[-1] == "complete")
    watch.end()
    stack.verify_at_rest()
    found.row(way, " → ".join(watch.states), watch.resends, took)
    wanted = list(states)
    for state in watch.states:
        if wanted and state == wanted[0]:
            wanted.pop(0)
    assert not wanted, f"status never showed {wanted} in this order; it showed {watch.states}"
    if "gone back" in states:
        assert watch.resends > 0 and watch.last["resent_ms_ago"] is not None, watch.last
    assert took < HEALS_WITHIN_S
    return took


def offsets(stack, topic, at):
    """Of each partition the first offset (at -2), or the next one (-1)."""
    asks = [word for number in range(4) for word in ("-t", f"{topic}:{number}:{at}")]
    text = subprocess.run(["kcat", "-b", stack.kafka("dc1"), "-Q", *asks], check=True, timeout=30, text=True,
                          stdout=subprocess.PIPE).stdout
    return {int(number): int(offset) for number, offset in re.findall(r"\[(\d+)\] offset (\d+)", text)}


def positions(stack, dc, topic):
    return {int(partition): int(offset) for partition, offset in stack.psql(
        dc, f"SELECT partition, next_offset FROM position WHERE topic = '{topic}'")}


def test_records_deleted_up_to_an_offset_while_the_reader_is_stopped(stack, books):
    """Also what a reader meets that was away for longer than the retention."""
    books.pay_in(30)
    stack.verify_at_rest()
    stack.stack("stop", "dc2", "projector")
    watch = Watch(stack, "dc1", "ledger", "dc2")
    books.pay_in()
    until("Kafka to have it all", 20, lambda: watch.row()["state"] != "not sent yet")
    time.sleep(1)
    had = positions(stack, "dc2", LEDGER)
    with Broker(stack.kafka("dc1")) as broker:
        begins = broker.delete_records(LEDGER, {partition: -1 for partition in range(4)})
    assert any(begins[partition] > had[partition] for partition in had), "nothing was lost to the reader"
    stack.stack("start", "dc2", "projector")
    begun = time.monotonic()
    healed(stack, books, watch, begun, "records deleted up to an offset, reader stopped")


def test_projector_stopped_for_longer_than_the_retention(stack, books):
    stack.verify_at_rest()
    stack.stack("stop", "dc3", "projector")
    watch = Watch(stack, "dc1", "ledger", "dc3")
    had = positions(stack, "dc3", LEDGER)
    with Broker(stack.kafka("dc1")) as broker:
        broker.alter_topic(LEDGER, {"retention.ms": "1000", "segment.ms": "1000"})
        books.pay_in()
        time.sleep(1.1)
        books.pay_in(30)  # a segment ends with a record that comes after its time
        until("Kafka to have forgotten what the reader needs", 30, lambda: any(
            first > had.get(partition, 0) for partition, first in offsets(stack, LEDGER, -2).items()))
        broker.alter_topic(LEDGER, {"retention.ms": "604800000", "segment.ms": "604800000"})
    stack.stack("start", "dc3", "projector")
    healed(stack, books, watch, time.monotonic(), "projector stopped for longer than the retention")


@pytest.mark.parametrize("running", [False, True])
def test_topic_deleted_and_recreated(stack, books, running):
    stack.verify_at_rest()
    if not running:
        stack.stack("stop", "dc2", "projector")
    watch = Watch(stack, "dc1", "ledger", "dc2")
    load = books.load() if running else None
    if not running:
        books.pay_in()
    else:
        until("some load", 20, lambda: load.done > PAYINS // 4 or load.errors)
    with Broker(stack.kafka("dc1")) as broker:
        broker.delete_topic(LEDGER)
        until("the topic to be gone", 20, lambda: broker.partitions(LEDGER) == 0)
    time.sleep(1)
    created = stack.cli_json("dc1", "topics", "create")
    assert {row["topic"]: row["result"] for row in created}[LEDGER] == "created", created
    begun = time.monotonic()
    if not running:
        stack.stack("start", "dc2", "projector")
    else:
        load.join()
    healed(stack, books, watch, begun, "topic deleted and recreated" + (", everything running" if running else ""),
           ("complete",) if running else ("standing still", "gone back", "complete"))


def test_partition_files_removed_and_regrown_past_the_old_position(stack, books):
    """The reader finds its position in the middle of other records: nothing tells it that what was before is gone."""
    books.pay_in(30)
    stack.verify_at_rest()
    had = positions(stack, "dc2", LEDGER)
    stack.stack("stop", "dc2", "projector")
    watch = Watch(stack, "dc1", "ledger", "dc2")
    books.pay_in()
    time.sleep(1)
    stack.stack("stop", "dc1", "kafka")
    folders = list((stack.run / "kafka" / "data").glob(f"{LEDGER}-[0-3]"))
    assert len(folders) == 4, folders
    for folder in folders:
        for path in folder.iterdir():
            if path.suffix in (".log", ".index", ".timeindex", ".snapshot") or "checkpoint" in path.name:
                path.unlink()
    for name in ("recovery-point-offset-checkpoint", "replication-offset-checkpoint", "log-start-offset-checkpoint",
                 "cleaner-offset-checkpoint"):
        (stack.run / "kafka" / "data" / name).unlink(missing_ok=True)
    start_broker(stack)
    for _ in range(20):  # until the partitions that these accounts are in have grown past where the reader was
        books.pay_in(max(PAYINS, 200))
        time.sleep(1)
        ends = {partition: end for partition, end in offsets(stack, LEDGER, -1).items() if end > 0}
        if all(end > had.get(partition, 0) for partition, end in ends.items()):
            break
    assert ends and all(end > had.get(partition, 0) for partition, end in ends.items()), (ends, had)
    stack.stack("start", "dc2", "projector")
    healed(stack, books, watch, time.monotonic(), "partition files removed, regrown past the old position")


def test_single_records_dropped_and_swapped(stack, books):
    stack.verify_at_rest()
    relayed = Relayed(stack, "dc2", "projector")
    try:
        books.pay_in(30)
        check_against_journal(stack, books.journal, books.accounts)
        stack.verify_at_rest()
        for way in ("dropped", "swapped"):
            watch, hit = Watch(stack, "dc1", "ledger", "dc2"), []

            def tamper(topic, partition, batch, way=way, hit=hit):
                offsets = batch.offsets()
                if topic != LEDGER or len(hit) >= 3 or len(offsets) < 2:
                    return
                if way == "dropped":
                    batch.drop(offsets[0])
                else:
                    batch.swap(offsets[0], offsets[-1])
                hit.append((partition, offsets[0]))
            relayed.relay.tamper = tamper
            load = books.load(threads=16)
            begun = time.monotonic()
            until("records to be " + way, 30, lambda: len(hit) >= 3 or relayed.relay.errors)
            assert not relayed.relay.errors, relayed.relay.errors
            load.join()
            relayed.relay.tamper = None
            healed(stack, books, watch, begun, f"single records {way}")
            print(f"{way}: {hit}")
    finally:
        relayed.close()


def test_message_of_another_datacenter_where_it_does_not_belong(stack, books):
    books.pay_in(30)
    stack.verify_at_rest()
    copy = ["kcat", "-b", stack.kafka("dc3"), "-C", "-t", "geobill.dc3.ledger.v1", "-o", "beginning", "-c", "1", "-e", "-q"]
    record = json.loads(subprocess.run([*copy, "-J"], check=True, timeout=30, stdout=subprocess.PIPE).stdout.decode(
        errors="replace").split("\n")[0])
    value = subprocess.run([*copy, "-f", "%s"], check=True, timeout=30, stdout=subprocess.PIPE).stdout
    state = "SELECT dc, count(*), sum(version), sum(balance) FROM replicated_share GROUP BY dc ORDER BY dc"
    letters = "SELECT count(*), max(id) FROM dead_letter"
    before, dead = stack.psql("dc2", state), stack.psql("dc2", letters)
    with tempfile.NamedTemporaryFile() as body:
        body.write(value)
        body.flush()
        line = ["kcat", "-b", stack.kafka("dc1"), "-P", "-t", LEDGER, "-p", "0", "-k", record["key"]]
        pairs = zip(record["headers"][::2], record["headers"][1::2])
        subprocess.run([*line, *[word for pair in pairs for word in ("-H", "=".join(pair))], body.name], check=True,
                       timeout=30)
    begun = time.monotonic()
    until("a dead letter at dc2", 20, lambda: stack.psql("dc2", letters) != dead)
    code, says = stack.psql("dc2", "SELECT code, message FROM dead_letter ORDER BY id DESC LIMIT 1")[0]
    assert code == "STREAM_UNEXPECTED" and "of dc3" in says, (code, says)
    assert stack.psql("dc2", state) == before
    watch = Watch(stack, "dc1", "ledger", "dc2")
    books.pay_in(60)  # nothing is blocked
    healed(stack, books, watch, begun, "another datacenter's message", ("complete",))


def test_replica_truncated_by_sql_is_rebuilt_by_one_command(stack, books):
    books.pay_in()
    stack.verify_at_rest()
    stack.psql("dc2", "TRUNCATE replicated_share, replicated_ledger, replicated_link", user="geobill")
    found_wrong = stack.cli("dc1", "verify", "--wait", "0", check=False)
    assert found_wrong.returncode == 1 and "replica rebuild dc1 --execute" in found_wrong.stdout, found_wrong.stdout
    dry = stack.cli_json("dc2", "replica", "rebuild", "dc1")
    assert dry["shares"] == 0 and dry["state"].startswith("not touched"), dry
    watch = Watch(stack, "dc1", "ledger", "dc2")
    load = books.load()
    begun = time.monotonic()
    for source in ("dc1", "dc3"):  # one command for each source whose copy was damaged
        done = stack.cli("dc2", "replica", "rebuild", source, "--execute", "--output", "json", check=False)
        assert done.returncode == 0, done.stdout + done.stderr
    load.join()
    healed(stack, books, watch, begun, "replica truncated by SQL, rebuilt by the command", ("complete",))


def test_payins_accepted_while_the_brokers_disk_is_lost(stack, books):
    books.pay_in(30)
    stack.verify_at_rest()
    watch = Watch(stack, "dc1", "payin", "dc1")
    stack.stack("stop", "dc1", "kafka")
    load = books.load()
    shutil.rmtree(stack.run / "kafka" / "data")
    load.join()
    begun = time.monotonic()
    start_broker(stack)
    for dc in stack.dcs:
        created = until(f"topics of {dc}", 30, lambda dc=dc: stack.cli(dc, "topics", "create", check=False).returncode == 0)
        assert created
    healed(stack, books, watch, begun, "pay-ins accepted while the broker's disk is lost", ("not sent yet", "complete"))
