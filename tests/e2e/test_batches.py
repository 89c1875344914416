"""Batches as a client sees them: every command answers for itself, as it would alone, in order."""
import concurrent.futures
import http.client
import json
import os
import random
import socket
import subprocess

import pytest

from geobill_client import Api, money
from geobill_journal import Journal, check_against_journal, recorded
from geobill_stack import until

MAX = 1000


def command(kind, key, account=None, amount=None, **more):
    body = {"kind": kind, "key": key, **more}
    if account is not None:
        body["account_id"] = account
    if amount is not None:
        body["amount"] = money(amount)
    return body


def payout(key, account, amount, **more):
    return command("PAYOUT", key, account, amount, **more)


def answers(answer):
    """One a command, in order."""
    assert answer.status == 200, answer
    items = answer.json["answers"]
    assert [item["index"] for item in items] == list(range(len(items)))
    return items


def says(item):
    return item["status"], item["body"].get("state") or item["body"].get("code"), item["body"].get("field")


def kinds(stack, dc, account):
    return [(entry["kind"], entry["amount"]["minor_units"]) for entry in stack.api(dc).pages(f"/v1/accounts/{account}/entries")]


def test_all_kinds_in_one_batch_each_as_alone(stack, spread, other_account):
    payer, api = spread(1000, 0, 0), stack.api("dc1")
    first, second = (api.place_hold(f"dc1:h{n}-{payer}", payer, 100).json["hold_id"] for n in (1, 2))
    commands = [
        command("PAYIN", f"dc1:in-{payer}", payer, 50, reference="salary"),
        payout(f"dc1:out-{payer}", payer, 100, metadata={"b": 1, "a": {"c": [2]}}),
        command("TRANSFER", f"dc1:move-{payer}", payer, 200, payee_account_id=other_account),
        command("HOLD", f"dc1:hold-{payer}", payer, 300, expires_in_s=60),
        command("CAPTURE", f"dc1:cap-{payer}", hold_id=first, amount=60),
        command("VOID", f"dc1:void-{payer}", hold_id=second),
        payout(f"dc1:much-{payer}", payer, 10 ** 6, deadline_ms=0),
    ]
    items = answers(api.batch(commands))
    assert [says(item)[:2] for item in items] == [
        (202, "ACCEPTED"), (200, "PAID"), (200, "PAID"), (200, "HELD"), (200, "PAID"), (200, "RELEASED"),
        (409, "FUNDS_UNREACHABLE")]
    assert [item["key"] for item in items] == [c["key"] for c in commands]
    assert not any("replayed" in item for item in items)
    # Each body is what the command alone gets: the same key again, singly.
    alone = [
        api.payin(commands[0]["key"], payer, 50, reference="salary"),
        api.payout(commands[1]["key"], payer, 100, metadata={"a": {"c": [2]}, "b": 1}),
        api.transfer(commands[2]["key"], payer, other_account, 200),
        api.place_hold(commands[3]["key"], payer, 300, expires_in_s=60),
        api.capture(commands[4]["key"], first, 60),
        api.void(commands[5]["key"], second),
        api.payout(commands[6]["key"], payer, 10 ** 6, deadline_ms=0),
    ]
    for item, answer in zip(items, alone):
        assert (item["status"], item["body"]) == (answer.status, answer.json)
        assert answer.headers["idempotent-replayed"] == "true"
    # And the batch again.
    again = answers(api.batch(commands))
    assert all(item.pop("replayed") for item in again)
    assert again == items
    stack.balance_everywhere(payer, 1050 - 100 - 200 - 60)
    stack.balance_everywhere(other_account, 200)


def test_in_order_per_account(stack, spread, unique):
    """Each is decided after the ones before it: which are paid is known beforehand."""
    account, api = spread(1000, 0, 0), stack.api("dc1")
    amounts = [400, 700, 300, 200, 100, 350, 1]
    left, wanted = 1000, []
    for amount in amounts:
        paid = amount <= left
        wanted.append(200 if paid else 409)
        left -= amount if paid else 0
    commands = [payout(f"dc1:o{n}-{unique}", account, amount, deadline_ms=0) for n, amount in enumerate(amounts)]
    assert [item["status"] for item in answers(api.batch(commands))] == wanted
    paid = [amount for amount, status in zip(amounts, wanted) if status == 200]
    assert kinds(stack, "dc1", account) == [("PAYIN", 1000)] + [("PAYOUT", amount) for amount in paid]


