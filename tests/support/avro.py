"""Reads and writes our records without geobill's code or an Avro library: framing, Avro, the schemas under schemas/.

    from avro import decode, encode
    message = decode(record_value)              # Message(type, version, id, body)
    value = encode("geobill.payin.v1", body)    # for hostile or future records: encode(..., schema=..., schema_id=...)
"""

import hashlib
import json
import pathlib
import struct
from typing import NamedTuple

SCHEMAS = pathlib.Path(__file__).resolve().parents[2] / "schemas"
PRIMITIVES = {"null", "boolean", "int", "long", "string", "bytes"}


class Message(NamedTuple):
    type: str
    version: int
    id: int
    body: dict


class Malformed(Exception):
    """Not a framed Avro message of a schema we know."""


class Version(NamedTuple):
    type: str
    version: int
    id: int
    written: bool
    schema: dict


def versions():
    """All versions of ids.json, each checked against its frozen SHA-256."""
    found = []
    for entry in json.loads((SCHEMAS / "ids.json").read_text()):
        text = (SCHEMAS / entry["file"]).read_bytes()
        if hashlib.sha256(text).hexdigest() != entry["sha256"]:
            raise Malformed(f"{entry['file']} is not what ids.json froze")
        found.append(Version(entry["type"], entry["version"], entry["id"], entry["written"], json.loads(text)))
    return found


class Reader:
    def __init__(self, data):
        self.data = data
        self.at = 0

    def take(self, size):
        if size < 0 or size > len(self.data) - self.at:
            raise Malformed(f"{size} bytes wanted at {self.at} of {len(self.data)}")
        self.at += size
        return self.data[self.at - size : self.at]

    def number(self):
        bits = shift = 0
        while True:
            byte = self.take(1)[0]
            bits |= (byte & 0x7F) << shift
            shift += 7
            if not byte & 0x80:
                break
            if shift > 63:
                raise Malformed("a number of more than ten bytes")
        if bits >> 64:
            raise Malformed("a number of more than 64 bits")
        return (bits >> 1) ^ -(bits & 1)

    def items(self, read_one):
        found = []
        while count := self.number():
            if count < 0:
                self.number()  # bytes of the block
                count = -count
            for _ in range(count):
                found.append(read_one())
        return found


def names_in(schema, found):
    """The named schemas within this one, by their simple names."""
    if isinstance(schema, list):
        for branch in schema:
            names_in(branch, found)
    elif isinstance(schema, dict):
        if "name" in schema:
            found[schema["name"]] = schema
        for part in ("type", "items"):
            names_in(schema.get(part), found)
        for field in schema.get("fields", []):
            names_in(field["type"], found)
    return found


def resolved(schema, names):
    """The schema behind a name."""
    if isinstance(schema, str) and schema not in PRIMITIVES:
        return names[schema.rpartition(".")[2]]
    return schema


def read(schema, reader, names):
    schema = resolved(schema, names)
    if isinstance(schema, list):
        branch = reader.number()
        if not 0 <= branch < len(schema):
            raise Malformed(f"branch {branch} of {len(schema)}")
        return read(schema[branch], reader, names)
    kind = schema if isinstance(schema, str) else schema["type"]
    if kind == "record":
        return {field["name"]: read(field["type"], reader, names) for field in schema["fields"]}
    if kind == "array":
        return reader.items(lambda: read(schema["items"], reader, names))
    if kind == "enum":
        index = reader.number()
        if not 0 <= index < len(schema["symbols"]):
            raise Malformed(f"symbol {index} of {schema['name']}")
        return schema["symbols"][index]
    if kind == "fixed":
        return reader.take(schema["size"]).hex()
    return read_primitive(kind, reader)


def read_primitive(kind, reader):
    if kind == "null":
        return None
    if kind == "boolean":
        return read_boolean(reader.take(1)[0])
    if kind in ("int", "long"):
        return reader.number()
    data = bytes(reader.take(reader.number()))
    if kind == "bytes":
        return data
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as wrong:
        raise Malformed("a string that is not UTF-8") from wrong


def read_boolean(byte):
    if byte > 1:
        raise Malformed("neither true nor false")
    return byte == 1


def decode(value, known=None):
    """The message in a record's value."""
    if len(value) < 5 or value[0] != 0:
        raise Malformed("no frame")
    (schema_id,) = struct.unpack(">i", value[1:5])
    for version in known or versions():
        if version.id == schema_id:
            reader = Reader(value[5:])
            body = read(version.schema, reader, names_in(version.schema, {}))
            if reader.at != len(reader.data):
                raise Malformed(f"{len(reader.data) - reader.at} bytes after the message")
            return Message(version.type, version.version, version.id, body)
    raise Malformed(f"schema {schema_id} is not known")


def write_number(number):
    bits = (number << 1) ^ (number >> 63)
    out = bytearray()
    while bits > 0x7F:
        out.append(bits & 0x7F | 0x80)
        bits >>= 7
    return bytes(out) + bytes([bits])


def write_bytes(data):
    return write_number(len(data)) + data


def fits(schema, value, names):
    """Is this the branch of a union for the value?"""
    schema = resolved(schema, names)
    kind = schema if isinstance(schema, str) else schema["type"]
    return (kind == "null") == (value is None)


def write(schema, value, names):
    schema = resolved(schema, names)
    if isinstance(schema, list):
        branch = next(i for i, each in enumerate(schema) if fits(each, value, names))
        return write_number(branch) + write(schema[branch], value, names)
    kind = schema if isinstance(schema, str) else schema["type"]
    if kind == "record":
        return b"".join(write(field["type"], given(field, value), names) for field in schema["fields"])
    if kind == "array":
        items = b"".join(write(schema["items"], item, names) for item in value)
        return (write_number(len(value)) + items if value else b"") + b"\0"
    if kind == "enum":
        return write_number(schema["symbols"].index(value))
    if kind == "fixed":
        return bytes.fromhex(value)
    return write_primitive(kind, value)


def given(field, value):
    """The field's value, else its default."""
    return value[field["name"]] if field["name"] in value else field["default"]


def write_primitive(kind, value):
    if kind == "null":
        return b""
    if kind == "boolean":
        return bytes([value])
    if kind in ("int", "long"):
        return write_number(value)
    return write_bytes(value.encode() if kind == "string" else value)


def encode(message_type, body, schema=None, schema_id=None):
    """A record's value with this body, by the version that is written, or by another schema under an id of one's own."""
    if schema is None:
        version = next(each for each in versions() if each.type == message_type and each.written)
        schema, schema_id = version.schema, version.id
    return b"\0" + struct.pack(">i", schema_id) + write(schema, body, names_in(schema, {}))
