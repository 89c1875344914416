#!/usr/bin/env python3
"""What long tests found, for docs/RELIABILITY.md. Standard library only.

In a test:
    found = Findings("fault_storms", "Restart storms", "What was done, in a few sentences.", ("fault", "seconds"))
    found.row("consumer killed", 1.3)      # printed, and in the fragment at once: what was found before a failure stays
Around a program that prints what it found:
    findings.py run NAME --title TITLE [--says TEXT] -- PROGRAM ARGUMENTS...
The page, from the fragments and ctest's own account of the run:
    findings.py page FOLDER --junit FILE...

Fragments go into the folder that GEOBILL_FINDINGS names; without it nothing is written.
"""
import argparse
import datetime
import os
import pathlib
import platform
import re
import subprocess
import sys
import time
import xml.etree.ElementTree

ROOT = pathlib.Path(__file__).resolve().parents[2]
LINES_MAX = 40  # of a program's output

HEAD = """# Reliability

What the long tests found, written by `./stack long` or from its tests run one by one; nothing here is written by hand. A test that passed is no proof: 0 failures
in n independent runs bounds the chance of a failure, at 95 %, by 3/n. So 10^6 histories without a failure say: fewer than 3 in 10^6;
a minute of kills without a loss says only that this minute lost nothing.
"""


class Findings:
    """One fragment: a heading, some sentences, a table that grows row by row."""

    def __init__(self, name, title, says, columns):
        self.name, self.title, self.says, self.columns, self.rows = name, title, says, columns, []
        self.made = made()

    def row(self, *cells):
        assert len(cells) == len(self.columns), (cells, self.columns)
        self.rows.append([str(round(cell, 2)) if isinstance(cell, float) else str(cell) for cell in cells])
        print(f"{self.name}: " + ", ".join(f"{c}: {v}" for c, v in zip(self.columns, self.rows[-1])), flush=True)
        self.write()

    def write(self):
        cells = [self.columns, ["---"] * len(self.columns), *self.rows]
        table = "\n".join("| " + " | ".join(one_line(cell) for cell in row) + " |" for row in cells)
        write_fragment(self.name, f"## {self.title}\n\n{self.says}\n\n{table}\n\n{self.made}\n")


def one_line(text):
    return " ".join(text.split()).replace("|", "\\|")


def without_paths(text):
    """No path of the machine that ran it: only the last part of each is told."""
    return re.sub(r"(?<![\w.:/-])/(?:[\w.+-]+/)+([\w.+-]*)", r"\1", text)


def write_fragment(name, text):
    folder = os.environ.get("GEOBILL_FINDINGS")
    if folder:
        path = pathlib.Path(folder) / f"{name}.md"
        path.with_suffix(".new").write_text(without_paths(text), encoding="utf-8")
        path.with_suffix(".new").replace(path)