def test_a_thousand_and_no_more(stack, spread, unique):
    account, api = spread(MAX, 0, 0), stack.api("dc1")
    commands = [payout(f"dc1:t{n}-{unique}", account, 1) for n in range(MAX + 1)]
    refused = api.batch(commands)
    assert (refused.status, refused.code, refused.json["field"]) == (422, "FIELD_INVALID", "commands")
    assert api.operation(commands[0]["key"]).status == 404
    assert {item["status"] for item in answers(api.batch(commands[:MAX]))} == {200}
    stack.balance_everywhere(account, 0)
    assert api.batch([]).status == 422


def test_what_is_wrong_with_one_is_its_answer(stack, spread, unique):
    account, api = spread(100, 0, 0), stack.api("dc1")
    good = f"dc1:good-{unique}"
    commands = [
        (payout(f"dc1:a-{unique}", account, 10, colour="red"), (422, "FIELD_UNKNOWN", "colour")),
        (payout(f"dc1:b-{unique}", account, 0), (422, "AMOUNT_INVALID", "amount.minor_units")),
        (command("PAYOUT", f"dc1:c-{unique}", account), (422, "FIELD_MISSING", "amount")),
        (command("GIFT", f"dc1:d-{unique}", account, 1), (422, "FIELD_INVALID", "kind")),
        ({"key": f"dc1:e-{unique}"}, (422, "FIELD_MISSING", "kind")),
        ({"kind": 7, "key": f"dc1:f-{unique}"}, (422, "FIELD_INVALID", "kind")),
        ({"kind": "PAYOUT"}, (400, "IDEMPOTENCY_KEY_MISSING", "key")),
        (payout(" x", account, 1), (400, "IDEMPOTENCY_KEY_INVALID", "key")),
        (payout(f"dc9:g-{unique}", account, 1), (400, "UNKNOWN_DATACENTER", None)),
        ("PAYOUT", (422, "FIELD_INVALID", None)),
        (payout(good, account, 10), (200, "PAID", None)),
        (payout(good, account, 10), (422, "FIELD_INVALID", "key")),
        (payout(f"dc2:far-{unique}", account, 1), (421, "WRONG_DATACENTER", None)),
        (payout(f"dc1:h-{unique}", f"none-{unique}", 1), (404, "ACCOUNT_NOT_FOUND", "account_id")),
        (payout(f"dc1:i-{unique}", account, 1, hold_id="x"), (422, "FIELD_UNKNOWN", "hold_id")),
        (command("VOID", f"dc1:j-{unique}"), (422, "FIELD_MISSING", "hold_id")),
        (command("VOID", f"dc1:k-{unique}", hold_id="x"), (404, "HOLD_NOT_FOUND", None)),
        (payout(f"dc1:l-{unique}", account, 10, key_="x"), (422, "FIELD_UNKNOWN", "key_")),
        ({**payout(f"dc1:m-{unique}", account, 1), "amount": money(1, "USD")}, (422, "CURRENCY_MISMATCH", "amount.currency")),
        (payout(f"dc1:n-{unique}", account, 5), (200, "PAID", None)),
    ]
    items = answers(api.batch([c for c, _ in commands]))
    assert [says(item) for item in items] == [wanted for _, wanted in commands]
    for (sent, (status, *_)), item in zip(commands, items):
        key = sent.get("key") if isinstance(sent, dict) else None
        assert item.get("key") == (key if key != " x" else None)
        if key not in (None, " x", good) and status != 200:
            assert api.operation(key).status in (404, 400), key
    stack.balance_everywhere(account, 85)


@pytest.mark.parametrize("raw, status, code, field", [
    (b"", 400, "JSON_INVALID", None),
    (b"[]", 400, "JSON_INVALID", None),
    (b'{"commands":[', 400, "JSON_INVALID", None),
    (b'{"commands":[{"kind":"VOID","kind":"VOID"}]}', 400, "JSON_INVALID", None),
    (b'{"commands":[' + b"[" * 9 + b"]" * 9 + b"]}", 400, "JSON_INVALID", None),
    (b'{"commands":' + b"[" * 200000, 400, "JSON_INVALID", None),
    (b"{}", 422, "FIELD_MISSING", "commands"),
    (b'{"commands":{}}', 422, "FIELD_INVALID", "commands"),
    (b'{"commands":[{}],"comands":1}', 422, "FIELD_UNKNOWN", "comands"),
])
def test_a_malformed_batch_is_refused_as_a_whole(stack, raw, status, code, field):
    answer = stack.api("dc1").call("POST", "/v1/batches", raw=raw)
    assert (answer.status, answer.code, answer.json.get("field")) == (status, code, field)


