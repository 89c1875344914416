"""The records of a topic as kcat has them: headers and bytes untouched. Standard library only."""
import struct
import subprocess

FORMAT = "%p\x1f%o\x1f%T\x1f%K\x1f%k\x1f%h\x1f%S\x1f%s\x1e"


def topic_records(broker, topic, count=None):
    """The first `count` records (all) of a topic, as dictionaries: key is text; value and headers [[name, value]] are bytes."""
    line = ["kcat", "-b", broker, "-C", "-t", topic, "-o", "beginning", "-e", "-q", "-f", FORMAT]
    if count is not None:
        line += ["-c", str(count)]
    raw = subprocess.run(line, check=True, timeout=60, stdout=subprocess.PIPE).stdout
    return list(parse(raw, topic))


def parse(raw, topic):
    at = 0

    def field(size=None):
        """The next field: of this size, or up to its end."""
        nonlocal at
        end = raw.index(b"\x1f", at) if size is None else at + max(size, 0)
        value, at = raw[at:end], end + 1
        return value

    while at < len(raw):
        partition, offset, timestamp, key_size = (int(field()) for _ in range(4))
        key = field(key_size)
        headers = [pair.split(b"=", 1) for pair in field().split(b",") if pair]
        yield {"topic": topic, "partition": partition, "offset": offset, "timestamp": timestamp, "key": key.decode(),
               "headers": headers, "value": field(int(field()))}


def packed(headers):
    """As a dead letter's row keeps them."""
    return b"".join(struct.pack(">H", len(name)) + name + struct.pack(">I", len(value)) + value for name, value in headers)