def run_program(words):
    """The program's output goes on as it comes; the fragment has its end. The exit code is the program's."""
    command, begun, lines, of = words.program, time.monotonic(), [], made()
    with subprocess.Popen(command, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as program:
        for line in program.stdout:
            sys.stdout.write(line)
            sys.stdout.flush()
            lines = [*lines, line.rstrip()][-LINES_MAX:]
    shown = " ".join([pathlib.Path(command[0]).name, *command[1:]])
    output = "\n".join(lines)
    write_fragment(words.name, f"## {words.title}\n\n{words.says}\n\n```\n$ {shown}\n{output}\n```\n\n"
                               f"| seconds | exit |\n| --- | --- |\n"
                               f"| {time.monotonic() - begun:.1f} | {program.returncode} |\n\n{of}\n")
    return program.returncode if program.returncode >= 0 else 1


def output_of(*command):
    """First line of what a tool says; a word where there is none."""
    try:
        done = subprocess.run(command, cwd=ROOT, text=True, check=False, stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL)
    except OSError:
        return "not here"
    return done.stdout.partition("\n")[0].strip() or "not here"


def machine():
    def first(path, pattern, otherwise="unknown"):
        match = re.search(pattern, pathlib.Path(path).read_text(encoding="utf-8"), re.M)
        return match.group(1) if match else otherwise

    memory = int(first("/proc/meminfo", r"^MemTotal:\s+(\d+)", "0")) / 2**20
    processor = first("/proc/cpuinfo", r"^model name\s*: (.*)$")
    system = first("/etc/os-release", r'^PRETTY_NAME="?([^"\n]*)')
    return f"{os.cpu_count()} × {processor}, {memory:.0f} GiB, {system}, Linux {platform.release()}"


def versions():
    psql = output_of("psql", "--version").partition(") ")[2].partition(" ")[0]
    pom = (ROOT / "compose" / "native" / "pom.xml").read_text(encoding="utf-8")
    kafka = re.search(r"<artifactId>kafka_[0-9.]+</artifactId>\s*<version>([0-9.]+)", pom).group(1)
    return ", ".join([output_of(str(ROOT / "build" / "release" / "bin" / "geobill"), "--version"),
                      f"PostgreSQL {psql}", f"Kafka {kafka}",
                      f"librdkafka {output_of('pkg-config', '--modversion', 'rdkafka')}", output_of("gcc", "--version")])


def commit():
    changed = output_of("git", "status", "--porcelain", "--untracked-files=no", "--", ":!docs/RELIABILITY.md")
    return output_of("git", "rev-parse", "--short=12", "HEAD") + ("" if changed == "not here" else ", with changes")


def made():
    """Of what, and when: at the beginning of a test."""
    today = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d")
    return f"Begun on {today} at commit {commit()}." if os.environ.get("GEOBILL_FINDINGS") else ""


def results(junits):
    """(name, passed, seconds) of every test of the run, or of the runs, each once: the last word on it stands."""
    found = {}
    for junit in junits:
        for case in xml.etree.ElementTree.parse(junit).getroot().iter("testcase"):
            found[case.get("name")] = (case.get("status") == "run", float(case.get("time")))
    return sorted((name, passed, seconds) for name, (passed, seconds) in found.items())


def write_page(words):
    tests = results(words.junit)
    failed = [name for name, passed, _ in tests if not passed]
    verdict = f"**{len(failed)} of {len(tests)} long tests FAILED: {', '.join(failed)}.**" if failed or not tests else \
        f"All {len(tests)} long tests passed."
    facts = [("machine", machine()), ("versions", versions())]
    text = [HEAD, verdict + "\n", "| | |\n| --- | --- |\n" + "".join(f"| {a} | {one_line(b)} |\n" for a, b in facts),
            "| test | result | seconds |\n| --- | --- | --- |\n" +
            "".join(f"| `{n}` | {'passed' if ok else 'FAILED'} | {s:.0f} |\n" for n, ok, s in tests)]
    failures = {name for name, passed, _ in tests if not passed}
    for fragment in sorted(pathlib.Path(words.folder).glob("*.md")):
        title, _, rest = fragment.read_text(encoding="utf-8").partition("\n")
        note = f"\n**`{fragment.stem}` FAILED in this run; this is what it had found by then.**\n" if fragment.stem in failures else ""
        text.append(f"{title}\n{note}{rest}")
    page = ROOT / "docs" / "RELIABILITY.md"
    page.write_text("\n".join(text), encoding="utf-8")
    print(f"{page.relative_to(ROOT)}: {verdict.strip('*')}")
    return 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(required=True)
    run = commands.add_parser("run")
    run.add_argument("name")
    run.add_argument("--title", required=True)
    run.add_argument("--says", default="")
    run.add_argument("program", nargs="+")
    run.set_defaults(does=run_program)
    page = commands.add_parser("page")
    page.add_argument("folder")
    page.add_argument("--junit", required=True, nargs="+")
    page.set_defaults(does=write_page)
    words = parser.parse_args()
    return words.does(words)


if __name__ == "__main__":
    sys.exit(main())
