"""core_coverage: every branch of src/core is taken by its unit tests and models, both ways.

Not counted: the failing side of GB_CORE_CHECK, and the rules of streams, whose models (tests/model/stream) this does not
run. Builds its own copy with gcov; prints what no test has taken.
"""

import concurrent.futures
import gzip
import json
import pathlib
import subprocess
import tempfile

from source_tree import Report, arguments

# The models end their children with _exit, which would not write what was counted.
CC = ["gcc", "-std=gnu11", "-O0", "-g", "-D_GNU_SOURCE", "-D_exit=exit"]
STREAMS = {"flights.c", "stream.c", "stream_source.c"}
SEARCH = "node post world world_check world_print rules scenarios pack search main_search".split()
SIMULATION = "node rules simulate plan steps network journal main_simulate".split()


def run(command, folder):
    done = subprocess.run(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=240)
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(map(str, command[:6]))} ...: {done.returncode}\n{done.stdout[-2000:]}")
    return done.stdout


def compile_core(root, folder):
    sources = sorted((root / "src/core").glob("*.c"))
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda source: run([*CC, "--coverage", f"-I{root}/src", "-c", source, "-o", f"{source.stem}.o"],
                                         folder), sources))
    return [f"{source.stem}.o" for source in sources]


def programs(root):
    model = root / "tests/model/reserve"
    for test in sorted((root / "tests/unit/core").glob("test_*.c")):
        helpers = sorted((root / "tests/unit/core").glob("desk.c")) if '"desk.h"' in test.read_text() else []
        yield test.stem, [test, *helpers], []
    yield "search", [model / f"{name}.c" for name in SEARCH], ["--quick", "--states", "5000"]
    yield "simulation", [model / f"{name}.c" for name in SIMULATION], ["200", "1"]


def run_programs(root, folder, objects):
    def build(program):
        name, sources, _ = program
        run([*CC, f"-I{root}/src", f"-I{root}/tests", *sources, *objects, "-lcmocka", "-lgcov", "-o", name], folder)

    every = list(programs(root))
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        list(pool.map(build, every))
    for name, _, options in every:
        run([folder / name, *options], folder)


def untaken(root, folder, objects):
    run(["gcov", "--json-format", "--branch-probabilities", *objects], folder)
    for result in sorted(folder.glob("*.gcov.json.gz")):
        for file in json.loads(gzip.decompress(result.read_bytes()))["files"]:
            path = pathlib.Path(file["file"])
            if path.parent != root / "src/core" or path.name in STREAMS:
                continue
            text = path.read_text().split("\n")
            for line in file["lines"]:
                bare = text[line["line_number"] - 1]
                never = [at for at, branch in enumerate(line["branches"]) if branch["count"] == 0]
                if "GB_CORE_CHECK" not in bare and (never or line["count"] == 0):
                    yield path, line["line_number"], bare.strip(), never


def main():
    root = arguments(__doc__).root
    report = Report(root)
    with tempfile.TemporaryDirectory(prefix="core-coverage-") as name:
        folder = pathlib.Path(name)
        objects = compile_core(root, folder)
        run_programs(root, folder, objects)
        for path, number, text, never in untaken(root, folder, objects):
            sides = f", branches {never}" if never else ""
            report.breach(path, number, f"no test takes this{sides}: {text}", "write the test, or take the line out")
    report.exit()


main()
