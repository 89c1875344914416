"""Bad input gets a clear problem+json and changes nothing: over HTTP and over Kafka."""
import json
import socket
import time
import urllib.parse

import pytest

from geobill_stack import until

EUR = {"minor_units": 1, "currency": "EUR"}


def snapshot(stack):
    """Everything at dc1 that a refused request must not change."""
    return stack.psql("dc1", "SELECT (SELECT count(*) FROM operation), (SELECT count(*) FROM relay), "
                             "(SELECT count(*) FROM outbox), (SELECT count(*) FROM ledger), "
                             "(SELECT count(*) FROM account)")


def is_problem(answer, statuses):
    assert answer.status in statuses, answer
    assert answer.headers["content-type"].startswith("application/problem+json"), answer
    assert answer.json["code"].isupper() and "retryable" in answer.json and answer.json["status"] == answer.status
    assert answer.json.get("detail"), answer
    return True


@pytest.mark.parametrize("raw", [
    b"", b"{", b"[]", b"null", b"\xff\xfe", b"nonsense", b'{"account_id":"ACCOUNT"',
    b'{"account_id":"ACCOUNT","account_id":"ACCOUNT","amount":{"minor_units":1,"currency":"EUR"}}',
    b'{"account_id":"ACCOUNT","amount":{"minor_units":1,"minor_units":2,"currency":"EUR"}}',
    b'{"account_id":"ACCOUNT","amount":{"minor_units":1,"currency":"EUR"},"colour":"red"}',
    b'{"account_id":"ACCOUNT","amount":{"minor_units":1,"currency":"EUR","cents":1}}',
    b'{"account_id":"ACCOUNT","amount":{"minor_units":1,"currency":"EUR"},"metadata":' + b"[" * 30 + b"]" * 30 + b"}",
    b'{"account_id":"ACCOUNT","amount":{"minor_units":1,"currency":"EUR"},"metadata":' + b'{"a":' * 3000 + b"1" + b"}" * 3000
    + b"}",
    b'{"account_id":"ACCOUNT","amount":{"minor_units":1,"currency":"EUR"}} trailing',
    b'{"account_id":"ACCOUNT","amount":{"minor_units":1,"currency":"EUR"},"reference":"a\\u0000b"}',
    b'{"account_id":"ACCOUNT","amount":{"minor_units":1,"currency":"EUR"},"reference":"a\\u0007b"}',
    b'{"account_id":"ACCOUNT","amount":{"minor_units":1,"currency":"EUR"},"reference":5}',
    b'{"account_id":"ACCOUNT","amount":{"minor_units":1,"currency":"EUR"},"metadata":"text"}',
    b'{"account_id":5,"amount":{"minor_units":1,"currency":"EUR"}}',
    b'{"account_id":"ACCOUNT"}', b'{"amount":{"minor_units":1,"currency":"EUR"}}',
    b'{"account_id":"ACCOUNT","amount":1}', b'{"account_id":"ACCOUNT","amount":{"currency":"EUR"}}',
] + [b'{"account_id":"ACCOUNT","amount":{"minor_units":%s,"currency":"EUR"}}' % amount for amount in (
    b"0", b"-1", b"1.5", b"1e3", b"1.0", b"1000000000000001", b"9223372036854775808", b'"1"', b"null", b"true", b"[1]",
    b"123456789012345678901234567890")])
def test_malformed_bodies(stack, account, raw):
    before = snapshot(stack)
    answer = stack.api("dc1").call("POST", "/v1/pay-ins", raw=raw.replace(b"ACCOUNT", account.encode()),
                                   headers={"Idempotency-Key": f"dc1:bad-{account}"})
    is_problem(answer, (400, 422))
    assert snapshot(stack) == before


def test_largest_amount_is_taken(stack, account):
    assert stack.api("dc1").payin(f"dc1:large-{account}", account, 10**15, wait=10).status == 200
    stack.balance_everywhere(account, 10**15)


