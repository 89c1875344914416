"""Refunds as a client sees them: in parts, of what was paid, never more; posted anywhere, decided by the owner of the original."""
import concurrent.futures

import pytest

from geobill_client import money
from geobill_stack import until


def paid(answer):
    assert answer.status == 200 and answer.json["state"] == "PAID", answer
    return answer.json["key"]


def booked(answer):
    assert answer.status == 200 and answer.json["state"] == "BOOKED" and answer.json["kind"] == "REFUND", answer
    return True


def refused(answer, code):
    assert (answer.status, answer.code) == (409, code), answer
    return True


def ends(stack, dc, key, state, deadline_s=30):
    """The relay at `dc` is closed like that; gives what GET says there."""
    return until(f"{key} to be {state} at {dc}", deadline_s, lambda: (
        shown := stack.api(dc).operation(key).json)["state"] == state and shown)


@pytest.fixture
def original(stack, spread):
    """(account, key): dc1 paid 80 of 100 out."""
    account = spread(100, 0, 0)
    return account, paid(stack.api("dc1").payout(f"dc1:original-{account}", account, 80))


def test_part_by_part_until_nothing_is_left(stack, original):
    account, key = original
    api = stack.api("dc1")
    first = api.refund(f"dc1:r1-{account}", account, key, 30, reference="broken", metadata={"n": 1})
    assert booked(first) and first.json["original_key"] == key and first.json["amount"] == money(30)
    again = api.refund(f"dc1:r1-{account}", account, key, 30, reference="broken", metadata={"n": 1})
    assert again.status == 200 and again.raw == first.raw and again.headers["idempotent-replayed"] == "true"
    much = api.refund(f"dc1:r2-{account}", account, key, 51)
    assert refused(much, "REFUND_EXCEEDS_PAID")
    assert booked(api.refund(f"dc1:r3-{account}", account, key, 50))
    assert refused(api.refund(f"dc1:r4-{account}", account, key, 1), "REFUND_EXCEEDS_PAID")
    late = api.refund(f"dc1:r2-{account}", account, key, 51)
    assert late.raw == much.raw and late.headers["idempotent-replayed"] == "true"
    stack.balance_everywhere(account, 100)
    for dc in stack.dcs:
        shown = stack.api(dc).operation(key).json
        assert (shown["state"], shown["amount"], shown["refunded"]) == ("PAID", money(80), money(80))
        shown = stack.api(dc).operation(f"dc1:r1-{account}").json
        assert (shown["kind"], shown["state"], shown["original_key"]) == ("REFUND", "BOOKED", key)
        until(f"the history at {dc}", 20, lambda dc=dc: [
            (e["kind"], e["amount"]["minor_units"]) for e in stack.api(dc).pages(f"/v1/accounts/{account}/entries")
        ] == [("PAYIN", 100), ("PAYOUT", 80), ("REFUND", 30), ("REFUND", 50)])
    listed = stack.api("dc3").pages(f"/v1/operations?account_id={account}&state=BOOKED")
    assert [(o["kind"], o.get("original_key")) for o in listed] == [("PAYIN", None), ("REFUND", key), ("REFUND", key)]
    # The answer to the pay-out is what it was.
    assert "refunded" not in api.payout(key, account, 80).json


def test_charges_and_captures_give_back_too_and_nothing_else_does(stack, spread, other_account, unique):
    account, service, api = spread(200, 0, 0), f"toll-{unique}", stack.api("dc1")
    assert api.add_service(service, 40).status == 201
    charge = paid(api.charge(f"dc1:charge-{account}", account, service))
    hold = api.place_hold(f"dc1:hold-{account}", account, 50).json["hold_id"]
    capture = paid(api.capture(f"dc1:capture-{account}", hold, 20))
    moved = paid(api.transfer(f"dc1:move-{account}", account, other_account, 10))
    assert booked(api.refund(f"dc1:rc-{account}", account, charge, 40))
    assert booked(api.refund(f"dc1:rp-{account}", account, capture, 20))
    assert refused(api.refund(f"dc1:rq-{account}", account, capture, 1), "REFUND_EXCEEDS_PAID")
    for n, what in enumerate((f"dc1:hold-{account}", moved, f"dc1:fund-{account}", f"dc1:rc-{account}")):
        assert refused(api.refund(f"dc1:no{n}-{account}", account, what, 1), "ORIGINAL_NOT_PAID")
    assert refused(api.refund(f"dc1:none-{account}", account, f"dc1:never-{account}", 1), "ORIGINAL_NOT_FOUND")
    assert refused(api.refund(f"dc1:other-{account}", other_account, charge, 1), "ORIGINAL_NOT_FOUND")
    stack.balance_everywhere(account, 190)
    stack.balance_everywhere(other_account, 10)


