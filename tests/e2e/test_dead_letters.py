"""Dead letters: looked into, replayed, parked, by one operator or by two; and that a replay changes nothing that is done."""
import base64
import json
import random
import re
import signal
import struct
import subprocess
import time

import pytest

from geobill_stack import until
from kafka_records import packed, topic_records

KINDS = ("payin", "reserve", "reserve-reply", "ledger")


@pytest.fixture(scope="module")
def operators(stack):
    """Two operators and one who may only write, each with a token of their own, known at all datacenters."""
    made = {}
    for name, role in (("night", "operate"), ("second", "operate"), ("writer", "write")):
        made[name] = stack.cli_json("dc1", "client", "add", f"{name}-{time.time_ns()}", "--role", role)["token"]
    for dc in stack.dcs:
        for name in ("night", "second"):
            until(f"{name} at {dc}", 20, lambda: stack.api(dc, made[name]).get("/v1/proposals").status == 200)
    return made


@pytest.fixture
def night(stack, operators):
    return stack.api("dc1", operators["night"])


@pytest.fixture
def second(stack, operators):
    return stack.api("dc1", operators["second"])


def quoted(text):
    return "'" + text.replace("'", "''") + "'"


def bury(stack, kcat, account, count=1, topic="geobill.dc1.payin.v1", word="poison"):
    """Dead letters of `account` at dc1: their ids, rising."""
    for i in range(count):
        kcat(stack.kafka("dc1"), topic, account.encode(), f"{word} {i} {account}".encode())
    query = f"SELECT id FROM dead_letter WHERE record_key = convert_to({quoted(account)}, 'UTF8') AND state = 1 ORDER BY id"
    until(f"{count} dead letters", 20, lambda: len(stack.psql("dc1", query)) >= count)
    return [int(row[0]) for row in stack.psql("dc1", query)]


def propose(api, key, **body):
    return api.call("POST", "/v1/proposals", {"reason": "a test", **body}, {"Idempotency-Key": key})


def decide(api, proposal_id, action, reason="seen"):
    body = {"action": action}
    if action in ("APPROVE", "REFUSE"):
        body["reason"] = reason
    return api.call("PATCH", f"/v1/proposals/{proposal_id}", body)


def done(api, proposal_id, state="DONE", deadline_s=20):
    until(f"{proposal_id} {state}", deadline_s, lambda: api.get(f"/v1/proposals/{proposal_id}").json["state"] == state)
    return api.get(f"/v1/proposals/{proposal_id}").json


def letter(api, number):
    answer = api.get(f"/v1/dead-letters/{number}")
    assert answer.status == 200, answer
    return answer.json


def test_looked_into(stack, kcat, account, night):
    (number,) = bury(stack, kcat, account)
    listed = night.get(f"/v1/dead-letters?account_id={account}&code=HEADER_INVALID").json["data"]
    assert [one["dead_letter_id"] for one in listed] == [number]
    shown = letter(night, number)
    assert shown["state"] == "OPEN" and shown["attempts"] == 1 and shown["replayable"] is True
    assert "header" in shown["reason"] and "Park" in shown["advice"]
    assert base64.b64decode(shown["value_base64"]) == f"poison 0 {account}".encode()
    assert "body_problem" in shown and shown["topic"] == "geobill.dc1.payin.v1" and shown["key"] == account
    counts = night.get(f"/v1/dead-letters/counts?account_id={account}").json["data"]
    assert [(one["code"], one["letters"]) for one in counts] == [("HEADER_INVALID", 1)]
    future = "2999-01-01T00:00:00Z"
    assert night.get(f"/v1/dead-letters?account_id={account}&failed_from={future}").json["data"] == []
    assert len(night.get(f"/v1/dead-letters?account_id={account}&failed_to={future}").json["data"]) == 1


def records_of(stack, topic, key=None):
    """The records of a topic; with a key, those of it."""
    return [one for one in topic_records(stack.kafka(topic.split(".")[1]), topic) if key in (None, one["key"])]