def test_wrong_currency_unknown_account(stack, account, unique):
    before = snapshot(stack)
    api = stack.api("dc1")
    wrong = api.payin(f"dc1:usd-{unique}", account, 1, currency="USD")
    assert is_problem(wrong, (422,)) and wrong.code == "CURRENCY_MISMATCH"
    unknown = api.payin(f"dc1:unknown-{unique}", f"nobody-{unique}", 1)
    assert is_problem(unknown, (404,)) and unknown.code == "ACCOUNT_NOT_FOUND"
    is_problem(api.payin(f"dc1:id-{unique}", "a b", 1), (400, 404, 422))
    assert snapshot(stack) == before


@pytest.mark.parametrize("key, code", [
    (None, "IDEMPOTENCY_KEY_MISSING"), ("", None), ("k" * 201, "IDEMPOTENCY_KEY_INVALID"),
    ("a\tb", "IDEMPOTENCY_KEY_INVALID"), ("caf\u00e9", "IDEMPOTENCY_KEY_INVALID")])
def test_idempotency_keys(stack, account, key, code):
    before = snapshot(stack)
    headers = {} if key is None else {"Idempotency-Key": key.encode("utf-8").decode("latin-1")}
    answer = stack.api("dc1").call("POST", "/v1/pay-ins", {"account_id": account, "amount": EUR}, headers)
    is_problem(answer, (400,))
    assert code is None or answer.code == code
    assert snapshot(stack) == before
    longest = stack.api("dc1").payin("k" * (200 - len(account)) + account, account, 1)
    assert longest.status == 202


def test_x_idempotency_key_is_accepted(stack, account):
    answer = stack.api("dc1").call("POST", "/v1/pay-ins", {"account_id": account, "amount": EUR},
                                   {"X-Idempotency-Key": f"dc1:x-{account}"})
    assert answer.status == 202


def test_methods_paths_and_media_types(stack, account):
    api = stack.api("dc1")
    before = snapshot(stack)
    body, key = json.dumps({"account_id": account, "amount": EUR}).encode(), {"Idempotency-Key": f"dc1:m-{account}"}
    wrong_method = api.call("PUT", "/v1/pay-ins", raw=body, headers=key)
    is_problem(wrong_method, (405,))
    assert "POST" in wrong_method.headers["allow"]
    is_problem(api.call("POST", f"/v1/accounts/{account}/balance", raw=body, headers=key), (405,))
    is_problem(api.get("/v1/nothing"), (404,))
    is_problem(api.get("/v1/accounts/%00/balance"), (400, 404))
    is_problem(api.call("POST", "/v1/pay-ins", raw=body, headers={**key, "Content-Type": "text/plain"}), (415,))
    is_problem(api.call("POST", "/v1/pay-ins", raw=b" " * 65537, headers=key), (413,))
    is_problem(api.get(f"/v1/accounts/{account}/entries?limit=x"), (400, 422))
    is_problem(api.get(f"/v1/accounts/{account}/entries?cursor=%21%21"), (400, 422))
    is_problem(api.get(f"/v1/accounts/{account}/entries?colour=red"), (400, 422))
    is_problem(api.get("/v1/operations?state=ODD&account_id=" + account), (400, 422))
    assert snapshot(stack) == before


def connect(stack, dc):
    parts = urllib.parse.urlsplit(stack.env[f"GEOBILL_API_{dc}"])
    return socket.create_connection((parts.hostname, parts.port), timeout=60)


def test_truncated_body_changes_nothing(stack, account):
    before = snapshot(stack)
    body = json.dumps({"account_id": account, "amount": EUR}).encode()
    with connect(stack, "dc1") as connection:
        connection.sendall(b"POST /v1/pay-ins HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + stack.token.encode() +
                           b"\r\nContent-Type: application/json\r\nIdempotency-Key: dc1:cut-" + account.encode() +
                           b"\r\nContent-Length: %d\r\n\r\n" % (len(body) + 1) + body)
        connection.shutdown(socket.SHUT_WR)
        connection.settimeout(20)
        assert not connection.recv(4096).startswith(b"HTTP/1.1 2")
    assert snapshot(stack) == before


