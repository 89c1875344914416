"""Charges as a client sees them: a service at its price of now, waiting at the price they were told, refused, repeated."""
import concurrent.futures
import random

import pytest

from geobill_client import money
from geobill_stack import until


@pytest.fixture
def service(stack, unique):
    """Costs 25 EUR cents, known at all datacenters."""
    service_id = f"sms-{unique}"
    assert stack.api("dc1").add_service(service_id, 25).status == 201
    known(stack, service_id, 1)
    return service_id


def known(stack, service_id, version):
    """Each datacenter's own copy has come so far."""
    for dc in stack.dcs:
        until(f"{service_id} version {version} at {dc}", 20, lambda dc=dc: stack.psql(
            dc, f"SELECT 1 FROM service WHERE service_id = '{service_id}' AND version >= {version}"))


def change(stack, service_id, **what):
    answer = stack.api("dc1").call("PATCH", f"/v1/services/{service_id}", what)
    assert answer.status == 200, answer
    return answer.json["version"]


def paid(answer, amount, version):
    assert answer.status == 200 and answer.json["state"] == "PAID" and answer.json["kind"] == "CHARGE", answer
    assert (answer.json["amount"], answer.json["price_version"]) == (money(amount), version), answer
    return True


def test_the_price_of_now_is_taken_and_shown_everywhere(stack, spread, service):
    account = spread(1000, 0, 0)
    api, key = stack.api("dc1"), f"dc1:one-{account}"
    answer = api.charge(key, account, service, reference="to Ada", metadata={"n": 1})
    assert paid(answer, 25, 1) and answer.json["service_id"] == service and answer.json["account_id"] == account
    known(stack, service, change(stack, service, price=money(30)))
    # The first answer stays the answer; the next charge takes the new price.
    again = api.charge(key, account, service, reference="to Ada", metadata={"n": 1})
    assert again.status == 200 and again.raw == answer.raw and again.headers["idempotent-replayed"] == "true"
    assert paid(api.charge(f"dc1:two-{account}", account, service), 30, 2)
    stack.balance_everywhere(account, 1000 - 25 - 30)
    for dc in stack.dcs:
        shown = stack.api(dc).operation(key).json
        assert (shown["state"], shown["amount"], shown["service_id"], shown["price_version"]) == ("PAID", money(25), service, 1)
        until(f"the history at {dc}", 20, lambda dc=dc: [
            (e["kind"], e["amount"]["minor_units"]) for e in stack.api(dc).pages(f"/v1/accounts/{account}/entries")
        ] == [("PAYIN", 1000), ("CHARGE", 25), ("CHARGE", 30)])
    listed = stack.api("dc2").get(f"/v1/operations?account_id={account}").json["data"]
    assert [(o["kind"], o.get("service_id"), o.get("price_version")) for o in listed] == [
        ("PAYIN", None, None), ("CHARGE", service, 1), ("CHARGE", service, 2)]


@pytest.mark.parametrize("field", ["service_id", "account_id", "reference", "kind"])
def test_same_key_other_content_is_a_mismatch(stack, spread, service, other_account, unique, field):
    account, other = spread(100, 0, 0), f"other-sms-{unique}"
    api, key = stack.api("dc1"), f"dc1:mis-{account}"
    assert api.add_service(other, 25).status == 201
    assert paid(api.charge(key, account, service, reference="r"), 25, 1)
    answer = {"service_id": lambda: api.charge(key, account, other, reference="r"),
              "account_id": lambda: api.charge(key, other_account, service, reference="r"),
              "reference": lambda: api.charge(key, account, service),
              "kind": lambda: api.payout(key, account, 25, reference="r")}[field]()
    assert (answer.status, answer.code, answer.json["field"]) == (422, "IDEMPOTENCY_MISMATCH", field), answer
    assert api.charge(key, account, "no-such-service", reference="r").json["field"] == "service_id"
    stack.balance_everywhere(account, 75)