def test_a_body_above_the_bound_is_413_and_other_paths_keep_theirs(stack, account, unique):
    api = stack.api("dc1")
    long = {"commands": [payout(f"dc1:big-{unique}", account, 1, reference="x" * (2 << 20))]}
    answer = api.call("POST", "/v1/batches", raw=json.dumps(long).encode())
    assert (answer.status, answer.code) == (413, "BODY_TOO_LARGE")
    single = json.dumps({"account_id": account, "amount": money(1), "reference": "x" * 70000}).encode()
    answer = api.call("POST", "/v1/pay-outs", raw=single, headers={"Idempotency-Key": f"dc1:big-{unique}"})
    assert (answer.status, answer.code) == (413, "BODY_TOO_LARGE")


def test_metadata_may_be_as_deep_as_alone(stack, spread, unique):
    account, api = spread(10, 0, 0), stack.api("dc1")
    deep = {"a": {"a": {"a": {"a": {"a": {"a": {"a": 1}}}}}}}
    items = answers(api.batch([payout(f"dc1:deep-{unique}", account, 1, metadata=deep)]))
    alone = api.payout(f"dc1:deep-{unique}", account, 1, metadata=deep)
    assert (items[0]["status"], items[0]["body"]) == (alone.status, alone.json) and alone.status == 200


def test_pay_ins_for_other_owners_are_relayed(stack, account, unique):
    items = answers(stack.api("dc1").batch([
        command("PAYIN", f"dc2:r-{unique}", account, 5), command("PAYIN", f"dc1:r-{unique}", account, 6)], wait=20))
    assert [says(item)[:2] for item in items] == [(200, "BOOKED"), (200, "BOOKED")]
    assert items[0]["body"]["decided_by"] == "dc2"
    stack.balance_everywhere(account, 11)


def test_prefer_is_for_the_whole_batch(stack, spread, unique):
    """Money that lies elsewhere is fetched while the caller listens; who does not want to listen gets 202."""
    account, api = spread(10, 100, 0), stack.api("dc1")
    waiting = payout(f"dc1:p1-{unique}", account, 30, deadline_ms=60000)
    stack.stack("pause", "dc2", "consumer")
    try:
        asked = api.batch([waiting, payout(f"dc1:p2-{unique}", account, 10)], headers={"Prefer": "respond-async"})
        assert [says(item)[:2] for item in answers(asked)] == [(202, "WAITING"), (200, "PAID")]
        assert asked.headers["preference-applied"] == "respond-async"
    finally:
        stack.stack("resume", "dc2", "consumer")
    listened = api.batch([waiting, payout(f"dc1:p3-{unique}", account, 40)], wait=20)
    items = answers(listened)
    assert [says(item)[:2] for item in items] == [(200, "PAID"), (200, "PAID")] and items[0]["replayed"]
    assert listened.headers["preference-applied"] == "wait=20"
    stack.balance_everywhere(account, 30)


def test_a_batch_needs_the_role_write(stack, account, unique):
    token = stack.cli_json("dc1", "client", "add", f"batches-{unique}", "--role", "read")["token"]
    answer = stack.api("dc1", token).batch([payout(f"dc1:role-{unique}", account, 1)])
    assert (answer.status, answer.code) == (403, "FORBIDDEN")


def test_an_account_opened_a_moment_ago_is_known(stack, unique):
    """At a datacenter that has not heard of it yet, in order."""
    account, api = f"fresh-{unique}", stack.api("dc3")
    assert stack.api("dc1").open_account(f"Fresh {unique}", account_id=account).status == 201
    commands = [command("PAYIN", f"dc3:f-{unique}", account, 100)]
    commands += [payout(f"dc3:f{n}-{unique}", account, 10, deadline_ms=20000) for n in range(5)]
    assert [item["status"] for item in answers(api.batch(commands, wait=30))] == [200] * 6
    stack.balance_everywhere(account, 50)


# Atomic batches: all or none.

