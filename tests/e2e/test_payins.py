"""Pay-ins as a client sees them: accepted, booked, replicated, repeated, mismatched, relayed."""
import concurrent.futures
import re

import pytest

from geobill_stack import until


def test_accepted_then_booked_and_seen_everywhere(stack, account):
    key = f"dc1:first-{account}"
    answer = stack.api("dc1").payin(key, account, 12345, reference="invoice 7", metadata={"b": 1, "a": "x"})
    assert answer.status == 202
    assert answer.json["key"] == key and answer.json["state"] == "ACCEPTED" and answer.json["owner"] == "dc1"
    assert answer.json["amount"] == {"minor_units": 12345, "currency": "EUR"}
    assert answer.headers["location"].startswith("/v1/operations/")
    stack.balance_everywhere(account, 12345)
    for dc in stack.dcs:
        operation = stack.api(dc).operation(key)
        assert operation.status == 200 and operation.json["state"] == "BOOKED" and "decided_at" in operation.json
    balance = stack.api("dc3").balance(account).json
    shares = {share["dc"]: share for share in balance["shares"]}
    assert set(shares) == set(stack.dcs)
    assert shares["dc1"]["balance"]["minor_units"] == 12345 and shares["dc1"]["version"] >= 1
    assert balance["available_here"]["minor_units"] == shares["dc3"]["balance"]["minor_units"] == 0


def test_wait_answers_200_once_booked(stack, account):
    answer = stack.api("dc2").payin(f"dc2:wait-{account}", account, 500, wait=10)
    assert answer.status == 200 and answer.json["state"] == "BOOKED", answer
    again = stack.api("dc2").payin(f"dc2:wait-{account}", account, 500, wait=10)
    assert again.status == 200 and again.headers["idempotent-replayed"] == "true"
    stack.balance_everywhere(account, 500)


def test_same_key_same_body_gives_the_very_same_answer(stack, account):
    api, key = stack.api("dc1"), f"dc1:repeat-{account}"
    first = api.payin(key, account, 700, reference="r")
    assert first.status == 202 and "idempotent-replayed" not in first.headers
    stack.balance_everywhere(account, 700)
    again = api.payin(key, account, 700, reference="r")
    assert again.status == 202 and again.headers["idempotent-replayed"] == "true"
    assert again.raw == first.raw
    stack.balance_everywhere(account, 700)


@pytest.mark.parametrize("field, change", [
    ("amount", {"amount": {"minor_units": 701, "currency": "EUR"}}),
    ("reference", {"reference": "other"}),
    ("reference", {"reference": None}),
    ("metadata", {"metadata": {"n": 2}}),
])
def test_same_key_other_body_is_a_mismatch_naming_the_field(stack, account, field, change):
    api, key = stack.api("dc1"), f"dc1:mismatch-{account}"
    body = {"account_id": account, "amount": {"minor_units": 700, "currency": "EUR"}, "reference": "r",
            "metadata": {"n": 1}}
    assert api.call("POST", "/v1/pay-ins", body, {"Idempotency-Key": key}).status == 202
    other = {name: value for name, value in {**body, **change}.items() if value is not None}
    answer = api.call("POST", "/v1/pay-ins", other, {"Idempotency-Key": key})
    assert answer.status == 422 and answer.code == "IDEMPOTENCY_MISMATCH", answer
    assert field in answer.raw.decode()
    stack.balance_everywhere(account, 700)


def test_metadata_in_another_order_is_the_same_body(stack, account):
    api, key = stack.api("dc1"), f"dc1:order-{account}"
    one = api.call("POST", "/v1/pay-ins", raw=('{"account_id":"%s","amount":{"minor_units":5,"currency":"EUR"},'
                                               '"metadata":{"a":1,"b":{"c":2,"d":3}}}' % account).encode(),
                   headers={"Idempotency-Key": key})
    two = api.call("POST", "/v1/pay-ins", raw=('{"metadata": {"b":{"d":3,"c":2},"a":1}, "amount":'
                                               '{"currency":"EUR","minor_units":5}, "account_id":"%s"}' % account).encode(),
                   headers={"Idempotency-Key": key})
    assert one.status == 202 and two.status == 202 and two.headers["idempotent-replayed"] == "true"


def test_same_key_many_times_at_once_books_once(stack, account):
    api, key = stack.api("dc1"), f"dc1:storm-{account}"
    with concurrent.futures.ThreadPoolExecutor(32) as pool:
        answers = list(pool.map(lambda _: api.payin(key, account, 11), range(200)))
    assert {answer.status for answer in answers} == {202}
    assert sum("idempotent-replayed" not in answer.headers for answer in answers) == 1
    assert len({answer.raw for answer in answers}) == 1
    stack.balance_everywhere(account, 11)