def test_a_message_of_ours_is_shown_decoded_with_its_headers(stack, account, night, other_account):
    """What the ledger topic carries, as a dead letter."""
    assert stack.api("dc1").payin(f"dc1:decoded-{account}", account, 1, wait=10).status == 200
    record = until("the entry in its topic", 20, lambda: records_of(stack, "geobill.dc1.ledger.v1", account))[0]
    insert_letters(stack, "dc1", [record], "REPLICA_CONFLICT")
    (row,) = stack.psql("dc1", f"SELECT id FROM dead_letter WHERE record_key = convert_to({quoted(account)}, 'UTF8')")
    shown = letter(night, row[0])
    assert shown["body"]["account_id"] == account and shown["type"].startswith("geobill.")
    assert {"ce_id", "ce_type"} <= {header["name"] for header in shown["headers"]}
    stack.psql("dc1", f"DELETE FROM dead_letter WHERE id = {row[0]}", user="geobill")


def test_a_second_failure_is_the_same_letter_with_its_count_raised(stack, kcat, account, night):
    numbers = bury(stack, kcat, account, 3)
    dry = propose(night, f"dry-{account}", kind="REPLAY", account_id=account)
    assert dry.status == 200 and dry.json["letters"] == 3 and dry.json["execute"] is False and dry.json["four_eyes"] is False
    time.sleep(0.7)  # longer than a round of the sweeper: a dry run must not have begun anything
    assert [letter(night, number)["attempts"] for number in numbers] == [1, 1, 1]
    answer = propose(night, f"run-{account}", kind="REPLAY", account_id=account, execute=True)
    assert answer.status == 201 and answer.json["state"] == "RUNNING", answer
    again = propose(night, f"run-{account}", kind="REPLAY", account_id=account, execute=True)
    assert again.status == 201 and again.json["proposal_id"] == answer.json["proposal_id"]
    other = propose(night, f"run-{account}", kind="REPLAY", account_id="another", execute=True)
    assert other.status == 422 and other.json["field"] == "account_id"
    ended = done(night, answer.json["proposal_id"])
    assert ended["moved"] == 3 and ended["letters"] == 3 and ended["reason"] == "a test"
    until("the second failures", 20, lambda: all(letter(night, number)["attempts"] == 2 for number in numbers))
    for number in numbers:
        shown = letter(night, number)
        assert shown["state"] == "OPEN" and shown["first_failed_at"] < shown["last_failed_at"]
    total = f"SELECT count(*) FROM dead_letter WHERE record_key = convert_to({quoted(account)}, 'UTF8')"
    assert stack.psql("dc1", total) == [["3"]]


