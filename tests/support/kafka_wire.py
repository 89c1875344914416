"""As much of Kafka's protocol as the tests need, written down from its public description: requests to one broker, and
record batches taken apart and put together again. Standard library only, no code shared with geobill or a Kafka client."""
import socket
import struct

PRODUCE, FETCH, METADATA, DELETE_TOPICS, DELETE_RECORDS, ALTER_CONFIGS = 0, 1, 3, 20, 21, 44
TOPIC_RESOURCE, SET = 2, 0


def _crc32c_table():
    table = []
    for byte in range(256):
        for _ in range(8):
            byte = byte >> 1 ^ 0x82F63B78 if byte & 1 else byte >> 1
        table.append(byte)
    return table


CRC32C = _crc32c_table()


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc = crc >> 8 ^ CRC32C[(crc ^ byte) & 0xFF]
    return crc ^ 0xFFFFFFFF


class Reader:
    """Walks over bytes; big-endian numbers, zigzag varints."""

    def __init__(self, data, at=0):
        self.data, self.at = data, at

    def take(self, size):
        if size < 0 or self.at + size > len(self.data):
            raise ValueError(f"{size} bytes at {self.at} of {len(self.data)}")
        self.at += size
        return self.data[self.at - size:self.at]

    def number(self, shape):
        return struct.unpack(">" + shape, self.take(struct.calcsize(shape)))[0]

    def text(self):
        size = self.number("h")
        return None if size < 0 else self.take(size).decode()

    def unsigned_varint(self):
        value, shift = 0, 0
        while True:
            byte = self.take(1)[0]
            value |= (byte & 0x7F) << shift
            shift += 7
            if not byte & 0x80:
                return value

    def varint(self):
        value = self.unsigned_varint()
        return value >> 1 ^ -(value & 1)


def varint(value):
    value, out = (value << 1 ^ value >> 63) & 0xFFFFFFFFFFFFFFFF, bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def text(value):
    return struct.pack(">h", len(value.encode())) + value.encode()


def array(items):
    return struct.pack(">i", len(items)) + b"".join(items)


class Broker:
    """One connection; each call is one request and its answer. None of the versions used here is a flexible one."""

    def __init__(self, address, timeout=20):
        host, port = address.rsplit(":", 1)
        self.socket = socket.create_connection((host, int(port)), timeout=timeout)
        self.correlation = 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def _receive(self, size):
        data = b""
        while len(data) < size:
            more = self.socket.recv(size - len(data))
            if not more:
                raise OSError("the broker closed the connection")
            data += more
        return data

    def ask(self, key, version, body):
        self.correlation += 1
        head = struct.pack(">hhi", key, version, self.correlation) + text("geobill-tests")
        self.socket.sendall(struct.pack(">i", len(head + body)) + head + body)
        answer = Reader(self._receive(struct.unpack(">i", self._receive(4))[0]))
        if answer.number("i") != self.correlation:
            raise OSError("the answer is to another request")
        return answer

    def partitions(self, topic):
        """Partitions of a topic; 0: the broker has no such topic."""
        answer = self.ask(METADATA, 4, array([text(topic)]) + b"\0")
        answer.number("i")
        for _ in range(answer.number("i")):
            answer.number("i"), answer.text(), answer.number("i"), answer.text()
        answer.text(), answer.number("i")
        answer.number("i")
        code = answer.number("h")
        answer.text(), answer.number("b")
        return answer.number("i") if code == 0 else 0

    def delete_records(self, topic, offsets, timeout_ms=20000):
        """Deletes the records below an offset of each partition ({partition: offset}; -1: all). Returns where each now
        begins, and fails when a partition was refused."""
        parts = [struct.pack(">iq", partition, offset) for partition, offset in sorted(offsets.items())]
        answer = self.ask(DELETE_RECORDS, 0, array([text(topic) + array(parts)]) + struct.pack(">i", timeout_ms))
        answer.number("i"), answer.number("i"), answer.text()
        begins = {}
        for _ in range(answer.number("i")):
            partition, begin, code = answer.number("i"), answer.number("q"), answer.number("h")
            assert code == 0, f"DeleteRecords {topic}/{partition}: Kafka's error {code}"
            begins[partition] = begin
        return begins

    def delete_topic(self, topic, timeout_ms=20000):
        answer = self.ask(DELETE_TOPICS, 1, array([text(topic)]) + struct.pack(">i", timeout_ms))
        answer.number("i"), answer.number("i"), answer.text()
        code = answer.number("h")
        assert code == 0, f"DeleteTopics {topic}: Kafka's error {code}"

    def alter_topic(self, topic, settings):
        configs = [text(name) + struct.pack(">b", SET) + text(value) for name, value in settings.items()]
        answer = self.ask(ALTER_CONFIGS, 0, array([struct.pack(">b", TOPIC_RESOURCE) + text(topic) + array(configs)]) + b"\0")
        answer.number("i"), answer.number("i")
        code, why = answer.number("h"), answer.text()
        assert code == 0, f"IncrementalAlterConfigs {topic}: {code} {why}"


# --- record batches ---

BATCH_HEAD = 61
COMPRESSION = 0x07


class Batch:
    """One record batch of format 2. records: [(offset delta, bytes behind the delta, bytes before it)]."""

    def __init__(self, data):
        reader = Reader(data)
        self.base_offset, size = reader.number("q"), reader.number("i")
        assert len(data) == 12 + size, f"a batch of {12 + size} bytes in {len(data)}"
        self.leader_epoch, magic, crc = reader.number("i"), reader.number("b"), reader.number("I")
        assert magic == 2, f"record batches of format {magic} are not spoken here"
        assert crc == crc32c(data[21:]), "the checksum does not fit: the batch is broken before we touched it"
        (self.attributes, self.last_delta, self.first_timestamp, self.max_timestamp, self.producer, self.producer_epoch,
         self.sequence, count) = struct.unpack(">hiqqqhii", reader.take(40))
        assert not self.attributes & COMPRESSION, "compressed batches are not spoken here: configure the producer without"
        self.records = []
        for _ in range(count):
            size = reader.varint()
            record = Reader(reader.take(size))
            attributes, timestamp_delta, delta = record.take(1), record.varint(), record.varint()
            self.records.append([delta, attributes + varint(timestamp_delta), record.data[record.at:]])

    def offsets(self):
        return [self.base_offset + record[0] for record in self.records]

    def drop(self, offset):
        """As compaction does: the record is gone, all others keep their offsets, the batch its range."""
        self.records = [record for record in self.records if self.base_offset + record[0] != offset]

    def swap(self, first, second):
        """The contents of two records change places; offsets stay in order."""
        places = {self.base_offset + record[0]: record for record in self.records}
        one, other = places[first], places[second]
        one[1:], other[1:] = other[1:], one[1:]

    def data(self):
        body = b""
        for delta, before, behind in self.records:
            record = before + varint(delta) + behind
            body += varint(len(record)) + record
        rest = struct.pack(">hiqqqhii", self.attributes, self.last_delta, self.first_timestamp, self.max_timestamp,
                           self.producer, self.producer_epoch, self.sequence, len(self.records)) + body
        return (struct.pack(">qiibI", self.base_offset, 9 + len(rest), self.leader_epoch, 2, crc32c(rest)) + rest)


def split_batches(data):
    """Whole batches of a fetched record set, and what is behind them (the beginning of another)."""
    batches, at = [], 0
    while at + BATCH_HEAD <= len(data):
        size = 12 + struct.unpack_from(">i", data, at + 8)[0]
        if at + size > len(data):
            break
        batches.append(data[at:at + size])
        at += size
    return batches, data[at:]
