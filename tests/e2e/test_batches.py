"""Batches as a client sees them: every command answers for itself, as it would alone, in order."""
import json

import pytest

from geobill_client import money

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
