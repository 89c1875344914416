"""Holds as a client sees them: placed, captured in part, voided, expired, at one datacenter, once."""
import concurrent.futures
import re

from geobill_client import money
from geobill_stack import until


def held(answer):
    assert answer.status == 200 and answer.json["state"] == "HELD", answer
    return answer.json["hold_id"]


def shown(stack, dc, account):
    """total, held, available here"""
    body = stack.api(dc).balance(account).json
    return [body[name]["minor_units"] for name in ("total", "held", "available_here")]


def test_a_hold_sets_money_aside_and_a_capture_of_a_part_releases_the_rest(stack, spread):
    account = spread(1000, 0, 0)
    api, key = stack.api("dc1"), f"dc1:hold-{account}"
    answer = api.place_hold(key, account, 700, reference="booking 7", expires_in_s=3600)
    hold = held(answer)
    assert re.fullmatch(r"dc1-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", hold), hold
    assert answer.json["kind"] == "HOLD" and answer.json["expires_at"] > answer.json["decided_at"]
    again = api.place_hold(key, account, 700, reference="booking 7", expires_in_s=3600)
    assert again.raw == answer.raw and again.headers["idempotent-replayed"] == "true"
    assert shown(stack, "dc1", account) == [1000, 700, 300]
    until("dc2 to see what is held", 20, lambda: shown(stack, "dc2", account) == [1000, 700, 0])
    # Nobody else gets it, from whichever datacenter.
    for dc in ("dc1", "dc2"):
        refused = stack.api(dc).payout(f"{dc}:over-{account}", account, 301, deadline_ms=1500)
        assert refused.status == 409 and refused.code in ("FUNDS_HELD", "FUNDS_UNREACHABLE"), refused
    more = api.capture(f"dc1:more-{account}", hold, 701)
    assert more.status == 409 and more.code == "CAPTURE_EXCEEDS_HOLD", more
    capture = api.capture(f"dc1:capture-{account}", hold, 450, reference="invoice 9")
    assert capture.status == 200 and capture.json["state"] == "PAID" and capture.json["hold_id"] == hold
    assert capture.json["account_id"] == account and capture.json["amount"] == money(450)
    repeat = api.capture(f"dc1:capture-{account}", hold, 450, reference="invoice 9")
    assert repeat.raw == capture.raw and repeat.headers["idempotent-replayed"] == "true"
    stack.balance_everywhere(account, 550)
    assert sum(shown(stack, dc, account)[1] for dc in stack.dcs) == 0
    for dc in stack.dcs:
        body = stack.api(dc).hold(hold).json
        assert (body["state"], body["amount"], body["captured"], body["key"]) == ("CAPTURED", money(700), money(450), key)
        until(f"the history at {dc}", 20, lambda: [
            e["kind"] for e in stack.api(dc).pages(f"/v1/accounts/{account}/entries") if not e["kind"].startswith("SHARE")
        ] == ["PAYIN", "HOLD", "CAPTURE", "RELEASE"])
        assert stack.api(dc).operation(key).json["hold_id"] == hold
    for late in (api.void(f"dc1:late-{account}", hold), api.capture(f"dc1:late2-{account}", hold)):
        assert late.status == 409 and late.code == "HOLD_CAPTURED", late


def test_a_capture_without_an_amount_takes_all(stack, spread):
    account = spread(100, 0, 0)
    api = stack.api("dc1")
    hold = held(api.place_hold(f"dc1:all-{account}", account, 60))
    capture = api.capture(f"dc1:c-{account}", hold)
    assert capture.status == 200 and capture.json["amount"] == money(60), capture
    # The same in words is the same.
    assert api.capture(f"dc1:c-{account}", hold, 60).raw == capture.raw
    stack.balance_everywhere(account, 40)


