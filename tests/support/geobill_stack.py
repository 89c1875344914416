"""Starts and handles a private stack through the front door `./stack`, as a user would. Standard library only."""
import json
import os
import pathlib
import shlex
import subprocess
import time

from geobill_client import Api

ROOT = pathlib.Path(__file__).resolve().parents[2]


def until(what, deadline_s, probe, pause_s=0.05):
    """Repeats probe() until it gives something true; fails naming `what` and the last answer at the deadline."""
    end = time.monotonic() + deadline_s
    while True:
        last = probe()
        if last:
            return last
        if time.monotonic() > end:
            raise AssertionError(f"waited {deadline_s} s for {what}; last: {last!r}")
        time.sleep(pause_s)


class Stack:
    def __init__(self, run, dcs=3, brokers="one", env=None, up=True):
        self.run = pathlib.Path(run).absolute()
        self.extra = dict(env or {})
        if up:
            self.stack("up", "--dcs", str(dcs), "--brokers", brokers, timeout=180)
        self.read_env()

    @classmethod
    def running(cls, run):
        """A stack that is up already."""
        return cls(run, up=False)

    def stack(self, command, *words, timeout=60, check=True):
        """Runs one ./stack command for this run folder; its output is in the error when it fails."""
        line = [str(ROOT / "stack"), command, "--run", str(self.run), *words]
        done = subprocess.run(line, cwd=ROOT, timeout=timeout, text=True, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env={**os.environ, **self.extra})
        if check and done.returncode != 0:
            raise AssertionError(f"{' '.join(line)} gave {done.returncode}:\n{done.stdout[-4000:]}")
        return done

    def read_env(self):
        self.env = {}
        for line in (self.run / "env").read_text().splitlines():
            words = shlex.split(line.removeprefix("export "), comments=True)
            if words and "=" in words[0]:
                name, value = words[0].split("=", 1)
                self.env[name] = value
        self.dcs = self.env["GEOBILL_DCS"].split()
        self.token = self.env["GEOBILL_TOKEN"]
        self.bin = pathlib.Path(self.env["GEOBILL_BIN"])

    def api(self, dc, token=None):
        return Api(self.env[f"GEOBILL_API_{dc}"], token or self.token)

    def config(self, dc):
        return pathlib.Path(self.env[f"GEOBILL_RUN_{dc}"]) / "geobill.ini"

    def psql(self, dc, sql, user=None):
        """Rows of one query as lists of text, as the operator (read-only) or another role."""
        conninfo = self.env[f"GEOBILL_PG_{dc}"]
        if user:
            conninfo = " ".join(w for w in conninfo.split() if not w.startswith("user=")) + f" user={user}"
        done = subprocess.run(["psql", "-X", "-q", "-A", "-t", "-F", "\x1f", "-v", "ON_ERROR_STOP=1", "-d", conninfo,
                               "-c", sql], text=True, capture_output=True, timeout=60)
        if done.returncode != 0:
            raise AssertionError(f"psql at {dc}: {done.stderr}")
        return [line.split("\x1f") for line in done.stdout.splitlines()]

    def cli(self, dc, *words, check=True, timeout=120):
        """Runs the operator's tool with the configuration of `dc`."""
        line = [str(self.bin / "geobill"), "--config", str(self.config(dc)), *words]
        done = subprocess.run(line, text=True, capture_output=True, timeout=timeout, stdin=subprocess.DEVNULL,
                              env={**os.environ, "GEOBILL_TOKEN": self.token})
        if check and done.returncode != 0:
            raise AssertionError(f"{' '.join(line)} gave {done.returncode}:\n{done.stdout[-3000:]}\n{done.stderr}")
        return done

    def cli_json(self, dc, *words):
        return json.loads(self.cli(dc, *words, "--output", "json").stdout)

    def kafka(self, dc):
        return self.env[f"GEOBILL_KAFKA_{dc}"]

    def pid(self, dc, part):
        path = self.run / "kafka.pid" if part == "kafka" and (self.run / "kafka.pid").exists() \
            else self.run / dc / f"{part}.pid"
        return int(path.read_text())

    def ready(self, dc):
        try:
            return Api(self.env[f"GEOBILL_API_{dc}"], None, timeout=2).get("/readyz").status == 200
        except OSError:
            return False

    def verify_at_rest(self, wait=60):
        """`geobill verify --at-rest` must find nothing."""
        done = self.cli(self.dcs[0], "verify", "--at-rest", "--wait", str(wait), check=False, timeout=wait + 60)
        assert done.returncode == 0, f"verify: {done.returncode}\n{done.stdout}\n{done.stderr}"

    def balance_everywhere(self, account_id, total, deadline_s=30):
        """Waits until every datacenter shows this total with nothing in flight."""
        for dc in self.dcs:
            def shows(api=self.api(dc)):
                answer = api.balance(account_id)
                if answer.status != 200:
                    return None
                body = answer.json
                return body["total"]["minor_units"] == total and body["in_flight"]["minor_units"] == 0 and body
            until(f"{account_id} to show {total} at {dc}", deadline_s, shows)

    def down(self):
        self.stack("down", "--wipe", timeout=120)
