"""Accounts and clients: catalogue items, written at one datacenter, known at all."""
import pytest

from geobill_stack import until


def test_opened_anywhere_known_everywhere(stack, unique):
    answer = stack.api("dc3").open_account(f"Far {unique}", currency="CZK", account_id=f"far-{unique}")
    assert answer.status == 201, answer
    assert answer.json["account_id"] == f"far-{unique}" and answer.json["status"] == "OPEN"
    for dc in stack.dcs:
        got = until(f"account at {dc}", 20, lambda: (
            lambda a: a if a.status == 200 else None)(stack.api(dc).get(f"/v1/accounts/far-{unique}")))
        assert got.json["name"] == f"Far {unique}" and got.json["currency"] == "CZK"


def test_same_key_again_gives_the_same_account(stack, unique):
    first = stack.api("dc1").open_account(f"Twice {unique}", key=f"twice-{unique}")
    again = stack.api("dc1").open_account(f"Twice {unique}", key=f"twice-{unique}")
    elsewhere = stack.api("dc2").open_account(f"Twice {unique}", key=f"twice-{unique}")
    assert first.status == 201 and again.json["account_id"] == first.json["account_id"] == elsewhere.json["account_id"]
    assert again.headers["idempotent-replayed"] == "true"
    other = stack.api("dc1").open_account(f"Thrice {unique}", key=f"twice-{unique}")
    assert other.status == 422 and other.code == "IDEMPOTENCY_MISMATCH"


def test_name_and_id_are_unique(stack, unique):
    api = stack.api("dc1")
    assert api.open_account(f"Name {unique}", account_id=f"one-{unique}").status == 201
    same_name = api.open_account(f"Name {unique}", account_id=f"two-{unique}", key=f"k2-{unique}")
    assert same_name.status == 409, same_name
    same_id = api.open_account(f"Other {unique}", account_id=f"one-{unique}", key=f"k3-{unique}")
    assert same_id.status == 409, same_id


def test_unknown_account_is_404_at_every_datacenter(stack, unique):
    for dc in stack.dcs:
        assert stack.api(dc).payin(f"{dc}:none-{unique}", f"none-{unique}", 1).status == 404
        assert stack.api(dc).balance(f"none-{unique}").status == 404


def test_account_not_replicated_yet_takes_payins(stack, unique):
    stack.stack("stop", "dc2", "projector")
    try:
        assert stack.api("dc1").open_account(f"Young {unique}", account_id=f"young-{unique}").status == 201
        answer = stack.api("dc2").payin(f"dc2:young-{unique}", f"young-{unique}", 77)
        assert answer.status == 202, answer
        wrong = stack.api("dc2").payin(f"dc2:wrong-{unique}", f"young-{unique}", 77, currency="USD")
        assert wrong.status == 422, wrong
    finally:
        stack.stack("start", "dc2", "projector")
    stack.balance_everywhere(f"young-{unique}", 77)


def test_catalogue_out_of_reach_is_503_not_404(stack, unique):
    stack.stack("stop", "dc1", "api")
    try:
        answer = stack.api("dc2").payin(f"dc2:lost-{unique}", f"lost-{unique}", 1)
        assert answer.status == 503 and answer.json["retryable"] is True, answer
        answer = stack.api("dc2").open_account(f"Lost {unique}")
        assert answer.status == 503, answer
    finally:
        stack.stack("start", "dc1", "api")
    until("the API of dc1", 20, lambda: stack.ready("dc1"))


def test_blocking_leaves_payins_alone(stack, account):
    api = stack.api("dc2")
    assert api.call("PATCH", f"/v1/accounts/{account}", {"status": "BLOCKED"}).json["status"] == "BLOCKED"
    for dc in stack.dcs:
        until(f"blocked at {dc}", 20, lambda: stack.api(dc).get(f"/v1/accounts/{account}").json["status"] == "BLOCKED")
        assert stack.api(dc).payin(f"{dc}:blocked-{account}", account, 5).status == 202
    stack.balance_everywhere(account, 15)
    assert api.call("PATCH", f"/v1/accounts/{account}", {"status": "OPEN"}).json["status"] == "OPEN"