def atomic(api, commands, **more):
    return api.batch(commands, atomic=True, **more)


def tables(stack, dc="dc1"):
    """All that a command could change, once nothing moves any more."""
    seen = []

    def settled():
        seen.append(tables_now(stack, dc))
        return len(seen) > 1 and seen[-1] == seen[-2]
    until(f"{dc} to come to rest", 20, settled, pause_s=0.3)
    return seen[-1]


def tables_now(stack, dc):
    return {name: stack.psql(dc, f"SELECT count(*), md5(string_agg(t::text, '|' ORDER BY t::text)) FROM {name} t")
            for name in ("operation", "ledger", "share", "hold", "waiting", "outbox", "share_link")}


def test_atomic_does_all(stack, spread, other_account):
    payer, api = spread(1000, 0, 0), stack.api("dc1")
    hold = api.place_hold(f"dc1:h-{payer}", payer, 100).json["hold_id"]
    commands = [
        command("PAYIN", f"dc1:in-{payer}", other_account, 500, reference="r", metadata={"a": 1}),
        payout(f"dc1:out-{payer}", other_account, 300),
        command("TRANSFER", f"dc1:move-{payer}", payer, 900, payee_account_id=other_account),
        payout(f"dc1:out2-{payer}", other_account, 1100),
        command("CAPTURE", f"dc1:cap-{payer}", hold_id=hold, amount=40),
        command("HOLD", f"dc1:hold-{payer}", payer, 60),
    ]
    answer = atomic(api, commands)
    items = answers(answer)
    assert [says(item)[:2] for item in items] == [
        (200, "BOOKED"), (200, "PAID"), (200, "PAID"), (200, "PAID"), (200, "PAID"), (200, "HELD")]
    again = answers(atomic(api, commands))
    assert all(item.pop("replayed") for item in again) and again == items
    # A part of it, in another order; one of it; the same not atomic: the stored answers.
    part = answers(atomic(api, [commands[3], commands[1]]))
    assert [item["body"] for item in part] == [items[3]["body"], items[1]["body"]]
    single = api.payin(commands[0]["key"], other_account, 500, reference="r", metadata={"a": 1})
    assert (single.status, single.json) == (200, items[0]["body"])
    assert [item["body"] for item in answers(api.batch(commands))] == [item["body"] for item in items]
    stack.balance_everywhere(payer, 1000 - 900 - 40)
    stack.balance_everywhere(other_account, 0)


def test_atomic_does_nothing_when_one_is_refused(stack, spread, other_account):
    payer, api = spread(100, 50, 0), stack.api("dc1")
    commands = [
        command("PAYIN", f"dc1:in-{payer}", other_account, 7),
        payout(f"dc1:a-{payer}", payer, 60),
        command("TRANSFER", f"dc1:b-{payer}", payer, 50, payee_account_id=other_account),
        payout(f"dc1:c-{payer}", payer, 10),
    ]
    answer = atomic(api, commands)
    assert (answer.status, answer.code, answer.json["retryable"]) == (409, "BATCH_ABORTED", False)
    assert "commands[2]" in answer.json["detail"] and "FUNDS_UNREACHABLE" in answer.json["detail"]
    facts = answer.json["facts"]
    assert (facts["command"], facts["key"], facts["reason"]) == (2, commands[2]["key"], "FUNDS_UNREACHABLE")
    assert facts["known"]["available"] == 40
    again = atomic(api, commands)
    assert (again.status, again.raw) == (409, answer.raw) and again.headers["idempotent-replayed"] == "true"
    # Each of them, alone or in a batch: the stored answer; also once there is money.
    assert api.payin(f"dc1:more-{payer}", payer, 1000, wait=20).status == 200
    alone = [api.payin(commands[0]["key"], other_account, 7), api.payout(commands[1]["key"], payer, 60),
             api.transfer(commands[2]["key"], payer, other_account, 50), api.payout(commands[3]["key"], payer, 10)]
    for single in alone:
        assert (single.status, single.json) == (409, answer.json) and single.headers["idempotent-replayed"] == "true"
    assert [(i["status"], i["body"]) for i in answers(api.batch(commands))] == [(409, answer.json)] * 4
    assert api.operation(commands[0]["key"]).json["reason"] == "BATCH_ABORTED"
    stack.balance_everywhere(payer, 1150)
    stack.balance_everywhere(other_account, 0)