def test_other_programs_letters_are_read_and_go_back_to_their_topic(stack, kcat, account, night):
    """What Kafka Connect and Spring Kafka could not process, as they write it."""
    assert stack.api("dc1").payin(f"dc1:foreign-{account}", account, 1, wait=10).status == 200
    record = until("the entry in its topic", 20, lambda: records_of(stack, "geobill.dc1.ledger.v1", account))[0]
    own = [(name.decode(), value.decode()) for name, value in record["headers"]]
    connect = [("__connect.errors.topic", record["topic"]), ("__connect.errors.partition", str(record["partition"])),
               ("__connect.errors.offset", str(record["offset"])), ("__connect.errors.connector.name", "warehouse"),
               ("__connect.errors.exception.class.name", "org.apache.kafka.connect.errors.DataException"),
               ("__connect.errors.exception.message", "no such column")]
    for _ in range(2):  # the second is a repeat of the first
        kcat(stack.kafka("dc1"), "geobill.dc1.dlq.v1", account.encode(), record["value"], own + connect)
    spring = [("kafka_dlt-original-topic", "geobill.dc1.payin.v1"), ("kafka_dlt-original-partition", "\x01" * 4),
              ("kafka_dlt-original-offset", "\x01" * 8), ("kafka_dlt-original-consumer-group", "reports"),
              ("kafka_dlt-exception-fqcn", "java.lang.IllegalStateException"), ("kafka_dlt-exception-message", "closed")]
    kcat(stack.kafka("dc1"), "geobill.dc1.dlq.v1", account.encode(), b"of spring", spring)
    query = f"/v1/dead-letters?account_id={account}&code=FOREIGN_FAILURE"
    until("both letters", 20, lambda: len(night.get(query).json["data"]) == 2)
    first, second = (letter(night, one["dead_letter_id"]) for one in night.get(query).json["data"])
    assert (first["topic"], first["partition"], first["offset"]) == (record["topic"], record["partition"], record["offset"])
    assert first["stage"] == "connect warehouse" and first["message"].endswith("DataException: no such column")
    assert first["attempts"] == 1 and first["replayable"] is True and first["body"]["account_id"] == account
    assert not [one for one in first["headers"] if one["name"].startswith("__connect")]
    assert second["topic"] == "geobill.dc1.payin.v1" and second["partition"] == 0x01010101 and second["stage"] == "spring reports"
    replay = propose(night, f"foreign-{account}", kind="REPLAY", ids=[first["dead_letter_id"]], execute=True)
    assert done(night, replay.json["proposal_id"])["moved"] == 1

    def copies():
        return [one for one in records_of(stack, record["topic"], account) if one["value"] == record["value"]]
    until("it is back in its topic", 20, lambda: len(copies()) == 2)
    assert copies()[0]["headers"] == copies()[1]["headers"]
    assert letter(night, first["dead_letter_id"])["state"] == "REPLAYED"
    stack.balance_everywhere(account, 1)


def test_parking_takes_two(stack, kcat, account, night, second, operators):
    numbers = bury(stack, kcat, account, 2)
    answer = propose(night, f"park-{account}", kind="PARK", ids=numbers, execute=True)
    assert answer.status == 202 and answer.json["state"] == "PROPOSED" and answer.json["four_eyes"] is True
    number = answer.json["proposal_id"]
    assert decide(night, number, "APPROVE").code == "OWN_PROPOSAL"
    assert decide(night, number, "STOP").code == "PROPOSAL_STATE"
    writer = stack.api("dc1", operators["writer"])
    assert decide(writer, number, "APPROVE").code == "FORBIDDEN"
    assert all(letter(night, one)["state"] == "OPEN" for one in numbers)
    assert decide(second, number, "APPROVE", "they are garbage").status == 200
    ended = done(night, number)
    assert ended["decision_reason"] == "they are garbage" and ended["decided_by"].startswith("second")
    assert ended["proposed_by"].startswith("night") and ended["moved"] == 2
    assert all(letter(night, one)["state"] == "PARKED" for one in numbers)
    assert decide(second, number, "APPROVE").status == 200  # a repeat changes nothing
    assert decide(second, number, "REFUSE").code == "PROPOSAL_STATE"
    # Parked is parked, also when it comes again; a replay does not take it.
    assert propose(night, f"no-{account}", kind="REPLAY", account_id=account).code == "NOTHING_SELECTED"
    kcat(stack.kafka("dc1"), "geobill.dc1.payin.v1", account.encode(), f"poison 0 {account}".encode())
    until("it came again", 20, lambda: letter(night, numbers[0])["attempts"] == 2)
    assert letter(night, numbers[0])["state"] == "PARKED"
    opened = propose(night, f"unpark-{account}", kind="UNPARK", ids=numbers[:1], execute=True)
    assert opened.status == 201, opened
    done(night, opened.json["proposal_id"])
    assert [letter(night, one)["state"] for one in numbers] == ["OPEN", "PARKED"]


