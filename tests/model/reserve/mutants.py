#!/usr/bin/env python3
"""Protocol bugs, each a patch of src/core, which search or simulation must find: a model that finds nothing says nothing.

mutants.py --core SRC --archive libgb_core.a --cc CC --search OBJECTS... --simulation OBJECTS... [--states N] [--histories N]

A patch spoils one file. It is compiled anew and linked before the archive, whose own member is not taken then.
Each patch must apply without fuzz, compile, and be found; the shortest history, or the seed, is printed.
"""
import argparse
import concurrent.futures
import pathlib
import re
import subprocess
import sys
import tempfile

SECONDS_MAX = 120
LINES_MAX = 60  # of one history
HERE = pathlib.Path(__file__).resolve().parent


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("--core", required=True, type=pathlib.Path)
    parser.add_argument("--archive", required=True)
    parser.add_argument("--cc", required=True)
    parser.add_argument("--search", required=True)
    parser.add_argument("--simulation", required=True)
    parser.add_argument("--states", default="20000")
    parser.add_argument("--histories", default="1000")
    return parser.parse_args()


def run(command, **options):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace",
                          timeout=SECONDS_MAX, **options)
    return done.returncode, done.stdout


def build(given, folder, patch):
    """The two programs with one spoilt file, or what went wrong."""
    spoilt = re.search(r"^\+\+\+ b/src/core/(\w+\.c)$", patch.read_text(), re.MULTILINE).group(1)
    copy = folder / "src" / "core"
    copy.mkdir(parents=True)
    (copy / spoilt).write_bytes((given.core / spoilt).read_bytes())
    status, said = run(["patch", "-p1", "--fuzz=0", "--silent", "-d", str(folder), "-i", str(patch)])
    if status != 0:
        return f"does not apply any more: {said}"
    status, said = run([given.cc, "-std=gnu11", "-O1", "-g", f"-I{given.core.parent}", "-c", str(copy / spoilt), "-o",
                        str(folder / "spoilt.o")])
    for name, objects in (("search", given.search), ("simulation", given.simulation)):
        if status == 0:
            status, said = run([given.cc, "-o", str(folder / name), *objects.split(";"), str(folder / "spoilt.o"),
                                given.archive])
    return None if status == 0 else f"does not compile any more: {said}"


def judge(given, patch):
    """(found, what to print)"""
    with tempfile.TemporaryDirectory(prefix="mutant-") as name:
        folder = pathlib.Path(name)
        wrong = build(given, folder, patch)
        if wrong:
            return False, wrong
        for command in ([str(folder / "search"), "--quick", "--must-find", "--states", given.states],
                        [str(folder / "simulation"), "--must-find", given.histories]):
            status, said = run(command)
            if status == 0:
                lines = [line for line in said.splitlines() if line][-LINES_MAX:]
                return True, "\n".join(lines)
        return False, "survives: search and simulation find nothing"


def main():
    given = arguments()
    patches = sorted((HERE / "mutants").glob("*.patch"))
    survivors = []
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for patch, (found, said) in zip(patches, pool.map(lambda patch: judge(given, patch), patches)):
            print(f"== {patch.stem}: {'found' if found else 'NOT FOUND'}\n{said}\n", flush=True)
            if not found:
                survivors.append(patch.stem)
    print(f"{len(patches) - len(survivors)} of {len(patches)} found; not: {', '.join(survivors) or 'none'}")
    return 1 if survivors or not patches else 0


sys.exit(main())