def test_posted_elsewhere_it_is_decided_by_the_owner(stack, original):
    account, key = original
    away, here = stack.api("dc2"), stack.api("dc1")
    refund = f"dc1:far-{account}"
    answer = away.refund(refund, account, key, 30, reference="r")
    assert answer.status == 202 and (answer.json["state"], answer.json["decided_by"]) == ("ACCEPTED", "dc1"), answer
    assert answer.json["original_key"] == key and answer.headers["location"] == f"/v1/operations/{refund}"
    assert ends(stack, "dc2", refund, "BOOKED")["original_key"] == key
    # The first answer stays; who waits gets the outcome; at its owner it is a repeat.
    again = away.refund(refund, account, key, 30, reference="r")
    assert again.raw == answer.raw and again.headers["idempotent-replayed"] == "true"
    assert booked(away.refund(refund, account, key, 30, reference="r", wait=10))
    at_owner = here.refund(refund, account, key, 30, reference="r")
    assert booked(at_owner) and at_owner.headers["idempotent-replayed"] == "true"
    assert booked(stack.api("dc3").refund(refund, account, key, 30, reference="r", wait=20))
    much = away.refund(f"dc1:much-{account}", account, key, 51, wait=20)
    assert refused(much, "REFUND_EXCEEDS_PAID")
    later = away.refund(f"dc1:unknown-{account}", account, f"dc1:never-{account}", 1)
    assert later.status == 202, later
    assert ends(stack, "dc2", f"dc1:unknown-{account}", "REFUSED")["reason"] == "ORIGINAL_NOT_FOUND"
    assert away.refund(f"dc1:unknown-{account}", account, f"dc1:never-{account}", 1).raw == later.raw
    assert refused(here.refund(f"dc1:unknown-{account}", account, f"dc1:never-{account}", 1), "ORIGINAL_NOT_FOUND")
    stack.balance_everywhere(account, 50)
    assert here.operation(key).json["refunded"] == money(30)
    assert stack.api("dc3").balance(account).json["shares"][0]["balance"] == money(50)


@pytest.mark.parametrize("dc", ["dc1", "dc2"])
@pytest.mark.parametrize("field", ["original_key", "amount", "reference", "account_id", "kind"])
def test_same_key_other_content_is_a_mismatch(stack, original, other_account, field, dc):
    account, key = original
    api, refund = stack.api(dc), f"dc1:mis-{account}"
    assert booked(api.refund(refund, account, key, 10, reference="r", wait=20))
    call = {"original_key": lambda: api.refund(refund, account, f"dc1:else-{account}", 10, reference="r"),
            "amount": lambda: api.refund(refund, account, key, 11, reference="r"),
            "reference": lambda: api.refund(refund, account, key, 10),
            "account_id": lambda: api.refund(refund, other_account, key, 10, reference="r"),
            "kind": lambda: api.payin(refund, account, 10, reference="r")}[field]
    answer = call()
    assert (answer.status, answer.code, answer.json["field"]) == (422, "IDEMPOTENCY_MISMATCH", field), answer
    stack.balance_everywhere(account, 30)


def test_the_owner_finds_the_mismatch_of_a_relayed_one(stack, original):
    account, key = original
    refund = f"dc1:two-{account}"
    assert booked(stack.api("dc1").refund(refund, account, key, 10))
    assert stack.api("dc2").refund(refund, account, key, 11).status == 202
    assert ends(stack, "dc2", refund, "REFUSED")["reason"] == "IDEMPOTENCY_MISMATCH"
    stack.balance_everywhere(account, 30)


