"""The frozen bytes mean what the schemas say, to a decoder that shares no code with geobill."""

import json
import os
import pathlib
import shutil
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "support"))
import avro  # noqa: E402


def samples():
    """(type, bytes, body) of every message in samples.c."""
    lines = subprocess.run(
        [os.environ["GEOBILL_PRINT_SAMPLES"]], check=True, capture_output=True, text=True
    ).stdout.splitlines()
    for line in lines:
        message_type, frozen, body = line.split("\t")
        yield message_type, bytes.fromhex(frozen), json.loads(body)


SAMPLES = list(samples())
VERSIONS = avro.versions()


def test_every_message_has_samples():
    assert {message_type for message_type, _, _ in SAMPLES} == {each.type for each in avro.versions()}


@pytest.mark.parametrize("message_type, frozen, body", SAMPLES)
def test_frozen_bytes_are_decoded(message_type, frozen, body):
    message = avro.decode(frozen, VERSIONS)
    assert message.type == message_type
    assert message.body == body
    assert list(message.body) == list(body)  # in the schema's order


@pytest.mark.parametrize("message_type, frozen, body", SAMPLES)
def test_encoding_gives_the_frozen_bytes(message_type, frozen, body):
    assert avro.encode(message_type, body) == frozen


@pytest.mark.parametrize("message_type, frozen, body", SAMPLES)
def test_what_is_cut_off_or_added_is_malformed(message_type, frozen, body):
    for end in range(len(frozen)):
        with pytest.raises(avro.Malformed):
            avro.decode(frozen[:end], VERSIONS)
    with pytest.raises(avro.Malformed):
        avro.decode(frozen + b"\0", VERSIONS)


def test_exactly_one_version_of_a_type_is_written_and_ids_are_given_once():
    versions = avro.versions()
    assert len({each.id for each in versions}) == len(versions)
    assert len({(each.type, each.version) for each in versions}) == len(versions)
    for message_type in {each.type for each in versions}:
        assert sum(each.written for each in versions if each.type == message_type) == 1


def test_every_schema_file_is_in_ids_json_and_says_what_it_is_for():
    files = {entry["file"] for entry in json.loads((avro.SCHEMAS / "ids.json").read_text())}
    assert files == {path.name for path in avro.SCHEMAS.glob("*.avsc")}
    for version in avro.versions():
        assert version.schema["doc"]
        assert all(field["doc"] for field in version.schema["fields"])


def embed(schemas, out):
    """The step of the build that compiles the schemas in."""
    command = ["cmake", f"-DSCHEMAS_DIR={schemas}", f"-DOUT={out}", "-P", ROOT / "cmake/embed_schemas.cmake"]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_a_changed_schema_stops_the_build(tmp_path):
    schemas = tmp_path / "schemas"
    shutil.copytree(avro.SCHEMAS, schemas)
    assert embed(schemas, tmp_path / "schemas.c").returncode == 0
    changed = schemas / "payin.avsc"
    changed.write_text(changed.read_text() + "\n")
    stopped = embed(schemas, tmp_path / "other.c")
    assert stopped.returncode != 0
    assert "payin.avsc is not what ids.json froze as id 101" in " ".join(stopped.stderr.split())
    assert not (tmp_path / "other.c").exists()