def test_refused_and_expired_proposals_change_nothing(stack, kcat, account, night, second):
    (number,) = bury(stack, kcat, account)
    refused = propose(night, f"refuse-{account}", kind="PARK", ids=[number], execute=True).json["proposal_id"]
    assert decide(second, refused, "REFUSE", "not yet").json["state"] == "REFUSED"
    assert decide(second, refused, "APPROVE").code == "PROPOSAL_STATE"
    expired = propose(night, f"expire-{account}", kind="PARK", ids=[number], execute=True).json["proposal_id"]
    stack.psql("dc1", f"UPDATE proposal SET expires_at_us = proposed_at_us WHERE proposal_id = '{expired}'", user="geobill")
    late = decide(second, expired, "APPROVE")
    assert late.status == 409 and late.code == "PROPOSAL_EXPIRED"
    assert night.get(f"/v1/proposals/{expired}").json["state"] == "EXPIRED"
    assert expired in [one["proposal_id"] for one in night.get("/v1/proposals?state=EXPIRED").json["data"]]
    assert letter(night, number)["state"] == "OPEN"


def test_bad_input_names_what_and_changes_nothing(stack, kcat, account, night, operators):
    (number,) = bury(stack, kcat, account)
    for path in ("/v1/dead-letters/999999999", "/v1/dead-letters/word"):
        assert night.get(path).code == "DEAD_LETTER_NOT_FOUND"
    for path in ("/v1/proposals/0198c2a1-0000-7000-8000-000000000000", "/v1/proposals/word"):
        assert night.get(path).code == "PROPOSAL_NOT_FOUND"
        assert decide(night, path.rsplit("/", 1)[1], "STOP").code == "PROPOSAL_NOT_FOUND"
    before = stack.psql("dc1", "SELECT count(*) FROM proposal")
    for body, code, field in (
            ({"kind": "REPLAY", "ids": [number, 999999999]}, "DEAD_LETTER_NOT_FOUND", "ids"),
            ({"kind": "REPLAY", "ids": [number, number]}, "FIELD_INVALID", "ids"),
            ({"kind": "REPLAY", "ids": ["1"]}, "FIELD_INVALID", "ids"),
            ({"kind": "REPLAY", "ids": []}, "FIELD_INVALID", "ids"),
            ({"kind": "REPLAY", "code": "NO_SUCH_CODE"}, "NOTHING_SELECTED", None),
            ({"kind": "UNPARK", "ids": [number]}, "DEAD_LETTER_NOT_FOUND", "ids"),
            ({"kind": "EDIT", "ids": [number]}, "FIELD_INVALID", "kind"),
            ({"kind": "REPLAY", "window": "24:00-01:00"}, "FIELD_INVALID", "window"),
            ({"kind": "REPLAY", "window": "01:00-01:00"}, "FIELD_INVALID", "window"),
            ({"kind": "REPLAY", "rate_per_s": 0}, "FIELD_INVALID", "rate_per_s"),
            ({"kind": "PARK", "rate_per_s": 1}, "FIELD_INVALID", "rate_per_s"),
            ({"kind": "REPLAY", "failed_from": "yesterday"}, "FIELD_INVALID", "failed_from"),
            ({"kind": "REPLAY", "state": "PARKED"}, "FIELD_INVALID", "state"),
            ({"kind": "REPLAY", "colour": "red"}, "FIELD_UNKNOWN", "colour"),
            ({"kind": "REPLAY", "reason": "two\nlines"}, "FIELD_INVALID", "reason")):
        for execute in (False, True):
            answer = propose(night, f"bad-{account}", execute=execute, **body)
            assert answer.code == code and (field is None or answer.json["field"] == field), (body, answer)
    why = night.call("POST", "/v1/proposals", {"kind": "REPLAY", "ids": [number], "execute": True}, {"Idempotency-Key": "x"})
    assert why.code == "FIELD_MISSING" and why.json["field"] == "reason"
    for query in ("state=LOST", "failed_to=now", "limit=0", "colour=red"):
        assert night.get(f"/v1/dead-letters?{query}").code == "QUERY_INVALID"
    assert night.get("/v1/proposals?state=LOST").code == "QUERY_INVALID"
    assert stack.api("dc1", operators["writer"]).get("/v1/dead-letters").code == "FORBIDDEN"
    assert stack.psql("dc1", "SELECT count(*) FROM proposal") == before
    assert letter(night, number)["attempts"] == 1


