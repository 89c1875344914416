"""Health, metrics, logs, graceful stop and the operator's tool, on the running stack."""
import json
import re
import subprocess

import yaml

from geobill_client import Api
from geobill_stack import ROOT, until


def daemon_urls(stack, dc):
    rows = stack.psql(dc, "SELECT DISTINCT ON (role) role, listen FROM daemon ORDER BY role, beat_at_us DESC")
    return {role: f"http://{listen}" for role, listen in rows}


def test_every_daemon_answers_livez_readyz_metrics(stack):
    for dc in stack.dcs:
        urls = daemon_urls(stack, dc)
        assert {"api", "publisher", "consumer", "projector"} <= set(urls), urls
        for role, url in urls.items():
            api = Api(url, None, timeout=5)
            assert api.get("/livez").status == 200, role
            until(f"{role} of {dc} to be ready", 20, lambda: api.get("/readyz").status == 200)
            metrics = api.get("/metrics")
            assert metrics.status == 200 and metrics.headers["content-type"].startswith("text/plain")
            check_prometheus_text(metrics.raw.decode())


def check_prometheus_text(text):
    typed = {}
    for line in text.splitlines():
        if line.startswith("# TYPE "):
            _, _, name, kind = line.split(" ")
            assert name not in typed, f"{name} typed twice"
            typed[name] = kind
        elif not line.startswith("#"):
            match = re.fullmatch(r'([a-zA-Z_:][a-zA-Z0-9_:]*)(\{([a-z_]+="(?:[^"\\]|\\.)*",?)*\})? -?[0-9.eE+-]+', line)
            assert match, line
            name = match.group(1)
            family = re.sub(r"_(bucket|sum|count)$", "", name)
            assert name in typed or typed.get(family) == "histogram", line
            assert name.startswith("geobill_"), line
            if typed.get(name) == "counter":
                assert name.endswith("_total"), line
    assert typed


def test_logs_are_json_lines_with_ids(stack, account):
    trace_id = "aaaabbbbccccddddeeeeffff00001111"
    stack.api("dc1").payin(f"dc1:log-{account}", f"none-{account}", 5,
                           headers={"traceparent": f"00-{trace_id}-00f067aa0ba902b7-01"})

    def logged():
        text = stack.stack("logs", "dc1", "api").stdout
        return [line for line in text.splitlines() if trace_id in line]
    line = json.loads(until("the refusal in the log", 10, logged)[0][logged()[0].index("{"):])
    assert line["trace_id"] == trace_id and line["key"] == f"dc1:log-{account}" and line["dc"] == "dc1"
    assert stack.token not in stack.stack("logs", "dc1").stdout


def test_graceful_stop_finishes_and_exits_0(stack, account):
    for part in ("projector", "consumer", "publisher", "api"):
        pid = stack.pid("dc3", part)
        stack.stack("stop", "dc3", part)
        until(f"{part} {pid} to be gone", 10, lambda: subprocess.run(["kill", "-0", str(pid)], check=False,
                                                                     capture_output=True).returncode != 0)
        stack.stack("start", "dc3", part)
    until("dc3 to be ready", 30, lambda: stack.ready("dc3"))
    assert stack.api("dc3").payin(f"dc3:again-{account}", account, 5, wait=20).status == 200
    stack.balance_everywhere(account, 5)


