"""10,000 pay-ins over three datacenters, a third of them repeats, while every daemon, a PostgreSQL and the broker are
killed; then every topic is read again from offset 0. Nothing may be lost, doubled or contradicted."""
import os
import random
import time

from findings import Findings
from geobill_journal import Journal, Load, check_against_journal
from geobill_stack import until

COUNT = int(os.environ.get("GEOBILL_TEST_PAYINS", "10000"))


def open_accounts(stack, prefix, count):
    accounts = [f"{prefix}-{number}" for number in range(count)]
    for account in accounts:
        answer = stack.api("dc1").open_account(account, account_id=account)
        assert answer.status == 201, answer
    return accounts


def kill_and_wait(stack, dc, part):
    """SIGKILL; the fault must have fired: another process is there afterwards."""
    before = stack.pid(dc, part)
    stack.stack("kill", dc, part)
    until(f"a new {part} at {dc}", 30, lambda: stack.pid(dc, part) != before)


def test_kills_under_load_lose_and_double_nothing(stack, unique, tmp_path):
    seed = int(os.environ.get("GEOBILL_TEST_SEED", random.randrange(10**9)))
    print(f"GEOBILL_TEST_SEED={seed}")
    accounts = open_accounts(stack, f"kill-{unique}", 40)
    journal = Journal(tmp_path / "journal")
    victims = [(dc, part) for part in ("publisher", "consumer", "projector", "api") for dc in stack.dcs]
    victims += [("dc2", "postgres"), ("dc1", "kafka")]
    load = Load(stack, journal, accounts, COUNT, seed)
    step = COUNT // (len(victims) + 1)
    findings = Findings("e2e_faults_long", "Kills under load",
                        f"{COUNT} pay-ins over three datacenters, a third of them repeats, seed {seed}; every daemon, a PostgreSQL "
                        "and the broker are killed by SIGKILL one after another, between two kills the load goes on. Afterwards "
                        "every account has the clients' own sum at every datacenter, and `geobill verify --at-rest` is clean.",
                        ("killed", "after pay-ins", "seconds until its successor ran"))
    load.hold(step)
    load.start()
    for number, (dc, part) in enumerate(victims):
        goal = step * number + step // 2
        until(f"{goal} pay-ins", 120, lambda: load.done >= goal or load.errors)
        load.hold(step * (number + 2))  # a step and a half is still to come while this one is killed
        done, begun = load.done, time.monotonic()
        kill_and_wait(stack, dc, part)
        findings.row(f"{part} of {dc}", done, time.monotonic() - begun)
        assert load.done < COUNT, "the fault came after the load"
    load.hold(COUNT)
    load.join()
    begun = time.monotonic()
    check_against_journal(stack, journal, accounts)
    stack.verify_at_rest()
    findings.row("nothing more: compared, and at rest", load.done, time.monotonic() - begun)


def test_every_topic_read_again_from_offset_0_changes_nothing(stack, unique, tmp_path):
    accounts = open_accounts(stack, f"again-{unique}", 10)
    journal = Journal(tmp_path / "journal")
    load = Load(stack, journal, accounts, 600, 7, prefix=unique).start()
    load.join()
    check_against_journal(stack, journal, accounts)
    stack.verify_at_rest()
    before = {dc: stack.psql(dc, "SELECT (SELECT count(*) FROM ledger), (SELECT sum(version) FROM share), "
                                 "(SELECT count(*) FROM replicated_ledger), (SELECT count(*) FROM operation)")
              for dc in stack.dcs}
    for dc in stack.dcs:
        for part in ("consumer", "projector"):
            stack.stack("stop", dc, part)
    ends = {dc: stack.psql(dc, "SELECT topic, partition, next_offset FROM position WHERE next_offset > 0")
            for dc in stack.dcs}
    for dc in stack.dcs:
        stack.psql(dc, "UPDATE position SET next_offset = 0", user="geobill_consumer")
        for part in ("consumer", "projector"):
            stack.stack("start", dc, part)
    for dc in stack.dcs:
        for topic, partition, offset in ends[dc]:
            until(f"{topic}/{partition} read again at {dc}", 60, lambda: int(stack.psql(
                dc, f"SELECT next_offset FROM position WHERE topic = '{topic}' AND partition = {partition}")[0][0])
                >= int(offset))
    stack.verify_at_rest()
    check_against_journal(stack, journal, accounts)
    for dc in stack.dcs:
        assert stack.psql(dc, "SELECT (SELECT count(*) FROM ledger), (SELECT sum(version) FROM share), "
                              "(SELECT count(*) FROM replicated_ledger), (SELECT count(*) FROM operation)") == before[dc]


def test_publisher_stopped_then_started_sends_what_was_missed(stack, account):
    stack.stack("stop", "dc2", "publisher")
    for number in range(20):
        assert stack.api("dc2").payin(f"dc2:late-{number}-{account}", account, 1).status == 202
    stack.stack("start", "dc2", "publisher")
    stack.balance_everywhere(account, 20)


def test_database_away_is_no_poison(stack, account):
    letters = "SELECT count(*) FROM dead_letter"
    before = stack.psql("dc1", letters)
    assert stack.api("dc1").payin(f"dc1:one-{account}", account, 1, wait=10).status == 200
    stack.stack("stop", "dc1", "postgres")
    refused = stack.api("dc1").payin(f"dc1:away-{account}", account, 1)
    assert refused.status == 503 and refused.json["retryable"] is True, refused
    assert stack.api("dc2").payin(f"dc2:meanwhile-{account}", account, 1, wait=10).status == 200
    stack.stack("start", "dc1", "postgres")
    until("dc1 to be ready again", 30, lambda: stack.ready("dc1"))
    assert stack.api("dc1").payin(f"dc1:away-{account}", account, 1).status == 202
    stack.balance_everywhere(account, 3)
    assert stack.psql("dc1", letters) == before


def test_frozen_consumer_is_fenced_or_goes_on(stack, account):
    stack.stack("pause", "dc1", "consumer")
    for number in range(5):
        assert stack.api("dc1").payin(f"dc1:frozen-{number}-{account}", account, 1).status == 202
    stack.stack("resume", "dc1", "consumer")
    stack.balance_everywhere(account, 5)
