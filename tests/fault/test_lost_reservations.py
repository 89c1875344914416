"""What datacenters ask each other for, and answer, lost, swapped, repeated, replayed and wiped on the way: pay-outs are decided by
their deadline, nothing is paid twice and nothing is lost."""
import concurrent.futures
import json
import os
import subprocess
import tempfile
import time

import pytest

from geobill_journal import check_against_journal, recorded
from geobill_stack import until
from kafka_wire import Broker

from conftest import Relayed

PAYOUTS = int(os.environ.get("GEOBILL_TEST_PAYOUTS", "10"))  # of each test
ASKS, REPLIES = "geobill.dc2.reserve.v1", "geobill.dc1.reserve-reply.v1"  # from dc1, and back
DEADLINE_MS = 60000


def fund(stack, books, amount):
    """All the money lies at dc2."""
    api = recorded(stack, books.journal, "dc2")
    for account in books.accounts:
        assert api.payin(f"dc2:fund-{account}", account, amount, wait=20).status == 200


def pay_out(stack, books, word, amount=10, threads=4, **more):
    """Pay-outs at dc1, each of which has to ask; gives the answers."""
    def one(number):
        account = books.accounts[number % len(books.accounts)]
        api = recorded(stack, books.journal, "dc1")
        api.timeout = DEADLINE_MS / 1000 + 10
        return api.payout(f"dc1:{word}-{books.prefix}-{number}", account, amount, **more)
    with concurrent.futures.ThreadPoolExecutor(threads) as pool:
        return list(pool.map(one, range(PAYOUTS)))


def rested(stack, books):
    check_against_journal(stack, books.journal, books.accounts)
    stack.verify_at_rest()


def test_topics_wiped_while_pay_outs_wait(stack, books):
    fund(stack, books, 1000)
    stack.stack("stop", "dc2", "consumer")
    late = pay_out(stack, books, "late", deadline_ms=DEADLINE_MS, headers={"Prefer": "respond-async"})
    assert {answer.status for answer in late} == {202}, late
    with Broker(stack.kafka("dc1")) as broker:
        until("the asks to be in Kafka", 20, lambda: records(stack, ASKS))
        for topic in (ASKS, REPLIES):
            broker.delete_topic(topic)
            until(f"{topic} to be gone", 20, lambda topic=topic: broker.partitions(topic) == 0)
    begun = time.monotonic()
    short = pay_out(stack, books, "short", deadline_ms=1000)
    took = time.monotonic() - begun
    assert {(answer.status, answer.code) for answer in short} == {(409, "FUNDS_UNREACHABLE")}, short
    assert took < 20 + PAYOUTS, f"the deadline was a second, and the last answer came after {took:.1f} s"
    for dc in stack.dcs:
        assert stack.cli(dc, "topics", "create", check=False).returncode == 0
    stack.stack("start", "dc2", "consumer")
    until("those that waited to be paid", DEADLINE_MS / 1000, lambda: all(
        pay.json["state"] == "PAID" for pay in (stack.api("dc1").operation(answer.json["key"]) for answer in late)))
    rested(stack, books)


@pytest.mark.parametrize("reader, lossy", [("dc1", REPLIES), ("dc2", ASKS)])
def test_asks_and_replies_lost_and_swapped(stack, books, reader, lossy):
    """dc1 hears replies, or dc2 asks, through a relay that keeps some of them, and changes the order of others."""
    fund(stack, books, 10000)
    relayed, hit = Relayed(stack, reader, "consumer"), {"dropped": 0, "swapped": 0}

    def tamper(topic, _partition, batch):
        offsets = batch.offsets()
        if topic != lossy:
            return
        if len(offsets) > 1 and hit["swapped"] < PAYOUTS:
            batch.swap(offsets[0], offsets[-1])
            hit["swapped"] += 1
        elif hit["dropped"] < PAYOUTS:
            batch.drop(offsets[0])
            hit["dropped"] += 1
    try:
        relayed.relay.tamper = tamper
        answers = pay_out(stack, books, "relayed", deadline_ms=DEADLINE_MS, threads=8)
        assert {answer.status for answer in answers} == {200}, answers
        assert not relayed.relay.errors, relayed.relay.errors
        assert hit["dropped"] > 0, hit
        relayed.relay.tamper = None
        print(f"{lossy}: {hit}")
        rested(stack, books)
    finally:
        relayed.close()


def records(stack, topic):
    """[(partition, offset, key, headers)] of a topic."""
    text = subprocess.run(["kcat", "-b", stack.kafka("dc1"), "-C", "-t", topic, "-o", "beginning", "-e", "-q", "-J"], check=True,
                          timeout=60, stdout=subprocess.PIPE).stdout.decode(errors="replace")
    return [(record["partition"], record["offset"], record["key"], list(zip(record["headers"][::2], record["headers"][1::2])))
            for record in map(json.loads, filter(None, text.split("\n")))]  # splitlines() would cut at U+0085 in a payload


def say_again(stack, topic, partition, offset, key, headers):
    """The very same record once more, at the topic's end."""
    broker = stack.kafka("dc1")
    value = subprocess.run(["kcat", "-b", broker, "-C", "-t", topic, "-p", str(partition), "-o", str(offset), "-c", "1", "-e", "-q",
                            "-D", "", "-f", "%s"], check=True, timeout=30, stdout=subprocess.PIPE).stdout
    with tempfile.NamedTemporaryFile() as body:
        body.write(value)
        body.flush()
        subprocess.run(["kcat", "-b", broker, "-P", "-t", topic, "-p", str(partition), "-k", key,
                        *[word for pair in headers for word in ("-H", "=".join(pair))], body.name], check=True, timeout=30)


def position(stack, dc, topic):
    rows = stack.psql(dc, f"SELECT sum(next_offset) FROM position WHERE topic = '{topic}'")
    return int(rows[0][0] or 0)


def test_replayed_in_another_order(stack, books):
    """Old asks drain nobody and old replies pay nobody, in whatever order they come again."""
    fund(stack, books, 1000)
    assert {answer.status for answer in pay_out(stack, books, "first", deadline_ms=DEADLINE_MS)} == {200}
    rested(stack, books)
    state = "SELECT account_no, balance, version, out_total, in_total FROM share ORDER BY account_no"
    before = {dc: stack.psql(dc, state) for dc in stack.dcs}
    for topic, reader in ((ASKS, "dc2"), (REPLIES, "dc1")):
        had, all_records = position(stack, reader, topic), records(stack, topic)
        again = all_records[-PAYOUTS:]
        assert again, f"nothing in {topic}"
        for record in reversed(again):
            say_again(stack, topic, *record)
        until(f"{reader} to have read {topic} again", 30, lambda reader=reader, topic=topic, end=had + len(again): position(
            stack, reader, topic) >= end)
    assert {dc: stack.psql(dc, state) for dc in stack.dcs} == before
    # As a group that starts anew would: from the beginning, with whatever is there.
    for dc in ("dc1", "dc2"):
        stack.stack("stop", dc, "consumer")
        stack.psql(dc, "UPDATE position SET next_offset = 0 WHERE topic LIKE '%.reserve%'", user="geobill_consumer")
        stack.stack("start", dc, "consumer")
    for topic, reader in ((ASKS, "dc2"), (REPLIES, "dc1")):
        until(f"{topic} to be read from its beginning", 30, lambda reader=reader, topic=topic: position(stack, reader, topic) >= len(
            records(stack, topic)))
    assert {dc: stack.psql(dc, state) for dc in stack.dcs} == before
    rested(stack, books)
