"""Services: catalogue items, added and changed at one datacenter, known at all."""
from geobill_stack import until


def price(minor_units, currency="EUR"):
    return {"minor_units": minor_units, "currency": currency}


def everywhere(stack, service_id, **wanted):
    """In each datacenter's own copy: a list is never passed on to the catalogue."""
    for dc in stack.dcs:
        until(f"{service_id} at {dc} to be {wanted}", 20, lambda: any(
            service["service_id"] == service_id and wanted.items() <= service.items()
            for service in stack.api(dc).pages("/v1/services?limit=2")))
        assert wanted.items() <= stack.api(dc).get(f"/v1/services/{service_id}").json.items()


def test_added_and_changed_anywhere_known_everywhere(stack, unique):
    service_id = f"sms-{unique}"
    body = {"service_id": service_id, "name": f"Text {unique}", "price": price(9)}
    answer = stack.api("dc3").call("POST", "/v1/services", body, {"Idempotency-Key": f"service-{unique}"})
    assert answer.status == 201 and answer.headers["location"] == f"/v1/services/{service_id}", answer
    again = stack.api("dc1").call("POST", "/v1/services", body, {"Idempotency-Key": f"service-{unique}"})
    assert again.status == 201 and again.raw == answer.raw and again.headers["idempotent-replayed"] == "true"
    everywhere(stack, service_id, price=price(9), status="ACTIVE", version=1)
    changed = stack.api("dc2").call("PATCH", f"/v1/services/{service_id}", {"price": price(12)})
    assert changed.status == 200 and changed.json["version"] == 2, changed
    everywhere(stack, service_id, price=price(12), status="ACTIVE", version=2)
    assert stack.api("dc3").call("PATCH", f"/v1/services/{service_id}", {"status": "RETIRED"}).status == 200
    everywhere(stack, service_id, price=price(12), status="RETIRED", version=3)
    assert stack.cli_json("dc2", "service", "show", service_id)["status"] == "RETIRED"


def test_the_tool_adds_changes_and_retires(stack, unique):
    added = stack.cli_json("dc1", "service", "add", f"Mail {unique}", "5", "EUR", "--id", f"mail-{unique}")
    assert added["service_id"] == f"mail-{unique}" and added["status"] == "ACTIVE"
    assert stack.cli_json("dc1", "service", "change", f"mail-{unique}", "--price", "6", "--status", "RETIRED")["version"] == 2
    assert f"mail-{unique}" in stack.cli("dc1", "service", "list", "--limit", "1000").stdout
    assert stack.cli("dc1", "service", "change", f"mail-{unique}", check=False).returncode == 2


def test_nothing_is_left_over(stack):
    stack.verify_at_rest()