def test_slow_loris_is_cut_and_bothers_nobody(stack, account):
    lorises = [connect(stack, "dc1") for _ in range(50)]
    for loris in lorises:
        loris.sendall(b"POST /v1/pay-ins HTTP/1.1\r\nHost: x\r\n")
    assert stack.api("dc1").payin(f"dc1:beside-{account}", account, 1, wait=10).status == 200
    begun = time.monotonic()
    alive = set(range(len(lorises)))
    while alive and time.monotonic() < begun + 40:  # a byte now and then must not keep a connection
        for number in list(alive):
            try:
                lorises[number].sendall(b"X")
                lorises[number].settimeout(0.01)
                if lorises[number].recv(4096) == b"":
                    alive.discard(number)
            except TimeoutError:
                pass
            except OSError:
                alive.discard(number)
        time.sleep(0.5)
    assert not alive, f"{len(alive)} slow connections live on after 40 s"


HOSTILE = {
    "not framed": b"\x01hello",
    "one byte": b"\x00",
    "frame only": b"\x00\x00\x00\x00\x65",
    "unknown schema": b"\x00\x00\x01\x00\x00hello",
    "claims 2 GiB": b"\x00\x00\x00\x00\x65\xfe\xff\xff\xff\x0f\x61",
    "endless varint": b"\x00\x00\x00\x00\x65" + b"\xff" * 40,
    "large": b"\x00\x00\x00\x00\x65" + b"\x80" * 900000,
}


@pytest.mark.parametrize("family", ["payin", "reserve-reply", "ledger"])
@pytest.mark.parametrize("name", sorted(HOSTILE))
def test_hostile_messages_become_dead_letters_and_the_partition_goes_on(stack, account, kcat, family, name):
    reader_dc = "dc2" if family == "ledger" else "dc1"
    part = "projector" if family == "ledger" else "consumer"
    value = HOSTILE[name] + (account.encode() if name in ("not framed", "large", "unknown schema") else b"")
    topic = f"geobill.dc1.{family}.v1"
    count = f"SELECT coalesce(sum(attempts), 0) FROM dead_letter WHERE topic = '{topic}'"
    before = int(stack.psql(reader_dc, count)[0][0])
    kcat(stack.kafka("dc1"), topic, key=account.encode(), value=value)
    until("the dead letter", 20, lambda: int(stack.psql(reader_dc, count)[0][0]) > before)
    assert stack.api("dc1").payin(f"dc1:after-{name.replace(' ', '-')}-{family}-{account}", account, 9,
                                  wait=20).status == 200
    stack.balance_everywhere(account, 9)
    rss_kib = int([line for line in open(f"/proc/{stack.pid(reader_dc, part)}/status")
                   if line.startswith("VmRSS")][0].split()[1])
    assert rss_kib < 256 * 1024, f"{part} of {reader_dc} has {rss_kib} KiB"


def test_dead_letters_reach_their_topic_with_headers(stack, account, kcat):
    topic = "geobill.dc1.payin.v1"
    kcat(stack.kafka("dc1"), topic, key=account.encode(), value=b"poison " + account.encode())
    until("the dead letter in its topic", 20, lambda: b"poison " + account.encode() in kcat.read(
        stack.kafka("dc1"), "geobill.dc1.dlq.v1"))
    records = kcat.read_json(stack.kafka("dc1"), "geobill.dc1.dlq.v1")
    mine = [r for r in records if r["payload"] == "poison " + account]
    assert len(mine) == 1
    headers = dict(zip(mine[0]["headers"][::2], mine[0]["headers"][1::2]))
    assert headers["__geobill.errors.topic"] == topic and headers["__geobill.errors.code"]
    assert {"partition", "offset", "timestamp", "group", "stage", "message", "attempts", "first.failed.at",
            "retryable"} <= {name.removeprefix("__geobill.errors.") for name in headers}
