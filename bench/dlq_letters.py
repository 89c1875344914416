"""dlq_letters.py BROKER TOPIC COUNT: COUNT dead letters as a script for psql, made of the topic's records in turn."""

import os
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "tests/support"))

from kafka_records import packed, topic_records  # noqa: E402


def main():
    broker, topic, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
    found = topic_records(broker, topic, 20000)
    if not found:
        sys.exit(f"{topic} is empty")
    print(
        "COPY dead_letter (digest, topic, partition, record_offset, record_timestamp_ms, record_key, record_value,"
        " record_headers, stage, code, message, first_failed_at_us, last_failed_at_us) FROM stdin;"
    )
    for i in range(count):
        one = found[i % len(found)]
        texts = [f"\\\\x{part.hex()}" for part in (os.urandom(32), one["key"].encode(), one["value"], packed(one["headers"]))]
        print(texts[0], topic, one["partition"], one["offset"], one["timestamp"], *texts[1:], "apply", "BENCH",
              "made by bench/dlq.sh", 1, 1, sep="\t")
    print("\\.")


main()
