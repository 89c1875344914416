"""Pay-outs as a client sees them: from the own share, topped up by the peers, refused with the reason, cut off, killed."""
import concurrent.futures
import json
import os
import random
import time

import pytest

from geobill_journal import Journal, check_against_journal, recorded
from geobill_mix import Mix
from geobill_stack import until

ORDERS = int(os.environ.get("GEOBILL_TEST_ORDERS", "40"))  # of each client while daemons are killed
VICTIMS = (("dc1", "consumer"), ("dc2", "publisher"), ("dc3", "api"), ("dc2", "consumer"))


def paid(answer):
    assert answer.status == 200 and answer.json["state"] == "PAID", answer
    return True


def test_a_share_that_suffices_pays_at_once(stack, spread):
    account = spread(1000, 0, 0)
    api, key = stack.api("dc1"), f"dc1:out-{account}"
    answer = api.payout(key, account, 400, reference="rent")
    assert paid(answer) and answer.json["kind"] == "PAYOUT" and answer.json["amount"]["minor_units"] == 400
    assert "decided_at" in answer.json and "idempotent-replayed" not in answer.headers
    again = api.payout(key, account, 400, reference="rent")
    assert again.status == 200 and again.raw == answer.raw and again.headers["idempotent-replayed"] == "true"
    stack.balance_everywhere(account, 600)
    for dc in stack.dcs:
        assert stack.api(dc).operation(key).json["state"] == "PAID"
    assert stack.psql("dc1", f"SELECT count(*) FROM outbox WHERE aggregateid = '{account}'") == [["0"]]


@pytest.mark.parametrize("field, change", [("amount", {"minor_units": 41}), ("reference", {"reference": "other"}),
                                           ("metadata", {"metadata": {"a": 1}})])
def test_same_key_other_content_is_a_mismatch(stack, spread, field, change):
    account = spread(100, 0, 0)
    body = {"minor_units": 40, "reference": "r", **{}}
    assert paid(stack.api("dc1").payout(f"dc1:mis-{account}", account, **body))
    other = stack.api("dc1").payout(f"dc1:mis-{account}", account, **{**body, **change})
    assert other.status == 422 and other.code == "IDEMPOTENCY_MISMATCH" and other.json["field"] == field
    stack.balance_everywhere(account, 60)


def test_a_key_of_a_payin_is_no_payout(stack, spread):
    account = spread(100, 0, 0)
    answer = stack.api("dc1").payout(f"dc1:fund-{account}", account, 100)
    assert answer.status == 422 and answer.code == "IDEMPOTENCY_MISMATCH" and answer.json["field"] == "kind"


def test_a_key_owned_elsewhere_is_sent_there(stack, spread):
    account = spread(100, 0, 0)
    answer = stack.api("dc1").payout(f"dc2:far-{account}", account, 10)
    assert answer.status == 421 and answer.code == "WRONG_DATACENTER" and "dc2" in answer.json["detail"]
    assert paid(stack.api("dc2").payout(f"dc2:far-{account}", account, 10))


def test_peers_top_up_what_is_short(stack, spread):
    account = spread(100, 300, 50)
    answer = stack.api("dc1").payout(f"dc1:topped-{account}", account, 420)
    assert paid(answer)
    stack.balance_everywhere(account, 30)
    rows = stack.psql("dc1", f"SELECT state FROM operation WHERE key = 'dc1:topped-{account}'")
    assert rows == [["4"]]


def test_a_share_with_nothing_pays_what_others_have(stack, spread):
    account = spread(0, 500, 0)
    assert paid(stack.api("dc3").payout(f"dc3:all-{account}", account, 500))
    stack.balance_everywhere(account, 0)


def test_too_little_everywhere_is_refused_with_what_is_known(stack, spread):
    account = spread(10, 20, 30)
    api, key = stack.api("dc1"), f"dc1:poor-{account}"
    answer = api.payout(key, account, 61)
    assert answer.status == 409 and answer.code == "INSUFFICIENT_FUNDS", answer
    facts = answer.json["facts"]
    assert facts["total"] == 60 and {peer["dc"] for peer in facts["peers"]} == {"dc2", "dc3"}
    again = api.payout(key, account, 61)
    assert again.status == 409 and again.headers["idempotent-replayed"] == "true" and again.raw == answer.raw
    stack.balance_everywhere(account, 60)
    # More money does not change a stored refusal; another key is paid.
    assert api.payin(f"dc1:more-{account}", account, 5, wait=10).status == 200
    assert api.payout(key, account, 61).status == 409
    assert paid(api.payout(f"dc1:rich-{account}", account, 61))


def test_respond_async_waits_and_a_payin_pays(stack, spread):
    account = spread(10, 0, 0)
    api, key = stack.api("dc1"), f"dc1:later-{account}"
    answer = api.payout(key, account, 25, deadline_ms=60000, headers={"Prefer": "respond-async"})
    assert answer.status == 202 and answer.json["state"] == "WAITING", answer
    assert answer.headers["location"].startswith("/v1/operations/")
    again = api.payout(key, account, 25, deadline_ms=60000, headers={"Prefer": "respond-async"})
    assert again.status == 202 and again.headers["idempotent-replayed"] == "true"
    assert api.payin(f"dc1:rest-{account}", account, 15, wait=10).status == 200
    until("the waiting one to be paid", 20, lambda: api.operation(key).json["state"] == "PAID")
    assert paid(api.payout(key, account, 25))
    stack.balance_everywhere(account, 0)