def test_standby_publisher_takes_over(stack, account):
    config = str(stack.config("dc1"))
    second = subprocess.Popen([str(stack.bin / "geobill-publisher"), "--config", config,
                               "-X", "publisher.listen=127.0.0.1:0", "-X", f"publisher.wake=unix:{stack.run}/standby"],
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        until("a standby", 20, lambda: stack.psql(
            "dc1", f"SELECT 1 FROM daemon WHERE role = 'publisher' AND pid = {second.pid} AND detail LIKE '%standby%'"))
        stack.stack("stop", "dc1", "publisher")
        until("the standby to be active", 20, lambda: stack.psql(
            "dc1", f"SELECT 1 FROM daemon WHERE role = 'publisher' AND pid = {second.pid} AND detail LIKE '%active%'"))
        assert stack.api("dc1").payin(f"dc1:standby-{account}", account, 6, wait=20).status == 200
        stack.balance_everywhere(account, 6)
    finally:
        second.terminate()
        assert second.wait(20) == 0
        stack.stack("start", "dc1", "publisher")
    assert stack.api("dc1").payin(f"dc1:back-{account}", account, 1, wait=20).status == 200


def test_operators_tool(stack, account):
    assert re.fullmatch(r"geobill \d+\.\d+\.\d+\n", stack.cli("dc1", "--version").stdout)
    assert "client add" in stack.cli("dc1", "--help").stdout
    assert stack.cli("dc1", "nonsense", check=False).returncode == 2
    assert stack.cli("dc2", "migrate").returncode == 0
    assert stack.cli_json("dc2", "migrate", "--all", "--dry-run") == []
    assert stack.cli("dc3", "migrate", "--all").stdout.count("nothing to apply") == len(stack.dcs)
    unknown = stack.cli("dc1", "migrate", "--dc", "dc9", check=False)
    assert unknown.returncode == 2 and "no datacenter that is known" in unknown.stderr
    away = stack.cli("dc1", "-X", "peer.dc3.conninfo=host=/nowhere", "migrate", "--all", check=False)
    assert away.returncode == 3 and "migrate dc3" in away.stderr
    topics = stack.cli_json("dc1", "topics", "check")
    assert {t["result"] for t in topics} == {"fine"} and "geobill.catalogue.v1" in {t["topic"] for t in topics}
    shown = stack.cli_json("dc2", "payin", account, "250", "EUR", "--key", f"dc2:cli-{account}", "--wait", "10")
    assert shown["state"] == "BOOKED"
    stack.balance_everywhere(account, 250)
    assert stack.cli_json("dc3", "account", "show", account)["balance"]["total"]["minor_units"] == 250
    opened = stack.cli_json("dc1", "account", "open", f"By tool {account}", "--currency", "EUR")
    assert opened["status"] == "OPEN"
    assert stack.cli("dc1", "account", "block", account).returncode == 0
    status = stack.cli_json("dc1", "status")
    assert {row["dc"] for row in status["datacenters"]} == set(stack.dcs)
    assert {row["reader"] for row in status["streams"] if row["stream"] == "ledger" and row["source"] == "dc1"} \
        == {"dc2", "dc3"}
    stack.verify_at_rest()
    records = [json.loads(line) for line in stack.cli(
        "dc1", "topic", "cat", "geobill.dc2.payin.v1").stdout.splitlines()]
    mine = [r for r in records if r.get("body", {}).get("key") == f"dc2:cli-{account}"]
    assert mine and mine[0]["body"]["amount"] == 250


def test_migrate_brings_all_datacenters_up(stack):
    """A move that two of three have yet to do: planned, done a stage at a time, done once."""
    name = "0022_letters_settled.move"
    for dc in ("dc1", "dc3"):
        stack.psql(dc, f"DELETE FROM schema_migration WHERE name = '{name}'", user="geobill")
    stack.psql("dc1", "INSERT INTO dead_letter (digest, topic, partition, record_offset, record_timestamp_ms, stage, code, message, "
                      "first_failed_at_us, last_failed_at_us, state) SELECT sha256(n::text::bytea), 't', 0, n, 1, 'x', 'OLD', 'm', 1, "
                      "(extract(epoch FROM now()) * 1000000)::bigint, 3 FROM generate_series(1, 1500) n", user="geobill")

    def shown(*words):
        return [(row["dc"], row["stage"], row["name"], row["rows"], row["result"])
                for row in stack.cli_json("dc2", "migrate", "--all", *words)]

    planned = [("dc1", "move", name, None, "pending"), ("dc3", "move", name, None, "pending")]
    assert shown("--dry-run") == planned
    assert shown("--until", "expand") == []
    assert shown("--dry-run") == planned
    assert stack.cli_json("dc2", "migrate") == []  # dc2 alone
    assert shown() == [("dc1", "move", name, 1500, "applied"), ("dc3", "move", name, 0, "applied")]
    assert shown() == []
    settled = "DELETE FROM dead_letter WHERE code = 'OLD' AND settled_at_us = last_failed_at_us RETURNING 1"
    assert len(stack.psql("dc1", settled, user="geobill")) == 1500


def test_verify_finds_a_corrupted_replica(stack, account):
    assert stack.api("dc1").payin(f"dc1:corrupt-{account}", account, 50, wait=10).status == 200
    stack.balance_everywhere(account, 50)
    where = f"WHERE dc = 'dc1' AND account_no = (SELECT account_no FROM account WHERE account_id = '{account}')"
    stack.psql("dc2", "UPDATE replicated_share SET balance = balance + 1, credits_total = credits_total + 1 " + where,
               user="geobill_projector")
    done = stack.cli("dc1", "verify", "--wait", "2", check=False)
    assert done.returncode == 1 and "i8_" in done.stdout and "dc2" in done.stdout, done.stdout
    stack.psql("dc2", "UPDATE replicated_share SET balance = balance - 1, credits_total = credits_total - 1 " + where,
               user="geobill_projector")
    stack.verify_at_rest()


def test_openapi_describes_the_real_answers(stack, account, other_account):
    served = stack.api("dc1").get("/openapi.yaml")
    assert served.status == 200
    api = yaml.safe_load(served.raw)
    assert api == yaml.safe_load((ROOT / "docs" / "openapi.yaml").read_text())
    assert stack.api("dc1").payin(f"dc1:open-{account}", account, 5, reference="r", metadata={"a": 1},
                                  wait=10).status == 200
    hold = stack.api("dc1").place_hold(f"dc1:open-h-{account}", account, 2)
    hold_id = hold.json["hold_id"]
    answers = [
        ("post", "/v1/holds", hold),
        ("post", "/v1/holds", stack.api("dc1").place_hold(f"dc1:open-w-{account}", account, 999, deadline_ms=3000,
                                                          headers={"Prefer": "respond-async"})),
        ("get", "/v1/holds/{hold_id}", stack.api("dc2").hold(hold_id)),
        ("post", "/v1/holds/{hold_id}/capture", stack.api("dc1").capture(f"dc1:open-c-{account}", hold_id, 1)),
        ("get", "/v1/holds/{hold_id}", stack.api("dc2").hold(hold_id)),
        ("get", "/v1/operations/{key}", stack.api("dc2").operation(f"dc1:open-h-{account}")),
        ("post", "/v1/holds/{hold_id}/void", stack.api("dc1").void(f"dc1:open-v-{account}", hold_id)),
        ("post", "/v1/transfers", stack.api("dc1").transfer(f"dc1:open-t-{account}", account, other_account, 2)),
        ("post", "/v1/transfers", stack.api("dc1").transfer(f"dc1:open-u-{account}", account, other_account, 99)),
        ("post", "/v1/pay-outs", stack.api("dc1").payout(f"dc1:open-p-{account}", account, 1)),
        ("post", "/v1/pay-ins", stack.api("dc1").payin(f"dc1:open-{account}", account, 5, reference="r",
                                                       metadata={"a": 1})),
        ("post", "/v1/pay-ins", stack.api("dc1").payin(f"dc1:open-{account}", account, 6)),
        ("post", "/v1/pay-ins", stack.api("dc1").payin(f"dc1:none-{account}", "none", 6)),
        ("get", "/v1/accounts", stack.api("dc1").get("/v1/accounts?limit=3")),
        ("get", "/v1/accounts/{account_id}", stack.api("dc1").get(f"/v1/accounts/{account}")),
        ("get", "/v1/accounts/{account_id}/balance", stack.api("dc2").balance(account)),
        ("get", "/v1/accounts/{account_id}/entries", stack.api("dc3").get(f"/v1/accounts/{account}/entries")),
        ("get", "/v1/operations/{key}", stack.api("dc2").operation(f"dc1:open-{account}")),
        ("get", "/v1/operations", stack.api("dc2").get(f"/v1/operations?account_id={account}")),
        ("get", "/v1/operations/{key}", stack.api("dc1").operation(f"dc1:nothing-{account}")),
    ]
    for method, path, answer in answers:
        responses = api["paths"][path][method]["responses"]
        assert str(answer.status) in responses, (method, path, answer)
        response = resolve(api, responses[str(answer.status)])
        schema = list(response["content"].values())[0]["schema"]
        fits(api, schema, answer.json, f"{method} {path} {answer.status}")


def resolve(api, node):
    while "$ref" in node:
        target = api
        for word in node["$ref"].removeprefix("#/").split("/"):
            target = target[word]
        node = target
    return node


def fits_any(api, schemas, value, where):
    """One of them; else what speaks against each."""
    against = []
    for schema in schemas:
        try:
            fits(api, schema, value, where)
            return
        except AssertionError as error:
            against.append(str(error))
    raise AssertionError((where, "fits none", against))


def fits(api, schema, value, where):
    """A strict reading of the part of JSON Schema that the description uses."""
    schema = resolve(api, schema)
    for part in schema.get("allOf", []):
        fits(api, part, value, where)
    if "anyOf" in schema:
        fits_any(api, schema["anyOf"], value, where)
    if "type" not in schema and ("allOf" in schema or "anyOf" in schema):
        return
    kinds = {"object": dict, "array": list, "string": str, "integer": int, "boolean": bool}
    kind = schema["type"]
    kind = kind if isinstance(kind, list) else [kind]
    assert any(value is None if k == "null" else isinstance(value, kinds[k]) for k in kind), (where, kind, value)
    if value is None:
        return
    if "enum" in schema:
        assert value in schema["enum"], (where, value)
    if "pattern" in schema:
        assert re.search(schema["pattern"], value), (where, value)
    if isinstance(value, dict):
        properties = schema.get("properties", {})
        for name in schema.get("required", []):
            assert name in value, (where, "lacks", name)
        for name, part in value.items():
            if name in properties:
                fits(api, properties[name], part, f"{where}.{name}")
            else:
                assert schema.get("additionalProperties", False) is not False, (where, "not described:", name)
    if isinstance(value, list):
        for part in value:
            fits(api, schema["items"], part, where + "[]")