def test_atomic_keys_are_all_new_or_all_of_one_batch(stack, spread, unique):
    account, api = spread(100, 0, 0), stack.api("dc1")

    def pay(name, amount=1):
        return payout(f"dc1:{name}-{unique}", account, amount)

    assert api.payout(f"dc1:single-{unique}", account, 1).status == 200
    assert atomic(api, [pay("a"), pay("b")]).status == 200
    assert atomic(api, [pay("c"), pay("d")]).status == 200
    before = tables(stack)
    for commands, code, field in [
            ([pay("new"), pay("single")], "BATCH_KEY_USED", "commands[1].key"),
            ([pay("single"), pay("a")], "BATCH_KEY_USED", "commands[0].key"),
            ([pay("new"), pay("a")], "BATCH_KEY_USED", "commands[1].key"),
            ([pay("a"), pay("c")], "BATCH_KEY_USED", "commands[0].key"),
            ([pay("a"), pay("b", 2)], "IDEMPOTENCY_MISMATCH", "commands[1].amount"),
            ([pay("new", 1000), pay("single")], "BATCH_KEY_USED", "commands[1].key")]:
        answer = atomic(api, commands)
        assert (answer.code, answer.json["field"]) == (code, field), answer
    assert api.operation(f"dc1:new-{unique}").status == 404
    assert tables(stack) == before
    stack.balance_everywhere(account, 95)


def test_atomic_with_a_wrong_command_changes_nothing(stack, spread, unique):
    account, api = spread(100, 0, 0), stack.api("dc1")
    good = payout(f"dc1:good-{unique}", account, 1)
    before = tables(stack)
    for wrong, status, code, field in [
            (payout(f"dc1:w1-{unique}", account, 0), 422, "AMOUNT_INVALID", "commands[1].amount.minor_units"),
            (payout(f"dc1:w2-{unique}", account, 1, deadline_ms=5), 422, "FIELD_INVALID", "commands[1].deadline_ms"),
            (payout(f"dc2:w3-{unique}", account, 1), 421, "WRONG_DATACENTER", "commands[1]"),
            (command("PAYIN", f"dc2:w4-{unique}", account, 1), 421, "WRONG_DATACENTER", "commands[1].key"),
            (payout(f"dc1:w5-{unique}", f"none-{unique}", 1), 404, "ACCOUNT_NOT_FOUND", "commands[1].account_id"),
            (command("VOID", f"dc1:w6-{unique}", hold_id="dc1-00000000-0000-7000-8000-000000000000"), 404, "HOLD_NOT_FOUND",
             "commands[1]"),
            ({**good, "key": f"dc1:w7-{unique}", "amount": money(1, "USD")}, 422, "CURRENCY_MISMATCH",
             "commands[1].amount.currency"),
            (good, 422, "FIELD_INVALID", "commands[1].key"),
            ("x", 422, "FIELD_INVALID", "commands[1]")]:
        answer = atomic(api, [good, wrong])
        assert (answer.status, answer.code, answer.json.get("field")) == (status, code, field), answer
    assert stack.api("dc1").batch([good], atomic="yes").json["field"] == "atomic"
    assert api.operation(good["key"]).status == 404
    assert tables(stack) == before
    stack.balance_everywhere(account, 100)


def test_atomic_a_thousand(stack, spread, unique, other_account):
    account, api = spread(MAX - 1, 0, 0), stack.api("dc1")
    commands = [payout(f"dc1:t{n}-{unique}", account, 1) for n in range(MAX)]
    refused = atomic(api, commands)
    assert refused.code == "BATCH_ABORTED" and refused.json["facts"]["command"] == MAX - 1
    commands = [command("TRANSFER", f"dc1:u{n}-{unique}", account, 1, payee_account_id=other_account) for n in range(MAX - 1)]
    assert {item["status"] for item in answers(atomic(api, commands))} == {200}
    stack.balance_everywhere(account, 0)
    stack.balance_everywhere(other_account, MAX - 1)


# Dry runs: the answer it would give, and nothing else.

def told(answer):
    """Without what only a real one has, and the times."""
    body = answer.json if hasattr(answer, "json") else answer
    return {name: value for name, value in body.items() if name not in ("created_at", "decided_at", "expires_at", "hold_id",
                                                                        "dry_run", "facts", "detail")}