def test_a_void_gives_the_money_to_who_waits(stack, spread):
    account = spread(100, 0, 0)
    api = stack.api("dc1")
    hold = held(api.place_hold(f"dc1:v-{account}", account, 80))
    waits = api.payout(f"dc1:w-{account}", account, 50, deadline_ms=60000, headers={"Prefer": "respond-async"})
    assert waits.status == 202, waits
    second = api.place_hold(f"dc1:h-{account}", account, 45, deadline_ms=60000, headers={"Prefer": "respond-async"})
    assert second.status == 202 and second.json["state"] == "WAITING" and "hold_id" not in second.json, second
    void = api.void(f"dc1:void-{account}", hold)
    assert void.status == 200 and void.json["state"] == "RELEASED" and void.json["amount"] == money(80), void
    assert api.void(f"dc1:void-{account}", hold).raw == void.raw
    assert api.operation(f"dc1:w-{account}").json["state"] == "PAID"
    placed = api.operation(f"dc1:h-{account}").json
    assert placed["state"] == "HELD" and api.hold(placed["hold_id"]).json["state"] == "OPEN"
    assert api.hold(hold).json["state"] == "VOIDED"
    assert shown(stack, "dc1", account) == [50, 45, 5]
    assert api.void(f"dc1:void2-{account}", placed["hold_id"]).status == 200


def test_a_hold_expires_and_its_money_pays_who_waits(stack, spread):
    account = spread(100, 0, 0)
    api = stack.api("dc1")
    hold = held(api.place_hold(f"dc1:e-{account}", account, 80, expires_in_s=1))
    waits = api.payout(f"dc1:w-{account}", account, 100, deadline_ms=20000)
    assert waits.status == 200, waits
    assert api.hold(hold).json["state"] == "EXPIRED"
    late = api.capture(f"dc1:late-{account}", hold)
    assert late.status == 409 and late.code == "HOLD_EXPIRED", late
    stack.balance_everywhere(account, 0)


def test_a_hold_is_topped_up_by_the_peers(stack, spread):
    account = spread(10, 200, 100)
    hold = held(stack.api("dc1").place_hold(f"dc1:top-{account}", account, 300))
    assert stack.api("dc1").capture(f"dc1:c-{account}", hold).status == 200
    stack.balance_everywhere(account, 10)


def test_a_hold_lives_where_it_was_placed(stack, spread, unique):
    account = spread(100, 100, 0)
    hold = held(stack.api("dc1").place_hold(f"dc1:here-{account}", account, 50))
    away, here = stack.api("dc2"), stack.api("dc1")
    far = away.capture(f"dc1:far-{account}", hold)
    assert far.status == 421 and far.code == "WRONG_DATACENTER" and "dc1" in far.json["detail"], far
    for api in (away, here):
        mixed = api.void(f"dc2:mixed-{account}", hold)
        assert mixed.status == 400 and mixed.code == "KEY_OWNER_MISMATCH", mixed
    nowhere = "dc1-00000000-0000-7000-8000-000000000000"
    for answer in (here.hold(nowhere), here.void(f"dc1:none-{account}", nowhere), here.hold("dc99" + nowhere[3:]),
                   here.hold("nonsense"), here.void(f"dc1:odd-{account}", hold[:-1]), away.hold(nowhere)):
        assert answer.status == 404 and answer.code == "HOLD_NOT_FOUND", answer
    assert here.operation(f"dc1:none-{account}").status == 404
    stack.stack("stop", "dc2", "consumer")  # holds need nobody else
    try:
        assert here.capture(f"dc1:far-{account}", hold).status == 200
    finally:
        stack.stack("start", "dc2", "consumer")
    stack.balance_everywhere(account, 150)


def test_bad_input_says_what_and_changes_nothing(stack, spread):
    account = spread(100, 0, 0)
    api, key = stack.api("dc1"), f"dc1:bad-{account}"
    hold = held(api.place_hold(f"dc1:good-{account}", account, 50))
    base = {"account_id": account, "amount": money(5)}
    capture, void = f"/v1/holds/{hold}/capture", f"/v1/holds/{hold}/void"
    cases = [("/v1/holds", {**base, "expires_in_s": 0}, "FIELD_INVALID", "expires_in_s"),
             ("/v1/holds", {**base, "expires_in_s": 2678401}, "FIELD_INVALID", "expires_in_s"),
             ("/v1/holds", {**base, "expires_in_s": "1"}, "FIELD_INVALID", "expires_in_s"),
             ("/v1/holds", {**base, "payee_account_id": account}, "FIELD_UNKNOWN", "payee_account_id"),
             ("/v1/pay-outs", {**base, "expires_in_s": 5}, "FIELD_UNKNOWN", "expires_in_s"),
             (capture, {"amount": money(0)}, "AMOUNT_INVALID", "amount.minor_units"),
             (capture, {"amount": money(5, "USD")}, "CURRENCY_MISMATCH", "amount.currency"),
             (capture, {"deadline_ms": 5}, "FIELD_UNKNOWN", "deadline_ms"),
             (void, {"amount": money(5)}, "FIELD_UNKNOWN", "amount"),
             (void, {"account_id": account}, "FIELD_UNKNOWN", "account_id")]
    for path, body, code, field in cases:
        answer = api.command(path, key, body)
        assert (answer.status, answer.code, answer.json["field"]) == (422, code, field), (body, answer)
    assert api.operation(key).status == 404 and api.hold(hold).json["state"] == "OPEN"
    for change, field in ((lambda k: api.place_hold(k, account, 50, expires_in_s=9), "expires_in_s"),
                          (lambda k: api.payout(k, account, 50), "kind")):
        answer = change(f"dc1:good-{account}")
        assert answer.code == "IDEMPOTENCY_MISMATCH" and answer.json["field"] == field, answer
    assert api.void(key, hold).status == 200
    other = held(api.place_hold(f"dc1:other-{account}", account, 50))
    answer = api.void(key, other)
    assert answer.code == "IDEMPOTENCY_MISMATCH" and answer.json["field"] == "hold_id", answer
    assert api.void(f"dc1:end-{account}", other).status == 200


