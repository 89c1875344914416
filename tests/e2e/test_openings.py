"""Accounts that are opened with a balance: split as the policy says, once, whatever is repeated or cut off."""
import concurrent.futures
import http.client

from geobill_journal import Journal, check_against_journal, recorded
from geobill_stack import until


def shares(stack, account, total):
    """The balance at each datacenter, once all show the same total and nothing is in flight."""
    stack.balance_everywhere(account, total)
    body = stack.api("dc2").balance(account).json
    return {share["dc"]: share["balance"]["minor_units"] for share in body["shares"]}


def openings(stack, account):
    return [(e["dc"], e["amount"]["minor_units"], e.get("operation")) for e in
            stack.api("dc3").pages(f"/v1/accounts/{account}/entries") if e["kind"] == "OPENING"]


def test_even_is_split_and_the_rest_stays_where_it_was_opened(stack, unique):
    account = f"even-{unique}"
    answer = stack.api("dc1").open_account(f"Even {unique}", account_id=account, balance=10001)
    assert answer.status == 201, answer
    assert shares(stack, account, 10001) == {"dc1": 3335, "dc2": 3333, "dc3": 3333}
    assert openings(stack, account) == [("dc1", 10001, f"open:{account}")]
    # Each spends its part at once, without asking anybody.
    for dc in ("dc2", "dc3"):
        assert stack.api(dc).payout(f"{dc}:part-{account}", account, 3333, deadline_ms=0).status == 200
    stack.balance_everywhere(account, 3335)


def test_home_is_the_home_of_the_client_and_repeats_change_nothing(stack, unique):
    token = stack.cli_json("dc1", "client", "add", f"far-{unique}", "--role", "write", "--home", "dc3")["token"]
    account = f"home-{unique}"
    until("dc2 to know the client", 20, lambda: stack.api("dc2", token).get("/v1/accounts").status == 200)
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda i: stack.api(stack.dcs[i % 2], token).open_account(
            f"Home {unique}", account_id=account, balance=500, policy="home", key="same"), range(16)))
    assert {answer.status for answer in answers} == {201} and len({answer.raw for answer in answers}) == 1, answers
    assert sum("idempotent-replayed" not in answer.headers for answer in answers) == 1
    assert shares(stack, account, 500) == {"dc1": 0, "dc2": 0, "dc3": 500}
    assert openings(stack, account) == [("dc1", 500, f"open:{account}")]


def test_a_datacenter_that_is_cut_off_gets_its_part_when_it_is_back(stack, unique):
    account = f"cut-{unique}"
    stack.stack("stop", "dc3", "consumer")
    stack.stack("stop", "dc2", "projector")
    try:
        assert stack.api("dc2").open_account(f"Cut {unique}", account_id=account, balance=900).status == 201
        # The share at dc2 may be made by this pay-in or by the grant: whichever comes first.
        assert stack.api("dc2").payin(f"dc2:early-{account}", account, 1, wait=10).status == 200
        until("dc1 to know what dc3 lacks", 20, lambda: (lambda a: (a["total"]["minor_units"], a["in_flight"]["minor_units"]))(
            stack.api("dc1").balance(account).json) == (901, 300))
    finally:
        stack.stack("start", "dc3", "consumer")
        stack.stack("start", "dc2", "projector")
    assert shares(stack, account, 901) == {"dc1": 300, "dc2": 301, "dc3": 300}


def test_kills_while_accounts_are_opened_lose_and_double_nothing(stack, unique, tmp_path):
    journal = Journal(tmp_path / "journal")

    def work(number):
        api = recorded(stack, journal, stack.dcs[number % 3])

        def opened():
            try:
                answer = api.open_account(f"Kill {unique} {number}", account_id=f"kill-{unique}-{number}",
                                          balance=100 + number, key=f"kill-{unique}-{number}")
            except (OSError, http.client.HTTPException):
                return None
            assert answer.status in (201, 503), answer
            return answer.status == 201
        return until("the account to be opened", 60, opened)
    with concurrent.futures.ThreadPoolExecutor(6) as pool:
        futures = [pool.submit(work, number) for number in range(60)]
        for dc, part in (("dc1", "api"), ("dc1", "publisher"), ("dc2", "consumer")):
            stack.stack("kill", dc, part)
        assert all(future.result() for future in futures)
    accounts = {f"kill-{unique}-{number}" for number in range(60)}
    check_against_journal(stack, journal, accounts)


def test_nothing_is_left_over(stack):
    stack.verify_at_rest()