def test_dry_run_of_each_kind_changes_nothing(stack, spread, other_account, unique):
    account, api = spread(1000, 500, 0), stack.api("dc1")
    holds = [api.place_hold(f"dc1:h{n}-{unique}", account, 100).json["hold_id"] for n in range(2)]
    assert api.payout(f"dc1:old-{unique}", account, 1).status == 200

    def calls(dry):
        more = {"dry_run": True} if dry else {}
        key = f"dc1:{{}}-{unique}".format
        return [
            (lambda: api.payin(key("in"), account, 5, **more), 202, "ACCEPTED"),
            (lambda: api.payin(f"dc2:far-{unique}", account, 5, **more), 202, "ACCEPTED"),
            (lambda: api.payout(key("out"), account, 50, reference="r", **more), 200, "PAID"),
            (lambda: api.transfer(key("move"), account, other_account, 60, **more), 200, "PAID"),
            (lambda: api.place_hold(key("hold"), account, 70, **more), 200, "HELD"),
            (lambda: api.capture(key("cap"), holds[0], 30, **more), 200, "PAID"),
            (lambda: api.void(key("void"), holds[1], **more), 200, "RELEASED"),
            (lambda: api.payout(key("much"), account, 10 ** 7, deadline_ms=0, **more), 409, "FUNDS_UNREACHABLE"),
            (lambda: api.payout(key("none"), f"none-{unique}", 1, **more), 404, "ACCOUNT_NOT_FOUND"),
            (lambda: api.payin(key("none2"), f"none-{unique}", 1, **more), 404, "ACCOUNT_NOT_FOUND"),
            (lambda: api.payin(key("usd"), account, 1, currency="USD", **more), 422, "CURRENCY_MISMATCH"),
            (lambda: api.payout(key("old"), account, 1, **more), 200, "PAID"),
            (lambda: api.payout(key("old"), account, 2, **more), 422, "IDEMPOTENCY_MISMATCH"),
            (lambda: api.payin(key("old"), account, 1, **more), 422, "IDEMPOTENCY_MISMATCH"),
        ]
    before = tables(stack), tables(stack, "dc2")
    dry = []
    for call, status, word in calls(True):
        answer = call()
        assert (answer.status, answer.json.get("state") or answer.code) == (status, word), answer
        assert answer.json["dry_run"] is True and "location" not in answer.headers
        dry.append(answer)
    assert "hold_id" not in dry[4].json and dry[4].json["state"] == "HELD"
    assert dry[11].headers["idempotent-replayed"] == "true"
    waits = api.payout(f"dc1:wait-{unique}", account, 1200, dry_run=True)
    assert (waits.status, waits.json["state"], waits.json["dry_run"]) == (202, "WAITING", True)
    assert api.payout(f"dc1:x-{unique}", account, 1, dry_run="yes").json["field"] == "dry_run"
    assert (tables(stack), tables(stack, "dc2")) == before
    for (call, status, word), answer in zip(calls(False), dry):
        real = call()
        assert (real.status, told(real)) == (status, told(answer)), (word, answer)
        assert "dry_run" not in real.json
    stack.balance_everywhere(account, 1500 - 1 + 10 - 50 - 60 - 30)


def test_dry_run_of_a_batch(stack, spread, other_account, unique):
    """Each after the ones before it, as if they were real; of an atomic one whether it would be done."""
    account, api = spread(100, 0, 0), stack.api("dc1")
    commands = [command("PAYIN", f"dc1:in-{unique}", account, 500)] + \
        [payout(f"dc1:d{n}-{unique}", account, 60, deadline_ms=0) for n in range(2)] + \
        [payout(f"dc1:far-{unique}", f"none-{unique}", 1), "x", payout(f"dc2:far-{unique}", account, 1)]
    before = tables(stack)
    items = answers(api.batch(commands, dry_run=True))
    assert [says(item)[:2] for item in items] == [(202, "ACCEPTED"), (200, "PAID"), (409, "FUNDS_UNREACHABLE"),
                                                  (404, "ACCOUNT_NOT_FOUND"), (422, "FIELD_INVALID"), (421, "WRONG_DATACENTER")]
    assert all(item["body"]["dry_run"] for item in items)
    whole = [command("PAYIN", f"dc1:in-{unique}", account, 20),
             command("TRANSFER", f"dc1:t-{unique}", account, 120, payee_account_id=other_account)]
    items = answers(atomic(api, whole, dry_run=True))
    assert [says(item)[:2] for item in items] == [(200, "BOOKED"), (200, "PAID")] and items[1]["body"]["dry_run"]
    refused = atomic(api, [*whole, payout(f"dc1:one-{unique}", account, 1)], dry_run=True)
    assert (refused.status, refused.code, refused.json["dry_run"]) == (409, "BATCH_ABORTED", True)
    assert refused.json["facts"]["command"] == 2
    member = api.batch([payout(f"dc1:m-{unique}", account, 1, dry_run=True)])
    assert says(answers(member)[0]) == (422, "FIELD_UNKNOWN", "dry_run")
    assert tables(stack) == before
    assert answers(atomic(api, whole))[1]["status"] == 200
    assert "dry_run" not in answers(atomic(api, whole))[1]["body"]