def test_closing_an_empty_account_ends_closed_everywhere(stack, account):
    answer = stack.api("dc3").call("DELETE", f"/v1/accounts/{account}")
    assert answer.status in (200, 202) and answer.json["status"] in ("CLOSING", "CLOSED"), answer
    for dc in stack.dcs:
        until(f"closed at {dc}", 30, lambda: stack.api(dc).get(f"/v1/accounts/{account}").json["status"] == "CLOSED")
        refused = stack.api(dc).payin(f"{dc}:closed-{account}", account, 5)
        assert refused.status == 409 and refused.code == "ACCOUNT_CLOSED", refused
        again = stack.api(dc).payin(f"{dc}:closed-{account}", account, 5)
        assert again.status == 409 and again.code == "ACCOUNT_CLOSED"


def test_account_with_money_stays_closing_and_refuses_payins(stack, account):
    assert stack.api("dc1").payin(f"dc1:rich-{account}", account, 5, wait=10).status == 200
    assert stack.api("dc1").call("DELETE", f"/v1/accounts/{account}").status in (200, 202)
    for dc in stack.dcs:
        until(f"closing at {dc}", 20, lambda: stack.api(dc).get(f"/v1/accounts/{account}").json["status"] == "CLOSING")
        refused = stack.api(dc).payin(f"{dc}:late-{account}", account, 5)
        assert refused.status == 409 and refused.code == "ACCOUNT_CLOSED", refused
    reopened = stack.api("dc1").call("PATCH", f"/v1/accounts/{account}", {"status": "OPEN"})
    assert reopened.status == 200 and reopened.json["status"] == "OPEN", reopened


def test_tokens_roles_and_scopes(stack, account, unique):
    assert stack.api("dc1", token="nonsense").balance(account).status == 401
    anonymous = stack.api("dc1")
    anonymous.token = None
    answer = anonymous.balance(account)
    assert answer.status == 401 and "bearer" in answer.headers["www-authenticate"].lower()
    made = stack.cli_json("dc1", "client", "add", f"reader-{unique}", "--role", "read", "--home", "dc2")
    for dc in stack.dcs:
        reader = stack.api(dc, token=made["token"])
        until(f"the reader's token at {dc}", 20, lambda: reader.balance(account).status == 200)
        assert reader.payin(f"{dc}:r-{unique}", account, 1).status == 403
    stored = stack.psql("dc3", f"SELECT encode(token_hash, 'hex') FROM client WHERE name = 'reader-{unique}'")
    assert made["token"] not in stored[0][0]
    stack.cli("dc1", "client", "revoke", f"reader-{unique}")
    for dc in stack.dcs:
        until(f"the token to be refused at {dc}", 20,
              lambda: stack.api(dc, token=made["token"]).balance(account).status == 401)


def test_keys_are_scoped_by_client(stack, account, unique):
    made = stack.cli_json("dc1", "client", "add", f"other-{unique}", "--role", "write", "--home", "dc1")
    other = stack.api("dc1", token=made["token"])
    assert stack.api("dc1").payin(f"dc1:shared-{unique}", account, 10, wait=10).status == 200
    assert other.operation(f"dc1:shared-{unique}").status == 404
    assert other.payin(f"dc1:shared-{unique}", account, 20, wait=10).status == 200
    stack.balance_everywhere(account, 30)


@pytest.mark.parametrize("body", [
    {"name": "x"}, {"name": "", "currency": "EUR"}, {"name": "x", "currency": "eur"}, {"name": "x", "currency": "EURO"},
    {"name": "x", "currency": "EUR", "account_id": "has space"}, {"name": "x", "currency": "EUR", "account_id": "a" * 65},
    {"name": "x", "currency": "EUR", "color": "red"}, {"name": "n" * 201, "currency": "EUR"}, {"name": 5, "currency": "EUR"},
    {"name": "line\nbreak", "currency": "EUR"},
])
def test_bad_accounts_are_refused(stack, unique, body):
    answer = stack.api("dc1").call("POST", "/v1/accounts", body, {"Idempotency-Key": f"bad-{unique}"})
    assert answer.status in (400, 422) and answer.code, answer
    assert answer.headers["content-type"].startswith("application/problem+json")


def test_accounts_are_listed(stack, account):
    for dc in stack.dcs:
        assert account in {item["account_id"] for item in stack.api(dc).pages("/v1/accounts?limit=1000")}
        assert stack.api(dc).get("/v1/accounts?limit=0").status in (400, 422)