def test_bad_input_says_what_and_changes_nothing(stack, original, unique):
    account, key = original
    base = {"account_id": account, "original_key": key, "amount": money(5)}
    cases = [
        ("dc1", {**base, "original_key": f"dc2:x-{account}"}, 400, "KEY_OWNER_MISMATCH", "original_key"),
        ("dc2", base, 400, "KEY_OWNER_MISMATCH", "original_key"),
        ("dc1", {**base, "original_key": f"dc77:x-{account}"}, 400, "KEY_OWNER_MISMATCH", "original_key"),
        ("dc1", {**base, "original_key": ""}, 422, "FIELD_INVALID", "original_key"),
        ("dc1", {**base, "original_key": 7}, 422, "FIELD_INVALID", "original_key"),
        ("dc1", {"account_id": account, "amount": money(5)}, 422, "FIELD_MISSING", "original_key"),
        ("dc1", {"account_id": account, "original_key": key}, 422, "FIELD_MISSING", "amount"),
        ("dc1", {**base, "amount": money(0)}, 422, "AMOUNT_INVALID", "amount.minor_units"),
        ("dc1", {**base, "amount": money(5, "USD")}, 422, "CURRENCY_MISMATCH", "amount.currency"),
        ("dc1", {**base, "deadline_ms": 5}, 422, "FIELD_UNKNOWN", "deadline_ms"),
        ("dc1", {**base, "account_id": f"none-{unique}"}, 404, "ACCOUNT_NOT_FOUND", "account_id"),
    ]
    for n, (owner, body, status, code, field) in enumerate(cases):
        for dc in stack.dcs:
            answer = stack.api(dc).command("/v1/refunds", f"{owner}:bad{n}-{account}", body)
            assert (answer.status, answer.code, answer.json.get("field")) == (status, code, field), (dc, body, answer)
            assert stack.api(dc).operation(f"{owner}:bad{n}-{account}").status == 404
    stack.balance_everywhere(account, 20)


@pytest.mark.parametrize("dc", ["dc1", "dc3"])
def test_a_refund_pays_who_waits(stack, original, dc):
    account, key = original
    api, waits = stack.api("dc1"), f"dc1:waits-{account}"
    answer = api.payout(waits, account, 90, deadline_ms=60000, headers={"Prefer": "respond-async"})
    assert answer.status == 202 and answer.json["state"] == "WAITING", answer
    assert booked(stack.api(dc).refund(f"dc1:wakes-{account}", account, key, 75, wait=20))
    until("the pay-out to be paid", 20, lambda: api.operation(waits).json["state"] == "PAID")
    stack.balance_everywhere(account, 5)


def test_the_last_cent_is_given_back_once_over_all_datacenters(stack, original):
    account, key = original
    assert booked(stack.api("dc1").refund(f"dc1:most-{account}", account, key, 79))

    def last(place):
        return stack.api(stack.dcs[place % 3]).refund(f"dc1:last{place}-{account}", account, key, 1, wait=20)
    with concurrent.futures.ThreadPoolExecutor(9) as pool:
        answers = list(pool.map(last, range(9)))
    assert sorted(answer.status for answer in answers) == [200] + [409] * 8, answers
    assert {answer.code for answer in answers if answer.status == 409} == {"REFUND_EXCEEDS_PAID"}
    stack.balance_everywhere(account, 100)


def test_in_a_batch_each_sees_the_ones_before_it(stack, spread):
    account, api = spread(100, 0, 0), stack.api("dc1")

    def refund(key, original, amount):
        return {"kind": "REFUND", "key": key, "account_id": account, "original_key": original, "amount": money(amount)}
    commands = [
        {"kind": "PAYOUT", "key": f"dc1:o-{account}", "account_id": account, "amount": money(60)},
        refund(f"dc1:a-{account}", f"dc1:o-{account}", 50), refund(f"dc1:b-{account}", f"dc1:o-{account}", 20),
        refund(f"dc2:c-{account}", f"dc2:o-{account}", 20)]
    items = api.batch(commands).json["answers"]
    assert [(i["status"], i["body"].get("state") or i["body"]["code"]) for i in items] == [
        (200, "PAID"), (200, "BOOKED"), (409, "REFUND_EXCEEDS_PAID"), (202, "ACCEPTED")], items
    assert ends(stack, "dc1", f"dc2:c-{account}", "REFUSED")["reason"] == "ORIGINAL_NOT_FOUND"
    stack.balance_everywhere(account, 90)