def test_key_owned_elsewhere_is_relayed_and_closed_by_its_owner(stack, account):
    key = f"dc3:relayed-{account}"
    answer = stack.api("dc1").payin(key, account, 900)
    assert answer.status == 202 and answer.json["decided_by"] == "dc3", answer
    stack.balance_everywhere(account, 900)
    shares = {s["dc"]: s["balance"]["minor_units"] for s in stack.api("dc2").balance(account).json["shares"]}
    assert shares == {"dc1": 0, "dc2": 0, "dc3": 900}
    until("the relay to be closed", 20, lambda: stack.psql(
        "dc1", f"SELECT 1 FROM relay WHERE key = '{key}' AND state = 2"))
    again = stack.api("dc1").payin(key, account, 900, wait=5)
    assert again.status == 200 and again.json["state"] == "BOOKED" and again.headers["idempotent-replayed"] == "true"
    at_owner = stack.api("dc3").payin(key, account, 900)
    assert at_owner.status == 202 and at_owner.headers["idempotent-replayed"] == "true"
    stack.balance_everywhere(account, 900)


def test_relayed_key_with_other_content_at_its_owner_ends_as_mismatch(stack, account):
    key = f"dc2:contradiction-{account}"
    assert stack.api("dc2").payin(key, account, 100, wait=10).status == 200
    answer = stack.api("dc1").payin(key, account, 101)
    assert answer.status in (202, 422), answer
    until("the owner's refusal", 20, lambda: stack.psql(
        "dc1", f"SELECT 1 FROM relay WHERE key = '{key}' AND state = 5 AND reason = 'IDEMPOTENCY_MISMATCH'"))
    stack.balance_everywhere(account, 100)


def test_plain_key_belongs_to_the_clients_home(stack, account):
    key = f"plain-{account}"
    answer = stack.api("dc2").payin(key, account, 42)
    assert answer.status == 202 and answer.json["owner"] == "dc1" and answer.json["decided_by"] == "dc1"
    stack.balance_everywhere(account, 42)
    shares = {s["dc"]: s["balance"]["minor_units"] for s in stack.api("dc1").balance(account).json["shares"]}
    assert shares["dc1"] == 42


def test_unknown_datacenter_in_the_key(stack, account):
    answer = stack.api("dc1").payin(f"dc77:x-{account}", account, 1)
    assert answer.status == 400 and answer.code == "UNKNOWN_DATACENTER", answer


def test_traceparent_goes_from_http_to_the_ledger_of_another_datacenter(stack, account):
    trace_id = "4bf92f3577b34da6a3ce929d0e0e4736"
    answer = stack.api("dc1").payin(f"dc1:trace-{account}", account, 3,
                                    headers={"traceparent": f"00-{trace_id}-00f067aa0ba902b7-01"})
    assert trace_id in answer.headers["traceparent"]
    stack.balance_everywhere(account, 3)
    rows = stack.psql("dc2", "SELECT replace(trace_id::text, '-', '') FROM replicated_ledger "
                             f"WHERE key = 'dc1:trace-{account}'")
    assert rows == [[trace_id]]


def test_entries_are_the_same_and_complete_everywhere(stack, account):
    for number in range(7):
        dc = stack.dcs[number % 3]
        assert stack.api(dc).payin(f"{dc}:entry-{number}-{account}", account, number + 1, reference=f"n{number}",
                                   wait=10).status == 200
    stack.balance_everywhere(account, 28)
    lists = []
    for dc in stack.dcs:
        until(f"7 entries at {dc}", 20,
              lambda: len(stack.api(dc).pages(f"/v1/accounts/{account}/entries?limit=1000")) == 7)
        lists.append(stack.api(dc).pages(f"/v1/accounts/{account}/entries?limit=2"))
    assert lists[0] == lists[1] == lists[2]
    entry = lists[0][0]
    assert set(entry) >= {"account_id", "dc", "version", "kind", "amount", "balance_after", "operation", "created_at"}
    assert entry["kind"] == "PAYIN" and re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", entry["created_at"])
    only = stack.api("dc1").pages(f"/v1/accounts/{account}/entries?dc=dc2")
    assert [e["version"] for e in only] == [1, 2] and {e["dc"] for e in only} == {"dc2"}


def test_operations_of_an_account_are_listed_completely_at_every_datacenter(stack, account):
    keys = set()
    for number, dc in enumerate(stack.dcs):
        keys.add(f"{dc}:list-{account}")
        assert stack.api(dc).payin(f"{dc}:list-{account}", account, number + 1, wait=10).status == 200
    for dc in stack.dcs:
        operations = stack.api(dc).pages(f"/v1/operations?account_id={account}")
        assert {operation["key"] for operation in operations} == keys
        booked = stack.api(dc).pages(f"/v1/operations?account_id={account}&state=BOOKED")
        assert len(booked) == 3
        assert stack.api(dc).pages(f"/v1/operations?account_id={account}&state=REFUSED") == []
