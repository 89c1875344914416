"""Transfers as a client sees them: both accounts at once, topped up by the peers, waiting, refused, racing each other."""
import concurrent.futures
import random

import pytest

from geobill_stack import until


@pytest.fixture
def payee(other_account):
    return other_account


def paid(answer):
    assert answer.status == 200 and answer.json["state"] == "PAID", answer
    return True


def kinds(stack, dc, account):
    return [entry["kind"] for entry in stack.api(dc).pages(f"/v1/accounts/{account}/entries")]


def test_both_accounts_move_at_once_under_one_key(stack, spread, payee):
    payer = spread(1000, 0, 0)
    api, key = stack.api("dc1"), f"dc1:move-{payer}"
    answer = api.transfer(key, payer, payee, 400, reference="rent")
    assert paid(answer) and answer.json["kind"] == "TRANSFER"
    assert answer.json["account_id"] == payer and answer.json["payee_account_id"] == payee
    again = api.transfer(key, payer, payee, 400, reference="rent")
    assert again.status == 200 and again.raw == answer.raw and again.headers["idempotent-replayed"] == "true"
    stack.balance_everywhere(payer, 600)
    stack.balance_everywhere(payee, 400)
    # The payee can spend it here at once.
    assert paid(api.payout(f"dc1:spend-{payee}", payee, 400))
    for dc in stack.dcs:
        shown = stack.api(dc).operation(key).json
        assert (shown["state"], shown["payee_account_id"]) == ("PAID", payee)
        until(f"the histories at {dc}", 20, lambda: kinds(stack, dc, payer) == ["PAYIN", "TRANSFER_OUT"] and
              kinds(stack, dc, payee) == ["TRANSFER_IN", "PAYOUT"])
    # Both sides list it, wherever they are asked, in pages too.
    sides = {payer: [("PAYIN", payer, None), ("TRANSFER", payer, payee)], payee: [("TRANSFER", payer, payee), ("PAYOUT", payee, None)]}
    for account, listed in sides.items():
        for limit in (1, 50):
            assert [(o["kind"], o["account_id"], o.get("payee_account_id")) for o in stack.api("dc2").pages(
                f"/v1/operations?account_id={account}&limit={limit}")] == listed


@pytest.mark.parametrize("field", ["payee_account_id", "amount", "reference", "kind"])
def test_same_key_other_content_is_a_mismatch(stack, spread, payee, field):
    payer = spread(100, 0, 0)
    api, key = stack.api("dc1"), f"dc1:mis-{payer}"
    assert paid(api.transfer(key, payer, payee, 40, reference="r"))
    other = {"payee_account_id": lambda: api.transfer(key, payee, payer, 40, reference="r"),
             "amount": lambda: api.transfer(key, payer, payee, 41, reference="r"),
             "reference": lambda: api.transfer(key, payer, payee, 40, reference="s"),
             "kind": lambda: api.payout(key, payer, 40, reference="r")}[field]()
    assert other.status == 422 and other.code == "IDEMPOTENCY_MISMATCH", other
    assert other.json["field"] == ("account_id" if field == "payee_account_id" else field)
    stack.balance_everywhere(payer, 60)


def test_what_cannot_be_is_refused_and_stores_nothing(stack, spread, payee, unique):
    payer = spread(100, 0, 0)
    api = stack.api("dc1")
    other = f"dollar-{unique}"
    assert api.open_account(f"Dollar {unique}", currency="USD", account_id=other).status == 201
    cases = [
        ("self", lambda key: api.transfer(key, payer, payer, 10), 422, "FIELD_INVALID", "payee_account_id"),
        ("usd", lambda key: api.transfer(key, payer, other, 10), 422, "CURRENCY_MISMATCH", "payee_account_id"),
        ("none", lambda key: api.transfer(key, payer, f"none-{unique}", 10), 404, "ACCOUNT_NOT_FOUND", "payee_account_id"),
        ("lost", lambda key: api.transfer(key, f"none-{unique}", payee, 10), 404, "ACCOUNT_NOT_FOUND", "account_id"),
        ("miss", lambda key: api.command("/v1/transfers", key, {"account_id": payer, "amount": {
            "minor_units": 1, "currency": "EUR"}}), 422, "FIELD_MISSING", "payee_account_id"),
    ]
    for name, call, status, code, field in cases:
        answer = call(f"dc1:{name}-{payer}")
        assert (answer.status, answer.code, answer.json.get("field")) == (status, code, field), answer
        assert api.operation(f"dc1:{name}-{payer}").status == 404
    far = api.transfer(f"dc2:far-{payer}", payer, payee, 10)
    assert far.status == 421 and far.code == "WRONG_DATACENTER" and "dc2" in far.json["detail"]
    stack.balance_everywhere(payer, 100)