def test_capture_void_and_expiry_at_once_end_it_once(stack, spread):
    account = spread(1000, 0, 0)
    api = stack.api("dc1")
    holds = [held(api.place_hold(f"dc1:r{i}-{account}", account, 10, expires_in_s=1 if i % 4 == 0 else 60))
             for i in range(24)]

    def end(job):
        i, what = job
        call = api.capture if what == "c" else api.void
        return i, what, call(f"dc1:{what}{i}-{account}", holds[i])
    jobs = [(i, what) for i in range(24) for what in (("c", "v") if i % 2 else ("v", "c"))]
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(end, jobs))
    assert {answer.status for _, _, answer in answers} <= {200, 409}, answers
    captured = 0
    for i, hold in enumerate(holds):
        done = [what for n, what, answer in answers if n == i and answer.status == 200]
        until(f"{hold} to end", 10, lambda: api.hold(hold).json["state"] != "OPEN")
        state = api.hold(hold).json["state"]
        assert done == {"CAPTURED": ["c"], "VOIDED": ["v"], "EXPIRED": []}[state], (state, answers)
        captured += state == "CAPTURED"
    assert shown(stack, "dc1", account)[1] == 0
    stack.balance_everywhere(account, 1000 - 10 * captured)


def test_a_killed_consumer_and_api_change_nothing(stack, spread):
    account = spread(300, 0, 0)
    api = stack.api("dc1")
    kept = held(api.place_hold(f"dc1:kept-{account}", account, 100))
    brief = held(api.place_hold(f"dc1:brief-{account}", account, 100, expires_in_s=1))
    stack.stack("kill", "dc1", "consumer")
    stack.stack("kill", "dc1", "api")
    until("dc1 to be back", 30, lambda: stack.ready("dc1"))
    until("the hold to expire", 30, lambda: api.hold(brief).json["state"] == "EXPIRED")
    assert api.hold(kept).json["state"] == "OPEN"
    assert api.capture(f"dc1:kc-{account}", kept, 40).status == 200
    stack.balance_everywhere(account, 260)


def test_the_tool_places_captures_and_voids(stack, spread):
    account = spread(100, 0, 0)
    one = stack.cli_json("dc1", "hold", account, "30", "EUR", "--key", f"dc1:t1-{account}", "--expires-in-s", "600")
    two = stack.cli_json("dc1", "hold", account, "30", "EUR", "--key", f"dc1:t2-{account}")
    assert one["state"] == two["state"] == "HELD" and one["hold_id"] != two["hold_id"]
    part = stack.cli_json("dc1", "capture", one["hold_id"], "--amount", "20", "--currency", "EUR", "--key", f"dc1:t3-{account}")
    assert (part["state"], part["amount"]) == ("PAID", "20 EUR")
    assert stack.cli_json("dc1", "void", two["hold_id"], "--key", f"dc1:t4-{account}")["state"] == "RELEASED"
    late = stack.cli("dc1", "capture", two["hold_id"], "--key", f"dc1:t5-{account}", check=False)
    assert late.returncode == 1 and "HOLD_VOIDED" in late.stderr, late
    stack.balance_everywhere(account, 80)


def test_nothing_is_left_over(stack):
    stack.verify_at_rest()