def test_one_replay_at_a_time_stopped_and_gone_on(stack, kcat, account, night, second):
    numbers = bury(stack, kcat, account, 4)
    slow = propose(night, f"slow-{account}", kind="REPLAY", account_id=account, rate_per_s=1, execute=True)
    assert slow.status == 201, slow
    number = slow.json["proposal_id"]
    other = propose(second, f"other-{account}", kind="REPLAY", ids=numbers[:1], execute=True)
    assert other.status == 409 and other.code == "REPLAY_RUNNING"
    assert decide(second, number, "STOP").json["state"] == "STOPPED"
    moved = night.get(f"/v1/proposals/{number}").json["moved"]
    assert moved < 4
    time.sleep(1.2)  # longer than the next would take at this rate
    assert night.get(f"/v1/proposals/{number}").json["moved"] == moved
    assert decide(night, number, "RESUME").json["state"] == "RUNNING"
    ended = done(night, number)
    assert ended["moved"] == 4 and ended["changed_by"].startswith("night")
    until("each replayed once", 20, lambda: [letter(night, one)["attempts"] for one in numbers] == [2] * 4)


def test_outside_of_its_window_it_waits(stack, kcat, account, night):
    (number,) = bury(stack, kcat, account)
    later = time.gmtime(time.time() + 3600), time.gmtime(time.time() + 7200)
    window = "-".join(time.strftime("%H:%M", at) for at in later)
    answer = propose(night, f"window-{account}", kind="REPLAY", ids=[number], window=window, execute=True)
    assert answer.status == 201 and answer.json["window"] == window
    proposal = answer.json["proposal_id"]
    time.sleep(1.2)  # two rounds of the sweeper
    assert night.get(f"/v1/proposals/{proposal}").json["state"] == "RUNNING" and letter(night, number)["attempts"] == 1
    now = time.gmtime(time.time() - 60), time.gmtime(time.time() + 3600)
    minutes = [at.tm_hour * 60 + at.tm_min for at in now]
    stack.psql("dc1", f"UPDATE proposal SET window_from = {minutes[0]}, window_to = {minutes[1]} "
                      f"WHERE proposal_id = '{proposal}'", user="geobill")
    done(night, proposal)


def test_the_tool_does_all_of_it(stack, kcat, account, operators, tmp_path):
    numbers = bury(stack, kcat, account, 3)
    files = {}
    for name in ("night", "second"):
        files[name] = tmp_path / name
        files[name].write_text(operators[name])

    def tool(name, *words, check=True):
        return stack.cli("dc1", "--token-file", str(files[name]), *words, check=check)

    listed = json.loads(tool("night", "--output", "json", "dlq", "list", "--account", account, "--newer-than", "1h").stdout)
    assert [one["dead_letter_id"] for one in listed] == numbers
    assert "HEADER_INVALID" in tool("night", "dlq", "list", "--counts").stdout
    shown = tool("night", "dlq", "show", str(numbers[0])).stdout
    assert "what was wrong" in shown and "what to do" in shown and "how often tried  1" in shown
    lines = [json.loads(line) for line in tool("night", "dlq", "export", "--account", account).stdout.splitlines()]
    assert [line["dead_letter_id"] for line in lines] == numbers
    assert tool("night", "dlq", "list", "--older-than", "1h", "--to", "2026-01-01T00:00:00Z", check=False).returncode == 2
    assert tool("night", "dlq", "show", "999999999", check=False).returncode == 1
    assert "nothing: --execute does it" in tool("night", "dlq", "replay", "--account", account).stdout
    assert tool("night", "dlq", "replay", "--account", account, "--execute", check=False).returncode == 2
    ended = json.loads(tool("night", "--output", "json", "dlq", "replay", "--id", ",".join(map(str, numbers)), "--rate", "100",
                            "--execute", "--reason", "again").stdout)
    assert ended["state"] == "DONE" and ended["moved"] == 3
    until("back", 20, lambda: "how often tried  2" in tool("night", "dlq", "show", str(numbers[2])).stdout)
    parked = json.loads(tool("night", "--output", "json", "dlq", "park", "--account", account, "--execute", "--reason", "junk").stdout)
    assert parked["state"] == "PROPOSED"
    assert parked["proposal_id"] in tool("second", "approve", "list").stdout
    assert tool("night", "approve", "give", parked["proposal_id"], "--reason", "mine", check=False).returncode == 1
    tool("second", "approve", "give", parked["proposal_id"], "--reason", "yes")
    until("parked", 20, lambda: json.loads(tool("night", "--output", "json", "approve", "show", parked["proposal_id"]).stdout)
          ["state"] == "DONE")
    tool("night", "dlq", "unpark", "--account", account, "--execute", "--reason", "no junk")
    wish = json.loads(tool("night", "--output", "json", "dlq", "park", "--id", str(numbers[0]), "--execute", "--reason", "x").stdout)
    tool("second", "approve", "refuse", wish["proposal_id"], "--reason", "no")


