"""dlq_letters.py BROKER TOPIC COUNT: COUNT dead letters as a script for psql, made of the topic's records in turn."""

import os
import struct
import subprocess
import sys

FORMAT = "%p\x1f%o\x1f%T\x1f%K\x1f%k\x1f%h\x1f%S\x1f%s\x1e"


def records(broker, topic):
    """Partition, offset, timestamp, key, headers, value; all but numbers as bytes."""
    line = ["kcat", "-b", broker, "-C", "-t", topic, "-o", "beginning", "-e", "-q", "-c", "20000", "-f", FORMAT]
    raw = subprocess.run(line, check=True, timeout=60, stdout=subprocess.PIPE).stdout
    at = 0

    def field(size=None):
        nonlocal at
        end = raw.index(b"\x1f", at) if size is None else at + max(size, 0)
        value, at = raw[at:end], end + 1
        return value

    while at < len(raw):
        partition, offset, timestamp, key_size = (int(field()) for _ in range(4))
        key = field(key_size)
        headers = [pair.split(b"=", 1) for pair in field().split(b",") if pair]
        yield partition, offset, timestamp, key, headers, field(int(field()))


def packed(headers):
    return b"".join(struct.pack(">H", len(name)) + name + struct.pack(">I", len(value)) + value for name, value in headers)


def main():
    broker, topic, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
    found = list(records(broker, topic))
    if not found:
        sys.exit(f"{topic} is empty")
    print(
        "COPY dead_letter (digest, topic, partition, record_offset, record_timestamp_ms, record_key, record_value,"
        " record_headers, stage, code, message, first_failed_at_us, last_failed_at_us) FROM stdin;"
    )
    for i in range(count):
        partition, offset, timestamp, key, headers, value = found[i % len(found)]
        texts = [f"\\\\x{part.hex()}" for part in (os.urandom(32), key, value, packed(headers))]
        print(texts[0], topic, partition, offset, timestamp, *texts[1:], "apply", "BENCH", "made by bench/dlq.sh", 1, 1, sep="\t")
    print("\\.")


main()
