"""Readers of another time: what we write now is read with the older and the newer version of each schema, by the rules
of Avro's schema resolution, and the other way round. Each pair must lose nothing that both know."""

import json
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1] / "support"))
import avro  # noqa: E402

SCHEMAS = HERE.parent / "schemas"
PROMOTIONS = {("int", "long")}
SAMPLES = {
    "string": "text",
    "int": 7,
    "long": 1 << 40,
    "boolean": True,
    "bytes": b"\1\2",
}


class Unreadable(Exception):
    """The reader's schema cannot take what the writer's schema writes."""


def kind_of(schema):
    return schema if isinstance(schema, str) else "union" if isinstance(schema, list) else schema["type"]


def simple_name(schema):
    return schema["name"].rpartition(".")[2]


class Resolution:
    """Reads as `reader` what was written by `writer`."""

    def __init__(self, writer, reader):
        self.names = avro.names_in(writer, {}), avro.names_in(reader, {})
        self.schemas = writer, reader

    def read(self, body):
        return self.value(*self.schemas, body)

    def value(self, writer, reader, value):
        writer, reader = avro.resolved(writer, self.names[0]), avro.resolved(reader, self.names[1])
        if isinstance(writer, list):
            writer = next(each for each in writer if avro.fits(each, value, self.names[0]))
            return self.value(writer, reader, value)
        if isinstance(reader, list):
            reader = self.branch(writer, reader, value)
            return self.value(writer, reader, value)
        kinds = kind_of(writer), kind_of(reader)
        if isinstance(reader, dict) and reader["type"] in avro.PRIMITIVES:
            return self.value(writer, reader["type"], value)
        if isinstance(writer, dict) and writer["type"] in avro.PRIMITIVES:
            return self.value(writer["type"], reader, value)
        if kinds[0] != kinds[1] and kinds not in PROMOTIONS:
            raise Unreadable(f"{kinds[0]} as {kinds[1]}")
        named = {"record": self.record, "array": self.array, "enum": self.enum, "fixed": self.fixed}
        return named[kinds[1]](writer, reader, value) if kinds[1] in named else value

    def branch(self, writer, readers, value):
        for each in readers:
            try:
                self.value(writer, each, value)
                return each
            except Unreadable:
                continue
        raise Unreadable(f"no branch for {kind_of(writer)}")

    def record(self, writer, reader, value):
        if simple_name(writer) != simple_name(reader):
            raise Unreadable(f"{writer['name']} as {reader['name']}")
        known = {field["name"]: field for field in writer["fields"]}
        return {field["name"]: self.field(field, known, value) for field in reader["fields"]}

    def field(self, field, known, value):
        if field["name"] in known:
            return self.value(known[field["name"]]["type"], field["type"], value[field["name"]])
        if "default" not in field:
            raise Unreadable(f"{field['name']} has no default")
        return field["default"]

    def array(self, writer, reader, value):
        return [self.value(writer["items"], reader["items"], item) for item in value]

    def enum(self, writer, reader, value):
        if simple_name(writer) != simple_name(reader):
            raise Unreadable(f"{writer['name']} as {reader['name']}")
        if value not in reader["symbols"] and "default" not in reader:
            raise Unreadable(f"{value} of {reader['name']}")
        return value if value in reader["symbols"] else reader["default"]

    def fixed(self, writer, reader, value):
        if (simple_name(writer), writer["size"]) != (simple_name(reader), reader["size"]):
            raise Unreadable(f"{writer['name']} as {reader['name']}")
        return value


def sample(schema, names, last):
    """A value of the schema: of choices the first, or the last."""
    schema = avro.resolved(schema, names)
    if isinstance(schema, list):
        return sample(schema[1], names, last) if last else None
    kind = kind_of(schema)
    if kind == "record":
        return {field["name"]: sample(field["type"], names, last) for field in schema["fields"]}
    if kind == "array":
        return [sample(schema["items"], names, last)] * 2 if last else []
    if kind == "enum":
        return schema["symbols"][-1 if last else 0]
    if kind == "fixed":
        return "ab" * schema["size"]
    return SAMPLES[kind]


def survives(written, read, reader, names):
    """Is what both sides know the same on both? A symbol the reader does not know is its default."""
    reader = avro.resolved(reader, names)
    if isinstance(reader, list):
        reader = reader[0] if written is None else reader[1]
        return survives(written, read, reader, names)
    if kind_of(reader) == "record":
        types = {field["name"]: field["type"] for field in reader["fields"]}
        return all(survives(written[name], read[name], types[name], names) for name in types if name in written)
    if kind_of(reader) == "array":
        return len(written) == len(read) and all(
            survives(one, other, reader["items"], names) for one, other in zip(written, read)
        )
    if kind_of(reader) == "enum" and written not in reader["symbols"]:
        return read == "UNKNOWN"
    return written == read


def check(what, writer, reader):
    """How many messages went through; says what is wrong."""
    wrong = 0
    for last in (False, True):
        names = avro.names_in(writer, {})
        body = sample(writer, names, last)
        framed = avro.encode(None, body, schema=writer, schema_id=1)
        decoded = avro.decode(framed, [avro.Version("", 1, 1, True, writer)]).body
        try:
            read = Resolution(writer, reader).read(decoded)
            if decoded != body or not survives(body, read, reader, avro.names_in(reader, {})):
                print(f"{what}: {body} was read as {read}")
                wrong += 1
        except Unreadable as why:
            print(f"{what}: {why}")
            wrong += 1
    return wrong


def selftest():
    """What must not pass does not."""
    record = {"type": "record", "name": "R", "fields": [{"name": "a", "type": "int"}]}
    for change in (
        {"fields": [{"name": "a", "type": "string"}]},
        {"fields": [{"name": "b", "type": "int"}]},
        {"name": "S"},
    ):
        try:
            Resolution(record, record | change).read({"a": 1})
        except Unreadable:
            continue
        sys.exit(f"selftest: {change} passed")


def main():
    selftest()
    wrong = pairs = 0
    for version in avro.versions():
        name = version.type.split(".")[1]
        for time in ("older", "newer"):
            other = json.loads((SCHEMAS / f"{name}.{time}.avsc").read_text())
            wrong += check(f"{version.type}, our messages read with the {time}", version.schema, other)
            wrong += check(f"{version.type}, messages of the {time} read with ours", other, version.schema)
            pairs += 2
    print(f"{pairs} pairs of versions, {wrong} wrong")
    sys.exit(1 if wrong or not pairs else 0)


main()