def test_a_deadline_of_its_own_ends_the_wait(stack, spread):
    account = spread(10, 0, 0)
    answer = stack.api("dc1").payout(f"dc1:short-{account}", account, 25, deadline_ms=700)
    assert answer.status == 409 and answer.code in ("INSUFFICIENT_FUNDS", "FUNDS_UNREACHABLE"), answer
    stack.balance_everywhere(account, 10)


def test_a_blocked_account_pays_nothing_out(stack, spread):
    account = spread(100, 0, 0)
    assert stack.api("dc1").call("PATCH", f"/v1/accounts/{account}", {"status": "BLOCKED"}).status == 200
    answer = stack.api("dc1").payout(f"dc1:blocked-{account}", account, 10)
    assert answer.status == 409 and answer.code == "ACCOUNT_BLOCKED", answer
    stack.balance_everywhere(account, 100)


def test_all_at_once_for_the_whole_balance_pay_exactly_what_there_is(stack, spread):
    account = spread(100, 100, 100)

    def out(i):
        dc = stack.dcs[i % 3]
        return stack.api(dc).payout(f"{dc}:race-{i}-{account}", account, 30, deadline_ms=5000)
    with concurrent.futures.ThreadPoolExecutor(15) as pool:
        answers = list(pool.map(out, range(15)))
    assert {answer.status for answer in answers} <= {200, 409}, answers
    sum_paid = 30 * sum(answer.status == 200 for answer in answers)
    assert sum_paid <= 300
    stack.balance_everywhere(account, 300 - sum_paid)
    assert sum_paid == 300


def test_the_same_key_at_once_is_paid_once(stack, spread):
    account = spread(40, 60, 0)
    api, key = stack.api("dc1"), f"dc1:same-{account}"
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda _: api.payout(key, account, 70), range(40)))
    assert {answer.status for answer in answers} == {200} and len({answer.raw for answer in answers}) == 1
    stack.balance_everywhere(account, 30)


def test_a_silent_peer_is_named_and_the_own_share_goes_on(stack, spread):
    account = spread(50, 100, 0)
    api = stack.api("dc1")
    stack.stack("stop", "dc2", "consumer")
    try:
        answer = api.payout(f"dc1:silent-{account}", account, 120)
        assert answer.status == 409 and answer.code == "FUNDS_UNREACHABLE" and "dc2" in answer.json["detail"], answer
        assert [peer["silent"] for peer in answer.json["facts"]["peers"] if peer["dc"] == "dc2"] == [True]
        assert paid(api.payout(f"dc1:own-{account}", account, 50))
    finally:
        stack.stack("start", "dc2", "consumer")
    stack.balance_everywhere(account, 100)
    until("money to be reachable again", 30, lambda: api.payout(
        f"dc1:again-{json.dumps(len(api.pages(f'/v1/accounts/{account}/entries')))}-{account}", account, 90).status == 200)
    stack.balance_everywhere(account, 10)


def test_a_killed_consumer_and_a_killed_api_change_nothing(stack, spread):
    account = spread(0, 200, 100)
    api, key = stack.api("dc1"), f"dc1:killed-{account}"
    answer = api.payout(key, account, 300, deadline_ms=30000, headers={"Prefer": "respond-async"})
    assert answer.status == 202 or paid(answer)
    stack.stack("kill", "dc1", "consumer")
    stack.stack("kill", "dc1", "api")
    until("dc1 to be back", 30, lambda: stack.ready("dc1"))
    until("the pay-out to be decided", 40, lambda: api.operation(key).json["state"] == "PAID")
    stack.balance_everywhere(account, 0)


def test_all_kinds_while_daemons_are_killed_agree_with_the_journal(stack, account, other_account, unique, tmp_path):
    journal, seed = Journal(tmp_path / "journal"), random.randrange(1 << 30)
    print(f"seed {seed}")
    accounts, service = [account, other_account], f"mix-{unique}"
    assert stack.api("dc1").add_service(service, 100).status == 201

    def work(number):
        apis = {dc: recorded(stack, journal, dc) for dc in stack.dcs}
        return Mix(apis, accounts, service, f"{unique}-{number}", seed + number).run(ORDERS)
    with concurrent.futures.ThreadPoolExecutor(6) as pool:
        futures = [pool.submit(work, number) for number in range(6)]
        for number in range(ORDERS // 10):
            time.sleep(1)  # between two kills; nothing waits for it
            if number < len(VICTIMS) or not all(future.done() for future in futures):
                stack.stack("kill", *VICTIMS[number % len(VICTIMS)])
        done = [future.result() for future in futures]
    for at, name in enumerate(accounts):
        stack.balance_everywhere(name, sum(sums[at] for sums in done), 60)
    check_against_journal(stack, journal, set(accounts))


def test_nothing_is_left_over(stack):
    stack.verify_at_rest()