def test_what_cannot_be_is_refused_and_stores_nothing(stack, spread, service, unique):
    account, dollars = spread(100, 0, 0), f"dollars-{unique}"
    api = stack.api("dc1")
    assert api.add_service(dollars, 5, "USD").status == 201
    base = {"account_id": account, "service_id": service}
    cases = [
        ("none", {**base, "service_id": f"none-{unique}"}, 404, "SERVICE_NOT_FOUND", "service_id"),
        ("usd", {**base, "service_id": dollars}, 422, "CURRENCY_MISMATCH", "service_id"),
        ("lost", {**base, "account_id": f"none-{unique}"}, 404, "ACCOUNT_NOT_FOUND", "account_id"),
        ("miss", {"account_id": account}, 422, "FIELD_MISSING", "service_id"),
        ("odd", {**base, "service_id": "a/b"}, 422, "FIELD_INVALID", "service_id"),
        ("much", {**base, "amount": money(25)}, 422, "FIELD_UNKNOWN", "amount"),
        ("late", {**base, "deadline_ms": -1}, 422, "FIELD_INVALID", "deadline_ms"),
    ]
    for name, body, status, code, field in cases:
        for dc in ("dc1", "dc2"):
            if name == "usd":
                known(stack, dollars, 1)
            answer = stack.api(dc).command("/v1/charges", f"{dc}:{name}-{account}", body)
            assert (answer.status, answer.code, answer.json.get("field")) == (status, code, field), answer
            assert stack.api(dc).operation(f"{dc}:{name}-{account}").status == 404
    far = api.charge(f"dc2:far-{account}", account, service)
    assert far.status == 421 and far.code == "WRONG_DATACENTER" and "dc2" in far.json["detail"], far
    stack.balance_everywhere(account, 100)


def test_a_service_that_has_not_come_yet_is_asked_for_again(stack, spread, unique):
    account, service_id = spread(0, 100, 0), f"new-{unique}"
    api, key = stack.api("dc2"), f"dc2:new-{account}"
    stack.stack("stop", "dc2", "projector")
    try:
        assert stack.api("dc1").add_service(service_id, 7).status == 201
        early = api.charge(key, account, service_id)
        assert (early.status, early.code, early.json["retryable"]) == (503, "SERVICE_NOT_HERE_YET", True), early
        assert api.operation(key).status == 404
        assert api.charge(f"dc2:none-{account}", account, f"none-{unique}").code == "SERVICE_NOT_FOUND"
        stack.stack("stop", "dc1", "api")
        try:
            answer = api.charge(key, account, service_id)
            assert (answer.status, answer.code) == (503, "CATALOGUE_UNREACHABLE"), answer
        finally:
            stack.stack("start", "dc1", "api")
            until("dc1 to be back", 30, lambda: stack.ready("dc1"))
    finally:
        stack.stack("start", "dc2", "projector")
    known(stack, service_id, 1)
    assert paid(api.charge(key, account, service_id), 7, 1)
    stack.balance_everywhere(account, 93)


def test_a_retired_service_is_refused_for_good(stack, spread, service):
    account = spread(100, 0, 0)
    api, key = stack.api("dc1"), f"dc1:old-{account}"
    change(stack, service, status="RETIRED")
    answer = api.charge(key, account, service)
    assert (answer.status, answer.code) == (409, "SERVICE_RETIRED"), answer
    change(stack, service, status="ACTIVE")
    again = api.charge(key, account, service)
    assert again.status == 409 and again.raw == answer.raw and again.headers["idempotent-replayed"] == "true"
    assert api.operation(key).json["reason"] == "SERVICE_RETIRED"
    assert paid(api.charge(f"dc1:new-{account}", account, service), 25, 3)
    stack.balance_everywhere(account, 75)


def test_peers_top_up_a_charge_and_too_little_is_refused_with_facts(stack, spread, service):
    account = spread(5, 30, 0)
    api = stack.api("dc1")
    assert paid(api.charge(f"dc1:topped-{account}", account, service), 25, 1)
    poor = api.charge(f"dc1:poor-{account}", account, service)
    assert poor.status == 409 and poor.code == "INSUFFICIENT_FUNDS" and poor.json["facts"]["total"] == 10, poor
    now = api.charge(f"dc1:now-{account}", account, service, deadline_ms=0)
    assert now.status == 409 and now.code == "FUNDS_UNREACHABLE", now
    shown = api.operation(f"dc1:poor-{account}").json
    assert (shown["state"], shown["amount"], shown["price_version"]) == ("REFUSED", money(25), 1)
    stack.balance_everywhere(account, 10)


