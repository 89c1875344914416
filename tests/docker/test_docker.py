"""compose/: three datacenters in containers, their story, and a cut by `docker network disconnect`."""
import os
import pathlib

import pytest

from geobill_client import Api
from geobill_stack import until

PROJECT = f"geobill-test-{os.getpid()}"


def test_the_image_is_small_and_has_no_root_and_no_compiler(engine, docker):
    said = docker("run", "--rm", "geobill", "bash", "-c", "id -u; command -v gcc cmake make || echo none; ls /usr/local/bin")
    assert said.split() == ["10001", "none", "geobill", "geobill-api", "geobill-consumer", "geobill-is-ready",
                            "geobill-projector", "geobill-publisher"]


def test_the_demo_tells_the_story_of_the_native_one(stack, docker):
    told = stack("demo", within_s=600)
    assert "geobill verify compared the ledgers and replicas of all datacenters: clean" in told
    assert "FUNDS_UNREACHABLE" in told and "INSUFFICIENT_FUNDS" in told
    assert docker("ps", "-aq", "--filter", "name=geobill-demo") == ""
    assert docker("volume", "ls", "-q", "--filter", "name=geobill-demo") == ""


@pytest.fixture
def datacenters(stack, docker, tmp_path):
    """A Kafka cluster for each; the APIs by datacenter, and how to call ./stack docker for them."""
    names = {"GEOBILL_PROJECT": PROJECT, "GEOBILL_SECRETS": str(tmp_path / "secrets"),
             **{f"GEOBILL_PORT_DC{number}": "0" for number in (1, 2, 3)}}

    def call(*words):
        return stack(*words, **names)

    try:
        said = call("up", "--brokers", "per-dc", "--wait-s", "300")
        urls = next(line for line in said.splitlines() if line.startswith("up: ")).split()[-3:]
        token = pathlib.Path(tmp_path / "secrets/token").read_text().strip()
        yield {f"dc{number}": Api(url, token) for number, url in enumerate(urls, 1)}, call
    finally:
        call("down", "--wipe")
    assert docker("volume", "ls", "-q", "--filter", f"name={PROJECT}") == ""


def test_a_datacenter_that_is_cut_off_goes_on(datacenters, docker):
    api, call = datacenters
    assert api["dc1"].open_account("Ada", account_id="ada", key="dc1:open").status == 201
    for dc in api:
        until(f"the account at {dc}", 30, lambda dc=dc: api[dc].get("/v1/accounts/ada").status == 200)
    for dc in api:
        assert api[dc].payin(f"{dc}:salary", "ada", 1000, wait=20).json["state"] == "BOOKED"

    def total(dc):
        return api[dc].balance("ada").json["total"]["minor_units"]

    until("all to agree", 30, lambda: [total(dc) for dc in api] == [3000] * 3)
    call("cut", "dc3")
    assert api["dc3"].payout("dc3:rent", "ada", 400, deadline_ms=2000).json["state"] == "PAID"
    assert api["dc3"].payin("dc3:salary-2", "ada", 50, wait=20).json["state"] == "BOOKED"
    refused = api["dc3"].payout("dc3:rent-2", "ada", 2000, deadline_ms=1000)
    assert refused.status == 409 and refused.code == "FUNDS_UNREACHABLE", refused
    assert api["dc1"].payout("dc1:rent", "ada", 900, deadline_ms=2000).json["state"] == "PAID"
    assert total("dc1") == 2100  # knows nothing of dc3's 350 less
    call("join", "dc3")
    until("all to agree again", 60, lambda: [total(dc) for dc in api] == [1750] * 3)
    assert api["dc3"].payout("dc3:rent-3", "ada", 1700, deadline_ms=20000).json["state"] == "PAID"
    until("all to agree at last", 60, lambda: [total(dc) for dc in api] == [50] * 3)
    call("geobill", "dc1", "verify", "--at-rest")
    for container in docker("ps", "-q", "--filter", f"name={PROJECT}").split():
        assert "password=" not in docker("inspect", container).lower()
