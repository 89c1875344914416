"""A relay between a reader and a Kafka broker that loses or swaps single records on the way, as no well-behaved broker
would. It speaks of the protocol only what it changes: Fetch (versions below 12, which librdkafka uses); every other
request and answer passes as it is. The broker advertises the relay's port on the listener behind it.

    relay = Relay("127.0.0.1:9000", 9001)
    relay.tamper = lambda topic, partition, batch: batch.drop(batch.offsets()[0])     # called for every fetched batch
"""
import socket
import struct
import threading

from kafka_wire import FETCH, Batch, Reader, split_batches, text


class Relay:
    def __init__(self, broker, port):
        host, number = broker.rsplit(":", 1)
        self.broker = (host, int(number))
        self.tamper = None  # (topic, partition, Batch) -> None; changes the batch
        self.errors = []  # what could not be spoken: a test must look at it
        self.listener = socket.create_server(("127.0.0.1", port))
        self.sockets, self.open = [], True
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self):
        self.open = False
        for one in [self.listener, *self.sockets]:
            try:
                one.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            one.close()

    def _accept(self):
        while self.open:
            try:
                client, _ = self.listener.accept()
                server = socket.create_connection(self.broker, timeout=10)
                server.settimeout(None)
            except OSError:
                continue
            self.sockets += [client, server]
            asked = {}  # correlation -> version of a Fetch that waits for its answer
            for source, target, change in ((client, server, self._request), (server, client, self._answer)):
                threading.Thread(target=self._pump, args=(source, target, change, asked), daemon=True).start()

    def _pump(self, source, target, change, asked):
        try:
            while True:
                size = struct.unpack(">i", self._receive(source, 4))[0]
                data = change(self._receive(source, size), asked)
                target.sendall(struct.pack(">i", len(data)) + data)
        except OSError:
            pass
        except Exception as error:  # pylint: disable=broad-except
            self.errors.append(repr(error))
        finally:
            for one in (source, target):
                try:
                    one.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass

    @staticmethod
    def _receive(source, size):
        parts = []
        while size > 0:
            part = source.recv(size)
            if not part:
                raise OSError("closed")
            parts.append(part)
            size -= len(part)
        return b"".join(parts)

    @staticmethod
    def _request(data, asked):
        key, version, correlation = struct.unpack_from(">hhi", data)
        if key == FETCH:
            asked[correlation] = version
        return data

    def _answer(self, data, asked):
        version = asked.pop(struct.unpack_from(">i", data)[0], None)
        if version is None or self.tamper is None:
            return data
        assert 4 <= version < 12, f"Fetch of version {version} is not spoken here"
        reader = Reader(data)
        reader.take(4 + 4 + (6 if version >= 7 else 0))  # correlation, throttle; error and session
        out = [data[:reader.at]]
        topics = reader.number("i")
        out.append(struct.pack(">i", topics))
        for _ in range(topics):
            out += self._topic(reader, version)
        return b"".join(out) + data[reader.at:]

    def _topic(self, reader, version):
        topic, partitions = reader.text(), reader.number("i")
        out = [text(topic), struct.pack(">i", partitions)]
        for _ in range(partitions):
            begin = reader.at
            partition = reader.number("i")
            reader.take(2 + 8 + 8 + (8 if version >= 5 else 0))  # error, high watermark, last stable, log start
            aborted = reader.number("i")
            reader.take(16 * max(aborted, 0) + (4 if version >= 11 else 0))  # preferred replica
            out.append(reader.data[begin:reader.at])
            size = reader.number("i")
            records = self._records(topic, partition, reader.take(max(size, 0)))
            out.append(struct.pack(">i", len(records) if size >= 0 else size) + records)
        return out

    def _records(self, topic, partition, data):
        batches, rest = split_batches(data)
        out = []
        for raw in batches:
            batch = Batch(raw)
            self.tamper(topic, partition, batch)
            out.append(batch.data())
        return b"".join(out) + rest
