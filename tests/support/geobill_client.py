"""An HTTP client of geobill's API for black-box tests. Standard library only; shares no code with the product."""
import http.client
import json
import socket
import urllib.parse


class Answer:
    """Status, headers (lower-case names) and the decoded body of one answer."""

    def __init__(self, status, headers, raw):
        self.status = status
        self.headers = {name.lower(): value for name, value in headers}
        self.raw = raw
        self.json = None
        if raw and "json" in self.headers.get("content-type", ""):
            self.json = json.loads(raw)

    @property
    def code(self):
        """The stable code of a problem+json answer."""
        return self.json.get("code") if isinstance(self.json, dict) else None

    def __repr__(self):
        return f"{self.status} {self.raw[:300]!r}"


def money(minor_units, currency="EUR"):
    return {"minor_units": minor_units, "currency": currency}


class Api:
    """One datacenter's API, called with one client's token. A connection per call: the tests are about truth, not speed."""

    def __init__(self, url, token, timeout=30):
        parts = urllib.parse.urlsplit(url)
        self.host, self.port = parts.hostname, parts.port
        self.url, self.token, self.timeout = url, token, timeout

    def call(self, method, path, body=None, headers=None, raw=None):
        sent = {}
        if self.token:
            sent["Authorization"] = "Bearer " + self.token
        if body is not None:
            raw = json.dumps(body).encode()
        if raw is not None:
            sent["Content-Type"] = "application/json"
        sent.update(headers or {})
        return self.exchange(method, path, raw, {k: v for k, v in sent.items() if v is not None})

    def exchange(self, method, path, raw, headers):
        connection = http.client.HTTPConnection(self.host, self.port, timeout=self.timeout)
        try:
            connection.request(method, path, body=raw, headers=headers)
            response = connection.getresponse()
            return Answer(response.status, response.getheaders(), response.read())
        finally:
            connection.close()

    def kept(self):
        """The same API over one kept connection: for loads. One thread owns it; any failure ends the connection."""
        return KeptApi(self.url, self.token, self.timeout)

    def get(self, path):
        return self.call("GET", path)

    def open_account(self, name, currency="EUR", account_id=None, key=None, balance=None, policy=None):
        body = {"name": name, "currency": currency}
        if balance is not None:
            body["opening_balance"] = {"minor_units": balance, "currency": currency}
        if policy is not None:
            body["policy"] = policy
        if account_id:
            body["account_id"] = account_id
        return self.call("POST", "/v1/accounts", body, {"Idempotency-Key": key or "open-" + name})

    def command(self, path, key, body, wait=None, headers=None):
        """POST of one command about money."""
        sent = {"Idempotency-Key": key}
        if wait is not None:
            sent["Prefer"] = f"wait={wait}"
        sent.update(headers or {})
        return self.call("POST", path, body, sent)

    def payin(self, key, account_id, minor_units, currency="EUR", wait=None, headers=None, **more):
        body = {"account_id": account_id, "amount": money(minor_units, currency), **more}
        return self.command("/v1/pay-ins", key, body, wait, headers)

    def payout(self, key, account_id, minor_units, currency="EUR", wait=None, headers=None, **more):
        body = {"account_id": account_id, "amount": money(minor_units, currency), **more}
        return self.command("/v1/pay-outs", key, body, wait, headers)

    def transfer(self, key, payer, payee, minor_units, currency="EUR", wait=None, headers=None, **more):
        body = {"account_id": payer, "payee_account_id": payee, "amount": money(minor_units, currency), **more}
        return self.command("/v1/transfers", key, body, wait, headers)

    def add_service(self, service_id, minor_units, currency="EUR"):
        body = {"service_id": service_id, "name": f"Service {service_id}", "price": money(minor_units, currency)}
        return self.call("POST", "/v1/services", body, {"Idempotency-Key": f"add-{service_id}"})

    def charge(self, key, account_id, service_id, wait=None, headers=None, **more):
        return self.command("/v1/charges", key, {"account_id": account_id, "service_id": service_id, **more}, wait, headers)

    def refund(self, key, account_id, original_key, minor_units, currency="EUR", wait=None, headers=None, **more):
        body = {"account_id": account_id, "original_key": original_key, "amount": money(minor_units, currency), **more}
        return self.command("/v1/refunds", key, body, wait, headers)

    def place_hold(self, key, account_id, minor_units, currency="EUR", wait=None, headers=None, **more):
        body = {"account_id": account_id, "amount": money(minor_units, currency), **more}
        return self.command("/v1/holds", key, body, wait, headers)

    def capture(self, key, hold_id, minor_units=None, currency="EUR", **more):
        body = dict(more) if minor_units is None else {"amount": money(minor_units, currency), **more}
        return self.command(f"/v1/holds/{hold_id}/capture", key, body)

    def void(self, key, hold_id, **more):
        return self.command(f"/v1/holds/{hold_id}/void", key, more)

    def batch(self, commands, wait=None, headers=None, **more):
        """POST of many: each command is its single body with `kind`, `key`, and `hold_id` where the path has it."""
        sent = dict(headers or {})
        if wait is not None:
            sent["Prefer"] = f"wait={wait}"
        return self.call("POST", "/v1/batches", {"commands": commands, **more}, sent)

    def hold(self, hold_id):
        return self.get(f"/v1/holds/{hold_id}")

    def balance(self, account_id):
        return self.get(f"/v1/accounts/{account_id}/balance")

    def operation(self, key):
        return self.get("/v1/operations/" + urllib.parse.quote(key, safe=""))

    def pages(self, path):
        """All items of a list, following its cursor."""
        items, cursor = [], None
        for _ in range(100000):
            query = ("&" if "?" in path else "?") + "cursor=" + urllib.parse.quote(cursor) if cursor else ""
            answer = self.get(path + query)
            assert answer.status == 200, answer
            items += answer.json["data"]
            if not answer.json["has_more"]:
                return items
            cursor = answer.json["next_cursor"]
        raise AssertionError("the list does not end")


class KeptApi(Api):
    """Api with a connection that is kept from call to call."""

    connection = None

    def exchange(self, method, path, raw, headers):
        if self.connection is None:
            self.connection = http.client.HTTPConnection(self.host, self.port, timeout=self.timeout)
            self.connection.connect()
            self.connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            self.connection.request(method, path, body=raw, headers=headers)
            response = self.connection.getresponse()
            return Answer(response.status, response.getheaders(), response.read())
        except (OSError, http.client.HTTPException):
            self.connection.close()
            self.connection = None
            raise
