"""What is shown of money that is short: the balance, the steps of what waits, refusals with what was known, false denials."""
import itertools
import re

import pytest

from geobill_client import Api
from geobill_stack import until


@pytest.fixture
def split(stack, unique):
    """An account of 300, 100 of it at each datacenter."""
    account = f"views-{unique}"
    assert stack.api("dc1").open_account(f"Views {unique}", account_id=account, balance=300).status == 201
    stack.balance_everywhere(account, 300)
    return account


def metric(stack, name, reason):
    """A counter of dc1's consumer."""
    port = re.search(r"\[consumer\][^\[]*listen\s*=\s*(\S+)", stack.config("dc1").read_text()).group(1)
    text = Api(f"http://{port}", None).get("/metrics").raw.decode()
    found = re.search(rf'^geobill_{name}_total{{reason="{reason}"}} (\d+)$', text, re.MULTILINE)
    return int(found.group(1)) if found else 0


numbers = itertools.count()


def units(money):
    return money["minor_units"]


def test_what_waits_is_shown_everywhere_and_survives_the_api(stack, split):
    api, key = stack.api("dc1"), f"dc1:wait-{split}"
    stack.stack("stop", "dc2", "consumer")
    try:
        answer = api.payout(key, split, 250, deadline_ms=60000, headers={"Prefer": "respond-async"})
        assert answer.status == 202, answer
        until("what dc3 has to come", 20, lambda: units(api.balance(split).json["available_here"]) == 200)
        stack.stack("kill", "dc1", "api")
        until("dc1 to be back", 30, lambda: stack.ready("dc1"))
        body = api.balance(split).json
        assert units(body["spendable_here"]) == 200 and units(body["total"]) == 300 and units(body["held"]) == 0
        waiting = body["reservations"]["waiting"]
        assert waiting["operations"] == 1 and units(waiting["amount"]) == 250 and waiting["since"] < waiting["next_deadline"]
        asks = {ask["dc"]: ask for ask in body["reservations"]["asks"]}
        assert units(asks["dc2"]["asked"]) > 0 and units(asks["dc2"]["came"]) == 0
        for dc in stack.dcs:
            steps = stack.api(dc).operation(key).json
            assert steps["state"] == "WAITING" and steps["steps"][0]["step"] == "WAITING", steps
            asked = {step["dc"]: step for step in steps["steps"] if step["step"] == "ASKED"}
            assert asked["dc2"]["silent"] is True, steps
        assert "silent" in stack.cli("dc1", "operation", key).stdout
        assert re.search(r"spendable_here +200 EUR", stack.cli("dc1", "balance", split).stdout)
    finally:
        stack.stack("start", "dc2", "consumer")
    until("it to be paid", 30, lambda: api.operation(key).json["state"] == "PAID")
    steps = api.operation(key).json
    last = steps["steps"][-1]
    assert last["step"] == "PAID" and last["at"] == steps["decided_at"], steps
    came = {step["dc"]: units(step["came"]) for step in steps["steps"] if step["step"] == "ASKED"}
    assert came["dc2"] > 0, steps
    stack.balance_everywhere(split, 50)


def test_a_refusal_says_what_was_known_and_is_judged(stack, split):
    api, key = stack.api("dc1"), f"dc1:false-{split}"
    before = metric(stack, "false_denials", "FUNDS_UNREACHABLE"), metric(stack, "denials_judged", "INSUFFICIENT_FUNDS"), \
        metric(stack, "false_denials", "INSUFFICIENT_FUNDS")
    stack.stack("stop", "dc2", "consumer")
    try:
        answer = api.payout(key, split, 300, deadline_ms=600)
    finally:
        stack.stack("start", "dc2", "consumer")
    assert answer.status == 409 and answer.code == "FUNDS_UNREACHABLE", answer
    facts = answer.json["facts"]
    assert {"dc2", "dc3"} == {peer["dc"] for peer in facts["peers"]} and facts["total"] == 300
    assert "no answer from dc2" in answer.json["detail"], answer
    assert facts["most"] == "dc2" and "dc2 had most: 100" in answer.json["detail"], answer
    shown = api.operation(key).json
    assert shown["facts"] == facts and shown["steps"][-1]["reason"] == "FUNDS_UNREACHABLE"
    poor = until("dc2 to answer again", 30, lambda: next((a for a in [api.payout(f"dc1:poor-{next(numbers)}-{split}", split, 301)]
                                                          if a.code == "INSUFFICIENT_FUNDS"), None))
    assert poor.status == 409 and poor.json["facts"]["total"] == 300, poor
    assert all(peer["rounds"] >= 2 and not peer["silent"] for peer in poor.json["facts"]["peers"]), poor
    until("the refusals to be judged", 30, lambda: (
        metric(stack, "false_denials", "FUNDS_UNREACHABLE") == before[0] + 1 and
        metric(stack, "denials_judged", "INSUFFICIENT_FUNDS") == before[1] + 1 and
        stack.psql("dc1", "SELECT count(*) FROM denial") == [["0"]]))
    assert metric(stack, "false_denials", "INSUFFICIENT_FUNDS") == before[2]


def test_nothing_is_left_over(stack):
    stack.verify_at_rest()