def test_dry_run_of_what_is_not_known_here_yet(stack, unique):
    account, api = f"dry-{unique}", stack.api("dc2")
    assert stack.api("dc1").open_account(f"Dry {unique}", account_id=account).status == 201
    answer = api.payin(f"dc2:i-{unique}", account, 5, dry_run=True)
    assert (answer.status, answer.json["state"], answer.json["dry_run"]) == (202, "ACCEPTED", True)
    answer = api.payout(f"dc2:o-{unique}", account, 5, deadline_ms=0, dry_run=True)
    assert (answer.status, answer.code) == (409, "FUNDS_UNREACHABLE")
    assert api.operation(f"dc2:i-{unique}").status == 404
    stack.balance_everywhere(account, 0)


def test_charges_stand_in_a_batch_too(stack, spread, unique):
    """At the price of now; one whose service nobody knows is no charge at all."""
    account, api, service = spread(100, 0, 0), stack.api("dc1"), f"svc-{unique}"
    price = {"service_id": service, "name": f"Service {unique}", "price": money(30)}
    assert api.command("/v1/services", f"svc-{unique}", price).status == 201
    until("the service here", 20, lambda: api.get(f"/v1/services/{service}").status == 200)
    commands = [command("CHARGE", f"dc1:c{n}-{unique}", account, service_id=service) for n in range(3)]
    items = answers(atomic(api, commands))
    assert [(*says(item)[:2], item["body"]["amount"]["minor_units"]) for item in items] == [(200, "PAID", 30)] * 3
    lost = command("CHARGE", f"dc1:l-{unique}", account, service_id=f"none-{unique}")
    answer = atomic(api, [payout(f"dc1:p-{unique}", account, 1), lost])
    assert (answer.status, answer.code, answer.json["field"]) == (404, "SERVICE_NOT_FOUND", "commands[1].service_id")
    answer = atomic(api, [payout(f"dc1:p-{unique}", account, 1), {**commands[0], "key": f"dc1:m-{unique}"}])
    assert answer.json["facts"]["command"] == 1
    assert says(answers(api.batch([lost]))[0])[:2] == (404, "SERVICE_NOT_FOUND")
    stack.balance_everywhere(account, 10)


def test_the_tool_sends_batches_and_tries_commands(stack, spread, unique, tmp_path):
    account = spread(100, 0, 0)
    lines = [payout(f"dc1:l{n}-{unique}", account, 10) for n in range(3)]
    file = tmp_path / "lines"
    file.write_text("\n".join(json.dumps(line) for line in lines) + "\n\n")
    tried = stack.cli_json("dc1", "batch", str(file), "--dry-run")
    assert [item["body"]["dry_run"] for item in tried["answers"]] == [True] * 3
    assert stack.api("dc1").operation(lines[0]["key"]).status == 404
    done = stack.cli("dc1", "batch", str(file), "--atomic")
    assert done.stdout.count("PAID") == 3
    file.write_text(json.dumps({"commands": [*lines, payout(f"dc1:much-{unique}", account, 900, deadline_ms=0)]}))
    refused = stack.cli("dc1", "batch", str(file), check=False)
    assert refused.returncode == 1 and "FUNDS_UNREACHABLE" in refused.stdout and refused.stdout.count("PAID") == 3
    file.write_text(json.dumps(lines[0]) + "\n{")
    assert stack.cli("dc1", "batch", str(file), check=False).returncode == 2
    assert stack.cli("dc1", "batch", str(tmp_path / "none"), check=False).returncode == 2
    assert stack.cli_json("dc1", "payout", account, "70", "EUR", "--dry-run")["state"] == "PAID"
    stack.balance_everywhere(account, 70)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture
def doomed(stack, tmp_path):
    """One more API of dc1, which dies at a fault point."""
    started = []

    def start(fault):
        port, config = free_port(), tmp_path / "geobill.ini"
        own = stack.env["GEOBILL_API_dc1"].removeprefix("http://")
        config.write_text(stack.config("dc1").read_text().replace(f"listen={own}", f"listen=127.0.0.1:{port}"))
        process = subprocess.Popen([stack.bin / "geobill-api", "--config", config], env={**os.environ, "GEOBILL_FAULT": fault},
                                   stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        started.append(process)
        api = Api(f"http://127.0.0.1:{port}", stack.token)

        def ready():
            try:
                return api.get("/readyz").status == 200
            except OSError:
                return False
        until("the API to be ready", 20, ready)
        return api, process
    yield start
    for process in started:
        process.kill()
        process.wait()


@pytest.mark.parametrize("fault, written", [("engine.before_commit:1", False), ("engine.after_commit:1", True)])
@pytest.mark.parametrize("enough", [True, False])
def test_atomic_batch_and_an_api_that_dies_around_its_commit(stack, spread, unique, doomed, fault, written, enough):
    """Whoever asks again gets the truth; what was not committed has left nothing."""
    account = spread(100 if enough else 30, 0, 0)
    commands = [payout(f"dc1:k{n}-{unique}", account, 10) for n in range(5)]
    api, process = doomed(fault)
    with pytest.raises((OSError, http.client.HTTPException)):
        atomic(api, commands)
    assert process.wait(20) != 0
    states = stack.psql("dc1", f"SELECT DISTINCT state FROM operation WHERE key LIKE 'dc1:k%-{unique}'")
    assert states == ([["4" if enough else "5"]] if written else [])
    answer = atomic(stack.api("dc1"), commands)
    if enough:
        assert [item["status"] for item in answers(answer)] == [200] * 5
        assert [item.get("replayed", False) for item in answers(answer)] == [written] * 5
    else:
        assert (answer.code, answer.json["facts"]["command"]) == ("BATCH_ABORTED", 3)
        assert ("idempotent-replayed" in answer.headers) == written
    stack.balance_everywhere(account, 50 if enough else 30)


def some_batch(chance, accounts, name, size):
    """Pay-outs, transfers and pay-ins, some of them too dear."""
    made = []
    for n in range(size):
        key, amount, (one, two) = f"dc1:{name}-{n}", chance.randint(1, 300), chance.sample(accounts, 2)
        kind = chance.choice(["PAYIN", "PAYOUT", "PAYOUT", "TRANSFER"])
        more = {"payee_account_id": two} if kind == "TRANSFER" else {}
        made.append(command(kind, key, one, amount, **more))
    return made


def test_batches_from_all_sides_agree_with_the_journal(stack, account, other_account, unique, tmp_path):
    """Atomic and not, again and again, in part, while the API is killed: the books are what the clients were told."""
    journal, seed = Journal(tmp_path / "journal"), random.randrange(1 << 30)
    print(f"seed {seed}")
    accounts = [account, other_account]
    for name in accounts:
        assert recorded(stack, journal, "dc1").payin(f"dc1:fund-{name}", name, 4000, wait=20).status == 200

    def send(api, commands, whole):
        until("an answer", 30, lambda: answered(api, commands, whole))

    def answered(api, commands, whole):
        try:
            answer = api.batch(commands, atomic=whole)
            return answer.status != 503 and all(item["status"] != 503 for item in answer.json.get("answers", []))
        except (OSError, http.client.HTTPException):
            return False

    def work(number):
        api, chance = recorded(stack, journal, "dc1"), random.Random(seed + number)
        for n in range(12):
            whole = chance.random() < 0.6
            commands = some_batch(chance, accounts, f"{unique}-{number}-{n}", chance.choice([1, 3, 20]))
            send(api, commands, whole)
            if chance.random() < 0.5:
                send(api, commands[:chance.randint(1, len(commands))], whole)
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        futures = [pool.submit(work, number) for number in range(4)]
        stack.stack("kill", "dc1", "api")
        for future in futures:
            future.result()
    check_against_journal(stack, journal, set(accounts))


def test_books_at_rest(stack):
    """After all of the above."""
    stack.verify_at_rest()
