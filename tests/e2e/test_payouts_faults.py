"""Pay-outs that wait while a process stops or dies, and keys that race: each is decided by its deadline, by whoever is up, and
exactly what there is is paid. GEOBILL_TEST_ROUNDS: rounds of the race (1)."""
import concurrent.futures
import os
import threading
import time

import pytest

from geobill_stack import until

ROUNDS = int(os.environ.get("GEOBILL_TEST_ROUNDS", "1"))
LATE_S = 15  # what a busy machine, or a daemon that starts, may add to a deadline


def later(api, key, account, amount, deadline_ms):
    """Nobody listens for its outcome."""
    answer = api.payout(key, account, amount, deadline_ms=deadline_ms, headers={"Prefer": "respond-async"})
    assert answer.status == 202 and answer.json["state"] == "WAITING", answer


def state(stack, dc, key):
    """As the database has it: looking must not decide anything."""
    return stack.psql(dc, f"SELECT state, reason FROM operation WHERE key = '{key}'")[0]


PAID, REFUSED, WAITING = "4", "5", "3"


def test_two_keys_at_once_at_three_datacenters_for_all_there_is(stack, spread, unique):
    """Each key wants the whole balance, of which each datacenter has a part."""
    account, parts = None, (30, 20, 10)
    for number in range(ROUNDS):
        for dc, part in zip(stack.dcs, parts):
            assert account is None or stack.api(dc).payin(f"{dc}:r{number}-{unique}", account, part, wait=20).status == 200
        account = account or spread(*parts)
        stack.balance_everywhere(account, sum(parts))
        together = threading.Barrier(2 * len(stack.dcs))

        def all_of_it(place, account=account, number=number, together=together):
            dc = stack.dcs[place % len(stack.dcs)]
            api = stack.api(dc)
            together.wait(30)
            return api.payout(f"{dc}:race-{number}-{place}-{unique}", account, sum(parts), deadline_ms=4000)
        with concurrent.futures.ThreadPoolExecutor(2 * len(stack.dcs)) as pool:
            answers = list(pool.map(all_of_it, range(2 * len(stack.dcs))))
        statuses = sorted(answer.status for answer in answers)
        assert statuses.count(200) <= 1 and set(statuses) <= {200, 409}, answers
        assert 200 in statuses, f"the money sufficed, and nobody was paid: {answers}"
        stack.balance_everywhere(account, 0)


def test_a_stopped_consumer_leaves_nobody_waiting_beyond_the_deadline(stack, spread):
    """Who asks has no consumer: no sweep, no replies. The API decides for the one who listens, and a repeat for the other."""
    account = spread(10, 500, 0)
    api, heard, unheard = stack.api("dc1"), f"dc1:heard-{account}", f"dc1:unheard-{account}"
    stack.stack("stop", "dc1", "consumer")
    try:
        later(api, unheard, account, 100, 1500)
        begun = time.monotonic()
        answer = api.payout(heard, account, 100, deadline_ms=1500)
        took = time.monotonic() - begun
        assert answer.status == 409 and answer.code == "FUNDS_UNREACHABLE", answer
        assert 1.4 < took < 1.5 + LATE_S, took
        again = api.payout(unheard, account, 100)
        assert again.status == 409 and again.code == "FUNDS_UNREACHABLE", again
        assert api.payout(f"dc1:own-{account}", account, 10).status == 200
    finally:
        stack.stack("start", "dc1", "consumer")
    # What dc2 granted meanwhile came too late for them, and is dc1's now.
    stack.balance_everywhere(account, 500, 60)
    assert api.payout(f"dc1:after-{account}", account, 500, deadline_ms=30000).status == 200
    assert [api.payout(key, account, 100).code for key in (heard, unheard)] == ["FUNDS_UNREACHABLE"] * 2
    stack.balance_everywhere(account, 0)


@pytest.mark.parametrize("parts", [("api", "consumer"), ("consumer", "api", "publisher")])
def test_what_waits_when_all_are_killed_is_carried_on_or_refused(stack, spread, parts):
    account = spread(5, 0, 0)
    api, paid, refused = stack.api("dc1"), f"dc1:paid-{account}", f"dc1:refused-{account}"
    later(api, paid, account, 50, 120000)
    later(api, refused, account, 5000, 2500)
    begun = time.monotonic()
    for part in parts:
        stack.stack("kill", "dc1", part)
    until("the other to be refused", 2.5 + 2 * LATE_S, lambda: state(stack, "dc1", refused)[0] == REFUSED)
    assert time.monotonic() - begun >= 2, "refused before its deadline"
    assert state(stack, "dc1", paid)[0] == WAITING
    assert stack.api("dc2").payin(f"dc2:rest-{account}", account, 45, wait=20).status == 200
    until("the one to be paid", 60, lambda: state(stack, "dc1", paid)[0] == PAID)
    until("dc1 to be ready", 30, lambda: stack.ready("dc1"))
    assert api.payout(paid, account, 50).status == 200
    assert api.payout(refused, account, 5000).status == 409
    stack.balance_everywhere(account, 0)


def test_nothing_is_left_over(stack):
    stack.verify_at_rest()