def test_an_atomic_batch_gives_back_with_the_rest_or_not_at_all(stack, spread, unique):
    account, api, service = spread(100, 0, 0), stack.api("dc1"), f"fee-{unique}"
    assert api.add_service(service, 10).status == 201

    def commands(name, back):
        base, original = {"account_id": account}, f"dc1:{name}-o-{account}"
        return [{**base, "kind": "PAYOUT", "key": original, "amount": money(60)},
                {**base, "kind": "CHARGE", "key": f"dc1:{name}-c-{account}", "service_id": service},
                {**base, "kind": "REFUND", "key": f"dc1:{name}-r-{account}", "original_key": original, "amount": money(back)}]
    much = api.batch(commands("much", 61), atomic=True)
    assert (much.status, much.code, much.json["facts"]["reason"]) == (409, "BATCH_ABORTED", "REFUND_EXCEEDS_PAID"), much
    stack.balance_everywhere(account, 100)
    done = api.batch(commands("some", 50), atomic=True)
    assert [i["body"]["state"] for i in done.json["answers"]] == ["PAID", "PAID", "BOOKED"], done
    assert api.operation(f"dc1:some-o-{account}").json["refunded"] == money(50)
    far = api.batch([{"kind": "REFUND", "key": f"dc2:far-{account}", "account_id": account, "original_key": f"dc2:o-{account}",
                      "amount": money(1)}], atomic=True)
    assert (far.status, far.code) == (421, "WRONG_DATACENTER"), far
    stack.balance_everywhere(account, 80)


@pytest.mark.parametrize("victim", [("dc1", "consumer"), ("dc2", "publisher"), ("dc1", "publisher"), ("dc2", "consumer")])
def test_a_relayed_one_survives_whoever_is_killed(stack, original, victim):
    account, key = original
    away = stack.api("dc2")
    keys = [f"dc1:k{n}-{account}" for n in range(6)]  # 20 each: four of them fit
    stack.stack("stop", *victim)
    try:
        for refund in keys:
            assert away.refund(refund, account, key, 20).status == 202
    finally:
        stack.stack("start", *victim)
    stack.stack("kill", *victim)
    states = [until(f"{refund} to be decided", 60, lambda refund=refund: (
        shown := away.operation(refund).json)["state"] != "ACCEPTED" and shown["state"]) for refund in keys]
    assert sorted(states) == ["BOOKED"] * 4 + ["REFUSED"] * 2, states
    stack.balance_everywhere(account, 100)
    assert stack.api("dc1").operation(key).json["refunded"] == money(80)


def test_without_a_broker_the_owner_goes_on_and_relayed_ones_come_later(stack, original):
    account, key = original
    stack.stack("stop", "dc1", "kafka")
    try:
        far = stack.api("dc2").refund(f"dc1:away-{account}", account, key, 30, wait=1)
        assert far.status == 202 and far.json["state"] == "ACCEPTED", far
        assert booked(stack.api("dc1").refund(f"dc1:near-{account}", account, key, 60))
    finally:
        stack.stack("start", "dc1", "kafka")
    assert ends(stack, "dc2", f"dc1:away-{account}", "REFUSED", 90)["reason"] == "REFUND_EXCEEDS_PAID"
    stack.balance_everywhere(account, 80, 60)


def test_the_tool_refunds(stack, original):
    account, key = original
    done = stack.cli_json("dc1", "refund", account, key, "20", "EUR", "--reference", "r")
    assert (done["state"], done["kind"], done["original_key"]) == ("BOOKED", "REFUND", key) and done["key"].startswith("dc1:")
    far = stack.cli_json("dc3", "refund", account, key, "10", "EUR", "--key", f"dc1:tool-{account}", "--wait", "20")
    assert far["state"] == "BOOKED"
    assert stack.cli_json("dc2", "operation", key)["refunded"]["minor_units"] == 30
    no = stack.cli("dc1", "refund", account, key, "51", "EUR", check=False)
    assert no.returncode == 1 and "REFUND_EXCEEDS_PAID" in no.stderr, no
    stack.balance_everywhere(account, 50)


def test_nothing_is_left_over(stack):
    stack.verify_at_rest()
