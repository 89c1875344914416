#!/usr/bin/env python3
"""batches.py: sends batches of pay-outs to one API, each connection the next when it has its answer. For batches.sh."""
import argparse
import http.client
import json
import os
import random
import threading
import time
import urllib.parse


def body(accounts, size, amount_max, atomic):
    """Keys are ordered by time, as docs/API.md advises."""
    at = time.time_ns()
    commands = ",".join(
        f'{{"kind":"PAYOUT","key":"dc1:{at:016x}-{random.getrandbits(32):08x}-{n:04x}","account_id":"{random.choice(accounts)}",'
        f'"amount":{{"minor_units":{random.randint(1, amount_max)},"currency":"EUR"}}}}' for n in range(size))
    return f'{{"atomic":{"true" if atomic else "false"},"commands":[{commands}]}}'


class Worker(threading.Thread):
    def __init__(self, words, accounts, end):
        super().__init__()
        self.words, self.accounts, self.end, self.times, self.paid, self.other = words, accounts, end, [], 0, 0

    def run(self):
        place = urllib.parse.urlsplit(self.words.api)
        connection = http.client.HTTPConnection(place.hostname, place.port, timeout=60)
        headers = {"Authorization": "Bearer " + os.environ["GEOBILL_TOKEN"], "Content-Type": "application/json"}
        while time.monotonic() < self.end:
            sent = body(self.accounts, self.words.size, self.words.amount_max, self.words.atomic)
            begun = time.monotonic()
            connection.request("POST", "/v1/batches", sent, headers)
            answer = connection.getresponse()
            paid = answer.read().count(b'"state":"PAID"')
            self.times.append(time.monotonic() - begun)
            self.paid += paid
            self.other += self.words.size - paid


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--api", required=True)
    parser.add_argument("--accounts", required=True, help="a file, one account a line")
    parser.add_argument("--connections", type=int, default=4)
    parser.add_argument("--size", type=int, default=1000)
    parser.add_argument("--seconds", type=float, default=8)
    parser.add_argument("--amount-max", type=int, default=100)
    parser.add_argument("--atomic", action="store_true")
    words = parser.parse_args()
    with open(words.accounts, encoding="utf-8") as file:
        accounts = file.read().split()
    begun = time.monotonic()
    workers = [Worker(words, accounts, begun + words.seconds) for _ in range(words.connections)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    took, cpu = time.monotonic() - begun, os.times()
    times = sorted(t for worker in workers for t in worker.times)
    paid = sum(worker.paid for worker in workers)
    print(json.dumps({"answers": paid, "other": sum(worker.other for worker in workers), "per_s": int(paid / took),
                      "p50_ms": int(times[len(times) // 2] * 1000), "p99_ms": int(times[len(times) * 99 // 100] * 1000),
                      "cpu_us": int((cpu.user + cpu.system) * 1e6)}, separators=(",", ":")))


main()