def test_one_that_waits_keeps_the_price_it_was_told(stack, spread, service):
    account = spread(5, 0, 0)
    api, key = stack.api("dc1"), f"dc1:wait-{account}"
    answer = api.charge(key, account, service, deadline_ms=60000, headers={"Prefer": "respond-async"})
    assert answer.status == 202 and answer.json["state"] == "WAITING" and answer.json["amount"] == money(25), answer
    assert answer.json["price_version"] == 1 and answer.headers["location"] == f"/v1/operations/{key}"
    change(stack, service, price=money(90))
    change(stack, service, status="RETIRED")
    assert api.operation(key).json["steps"][0]["step"] == "WAITING"
    assert api.payin(f"dc1:rest-{account}", account, 20, wait=10).status == 200
    until("the charge to be paid", 20, lambda: api.operation(key).json["state"] == "PAID")
    assert paid(api.charge(key, account, service, deadline_ms=60000), 25, 1)
    stack.balance_everywhere(account, 0)


def test_prices_change_under_charges_at_three_datacenters(stack, spread, service):
    """Version n costs 24 + n; whatever each datacenter has heard of, amount and version are of one price."""
    account, seed = spread(4000, 4000, 4000), random.randrange(1 << 30)
    print(f"seed {seed}")
    orders = [(random.Random(seed + i).choice(stack.dcs), i) for i in range(120)]

    def one(order):
        dc, i = order
        if i % 12 == 0:
            change(stack, service, price=money(25 + i // 12 + 1))
        answer = stack.api(dc).charge(f"{dc}:many-{i}-{account}", account, service)
        assert answer.status == 200, answer
        return answer.json["price_version"], answer.json["amount"]["minor_units"]
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        taken = list(pool.map(one, orders))
    by_version = {}
    for version, amount in taken:
        assert by_version.setdefault(version, amount) == amount, taken
    assert len(by_version) > 2, by_version
    stack.balance_everywhere(account, 12000 - sum(amount for _, amount in taken))


def test_charges_in_a_batch_answer_each_for_itself(stack, spread, service, unique):
    account, api = spread(60, 0, 0), stack.api("dc1")
    commands = [{"kind": "CHARGE", "key": f"dc1:b{n}-{account}", "account_id": account, "service_id": which, "deadline_ms": 0}
                for n, which in enumerate((service, f"none-{unique}", service, service))]
    for first in (True, False):
        items = api.batch(commands).json["answers"]
        assert [(i["status"], i["body"].get("state") or i["body"]["code"]) for i in items] == [
            (200, "PAID"), (404, "SERVICE_NOT_FOUND"), (200, "PAID"), (409, "FUNDS_UNREACHABLE")], items
        assert [i.get("replayed", False) for i in items] == ([False] * 4 if first else [True, False, True, True])
    assert paid(api.charge(commands[0]["key"], account, service, deadline_ms=0), 25, 1)
    stack.balance_everywhere(account, 10)


def test_the_tool_charges(stack, spread, service):
    account = spread(30, 0, 0)
    done = stack.cli_json("dc1", "charge", account, service, "--key", f"dc1:tool-{account}", "--reference", "r")
    assert (done["state"], done["kind"], done["service_id"], done["price_version"]) == ("PAID", "CHARGE", service, 1)
    assert done["amount"] == "25 EUR"
    refused = stack.cli("dc1", "charge", account, service, "--key", f"dc1:tool-no-{account}", "--deadline-ms", "0", check=False)
    assert refused.returncode == 1 and "FUNDS" in refused.stderr, refused
    assert stack.cli("dc1", "charge", account, check=False).returncode == 2
    stack.balance_everywhere(account, 5)


def test_nothing_is_left_over(stack):
    stack.verify_at_rest()


def test_whoever_decides_a_waiting_charge_decides_the_one_that_was_asked_for(stack, spread, service):
    """Nobody sweeps: the API itself refuses what waits, in time, and the answer is the stored one."""
    account = spread(10, 0, 0)
    stack.stack("stop", "dc1", "consumer")
    try:
        answer = stack.api("dc1").charge(f"dc1:late-{account}", account, service, deadline_ms=300)
        assert answer.status == 409 and answer.code == "FUNDS_UNREACHABLE", answer
        again = stack.api("dc1").charge(f"dc1:late-{account}", account, service, deadline_ms=300)
        assert again.status == 409 and again.code == "FUNDS_UNREACHABLE", again
    finally:
        stack.stack("start", "dc1", "consumer")