def test_ctrl_c_stops_a_replay_and_it_can_go_on(stack, kcat, account, operators, night, tmp_path):
    numbers = bury(stack, kcat, account, 4)
    token = tmp_path / "night"
    token.write_text(operators["night"])
    line = [str(stack.bin / "geobill"), "--config", str(stack.config("dc1")), "--token-file", str(token), "dlq", "replay"]
    begun = subprocess.Popen([*line, "--account", account, "--rate", "1", "--execute", "--reason", "slowly"], text=True,
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL)
    running = f"SELECT proposal_id FROM proposal WHERE account_id = '{account}' AND state = 2 AND moved > 0"
    until("the first to have moved", 20, lambda: stack.psql("dc1", running))
    begun.send_signal(signal.SIGINT)
    _, said = begun.communicate(timeout=20)
    assert begun.returncode == 1 and "--resume" in said, said
    proposal = re.search(r"--resume (\S+)", said).group(1)
    stopped = night.get(f"/v1/proposals/{proposal}").json
    assert stopped["state"] == "STOPPED" and 0 < stopped["moved"] < 4
    # At one a second: what had not moved has not been replayed.
    assert [letter(night, one)["state"] for one in numbers].count("OPEN") >= 4 - stopped["moved"]
    assert subprocess.run([*line, "--resume", proposal], timeout=30, stdin=subprocess.DEVNULL, check=False,
                          capture_output=True).returncode == 0
    assert night.get(f"/v1/proposals/{proposal}").json["moved"] == 4
    until("each replayed once", 20, lambda: [letter(night, one)["attempts"] for one in numbers] == [2] * 4)


# --- a whole topic, shuffled ---


def insert_letters(stack, dc, records, code="TEST"):
    """The records as dead letters of `dc`, in this order; each content once."""
    for some in (records[i:i + 50] for i in range(0, len(records), 50)):
        insert_some(stack, dc, some, code)


def insert_some(stack, dc, records, code):
    rows = ",".join(
        f"(sha256(decode('{packed_hex(record)}', 'hex')), '{record['topic']}', {record['partition']}, {record['offset']}, "
        f"'\\x{record['key'].encode().hex()}', '\\x{record['value'].hex()}', '\\x{packed(record['headers']).hex()}', "
        f"{record['timestamp']}, 'apply', '{code}', 'made by a test', 1, 1)" for record in records)
    stack.psql(dc, "INSERT INTO dead_letter (digest, topic, partition, record_offset, record_key, record_value, record_headers, "
                   "record_timestamp_ms, stage, code, message, first_failed_at_us, last_failed_at_us) VALUES " + rows +
                   " ON CONFLICT (digest) DO NOTHING", user="geobill")