def test_a_closing_payee_is_refused_for_good(stack, spread, payee):
    payer = spread(100, 0, 0)
    api, key = stack.api("dc1"), f"dc1:closing-{payer}"
    assert api.call("DELETE", f"/v1/accounts/{payee}").status == 200
    answer = api.transfer(key, payer, payee, 10)
    assert answer.status == 409 and answer.code == "PAYEE_ACCOUNT_CLOSED", answer
    again = api.transfer(key, payer, payee, 10)
    assert again.status == 409 and again.headers["idempotent-replayed"] == "true" and again.raw == answer.raw
    stack.balance_everywhere(payer, 100)


def test_peers_top_up_the_payer(stack, spread, payee):
    payer = spread(100, 300, 50)
    assert paid(stack.api("dc1").transfer(f"dc1:topped-{payer}", payer, payee, 420))
    stack.balance_everywhere(payer, 30)
    stack.balance_everywhere(payee, 420)


def test_a_waiting_transfer_is_paid_by_money_that_comes_in(stack, spread, payee):
    payer = spread(10, 0, 0)
    api, key = stack.api("dc1"), f"dc1:later-{payer}"
    answer = api.transfer(key, payer, payee, 25, deadline_ms=60000, headers={"Prefer": "respond-async"})
    assert answer.status == 202 and answer.json["state"] == "WAITING", answer
    # And what it pays is waited for, too: the payee's own transfer back.
    back = api.transfer(f"dc1:back-{payer}", payee, payer, 25, deadline_ms=60000, headers={"Prefer": "respond-async"})
    assert back.status == 202, back
    assert api.payin(f"dc1:rest-{payer}", payer, 15, wait=10).status == 200
    until("both to be paid", 20, lambda: all(api.operation(k).json["state"] == "PAID" for k in (key, f"dc1:back-{payer}")))
    stack.balance_everywhere(payer, 25)
    stack.balance_everywhere(payee, 0)


def test_too_little_everywhere_is_refused(stack, spread, payee):
    payer = spread(10, 20, 0)
    answer = stack.api("dc1").transfer(f"dc1:poor-{payer}", payer, payee, 31)
    assert answer.status == 409 and answer.code == "INSUFFICIENT_FUNDS" and answer.json["facts"]["total"] == 30, answer
    stack.balance_everywhere(payer, 30)


def test_opposite_transfers_at_all_datacenters_lose_nothing(stack, spread, payee):
    payer, seed = spread(100, 100, 100), random.randrange(1 << 30)
    print(f"seed {seed}")
    chance = random.Random(seed)
    for dc in stack.dcs:
        assert stack.api(dc).payin(f"{dc}:fund-{payee}", payee, 100, wait=10).status == 200
    orders = [(chance.choice(stack.dcs), chance.random() < 0.5, chance.randint(1, 60), i) for i in range(60)]

    def move(order):
        dc, forth, amount, i = order
        one, two = (payer, payee) if forth else (payee, payer)
        answer = stack.api(dc).transfer(f"{dc}:opp-{i}-{payer}", one, two, amount, deadline_ms=4000)
        assert answer.status in (200, 409), answer
        return (amount if forth else -amount) if answer.status == 200 else 0
    with concurrent.futures.ThreadPoolExecutor(20) as pool:
        moved = list(pool.map(move, orders))
    assert sum(m != 0 for m in moved) > 30, moved
    stack.balance_everywhere(payer, 300 - sum(moved))
    stack.balance_everywhere(payee, 300 + sum(moved))


def test_the_tool_transfers_and_pays_out(stack, spread, payee):
    payer = spread(50, 0, 0)
    done = stack.cli_json("dc1", "transfer", payer, payee, "20", "EUR", "--key", f"dc1:tool-{payer}", "--reference", "r")
    assert (done["state"], done["kind"], done["payee_account_id"]) == ("PAID", "TRANSFER", payee)
    done = stack.cli_json("dc1", "payout", payee, "20", "EUR", "--key", f"dc1:tool-out-{payer}")
    assert (done["state"], done["kind"]) == ("PAID", "PAYOUT")
    refused = stack.cli("dc1", "payout", payee, "20", "EUR", "--key", f"dc1:tool-no-{payer}", "--deadline-ms", "0", check=False)
    assert refused.returncode == 1 and "FUNDS" in refused.stderr, refused
    stack.balance_everywhere(payer, 30)


def test_nothing_is_left_over(stack):
    stack.verify_at_rest()