def packed_hex(record):
    """What the digest of a dead letter is made of: topic, key and value, each after its length."""
    parts = (record["topic"].encode(), record["key"].encode(), record["value"])
    return b"".join(struct.pack(">Q", len(part)) + part for part in parts).hex()


def test_a_shuffled_replay_of_whole_topics_changes_nothing(stack, spread, account, other_account, night, second):
    """Everything that was ever sent to dc1, and its own ledger, through again in any order: applied already, so nothing moves."""
    spread(700, 600, 500)
    for i in range(20):
        assert stack.api("dc1").payin(f"dc1:more-{account}-{i}", account, 10 + i, wait=10).status == 200
    for dc, amount in (("dc1", 1200), ("dc2", 800)):  # more than each had: it asked, and was granted
        answer = stack.api(dc).payout(f"{dc}:out-{account}", account, amount, deadline_ms=10000, wait=12)
        assert answer.status == 200, answer
    stack.verify_at_rest()

    # Open holds of other tests may expire meanwhile: those accounts move by themselves.
    moving = ",".join(sorted({row[0] for dc in stack.dcs for row in stack.psql(dc, "SELECT account_no FROM open_hold")}) or ["0"])

    def books():
        return [(dc, stack.psql(dc, "SELECT account_no, balance, held, version, credits_total, debits_total, out_total, in_total "
                                    f"FROM share WHERE account_no NOT IN ({moving}) ORDER BY account_no"),
                 stack.psql(dc, f"SELECT account_no, version, kind, amount FROM ledger WHERE account_no NOT IN ({moving}) ORDER BY 1, 2"),
                 stack.psql(dc, f"SELECT dc, account_no, version FROM replicated_ledger WHERE account_no NOT IN ({moving}) "
                                "ORDER BY 1, 2, 3"),
                 stack.psql(dc, "SELECT client_no, key, state, reason FROM operation ORDER BY 1, 2"))
                for dc in stack.dcs]

    before = books()
    records = [record for kind in KINDS for record in records_of(stack, f"geobill.dc1.{kind}.v1")
               if b"ce_id" in dict(record["headers"])]
    theirs = records_of(stack, "geobill.dc2.ledger.v1")
    ledger = len(theirs)
    records += [record for record in theirs if b"ce_id" in dict(record["headers"])]
    assert {record["topic"] for record in records} == {f"geobill.dc1.{kind}.v1" for kind in KINDS} | {"geobill.dc2.ledger.v1"}
    random.Random(6).shuffle(records)
    insert_letters(stack, "dc1", records, "SHUFFLED")
    letters = int(stack.psql("dc1", "SELECT count(*) FROM dead_letter WHERE code = 'SHUFFLED'")[0][0])
    answer = propose(night, f"shuffle-{account}", kind="REPLAY", code="SHUFFLED", rate_per_s=20000, execute=True)
    if answer.status == 202:
        assert letters > 100 and decide(second, answer.json["proposal_id"], "APPROVE").status == 200
    ended = done(night, answer.json["proposal_id"], deadline_s=60)
    assert ended["moved"] == letters
    stack.verify_at_rest()
    assert stack.psql("dc1", "SELECT code, message FROM dead_letter WHERE code = 'SHUFFLED' AND state <> 2") == []
    moved = [(dc, sorted(set(map(tuple, now)) ^ set(map(tuple, then))))
             for (dc, *old), (_, *new) in zip(before, books()) for then, now in zip(old, new) if now != then]
    assert not moved, moved
    sent = {packed_hex(record) for record in records if record["topic"] == "geobill.dc2.ledger.v1"}
    assert len(records_of(stack, "geobill.dc2.ledger.v1")) == ledger + len(sent)


def test_nothing_is_left_over(stack):
    stack.verify_at_rest()
