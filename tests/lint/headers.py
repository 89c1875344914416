"""headers: every header says first what it is for, and compiles alone and twice."""

import concurrent.futures
import re

from source_tree import Report, arguments, files, run_tool

PACKAGES = "libpq rdkafka avro-c jansson libcrypto libmicrohttpd libcurl smartcols cmocka".split()
WARNINGS = "-Wall -Wextra -Wpedantic -Wstrict-prototypes -Wundef -Werror".split()
DEFINES = ["-D_GNU_SOURCE", "-DHASH_FUNCTION=HASH_FNV", '-DGB_VERSION="0"']


def library_flags():
    flags = run_tool(["pkg-config", "--cflags", *PACKAGES])
    return flags.stdout.split()


def compile_alone(root, build, flags, path):
    """The compiler's complaints, "" for none."""
    name = path.relative_to(root / path.relative_to(root).parts[0])
    command = ["gcc", "-std=gnu11", "-fsyntax-only", *WARNINGS, *DEFINES, f"-I{root}/src", f"-I{root}/tests"]
    command += [f"-I{build}/generated", *flags, "-x", "c", "-"]
    source = f'#include "{name}"\n#include "{name}"\n'
    return run_tool(command, input=source).stderr


def main():
    given = arguments(__doc__, "build")
    report = Report(given.root)
    headers = files(given.root, ["src", "tests"], [".h"])
    flags = library_flags()
    with concurrent.futures.ThreadPoolExecutor(max_workers=2) as pool:
        complaints = pool.map(lambda path: compile_alone(given.root, given.build, flags, path), headers)
        for path, complaint in zip(headers, complaints):
            first_line = path.read_text(encoding="utf-8").split("\n", 1)[0]
            if not first_line.startswith(f"/* {path.name}: "):
                report.breach(path, 1, "the first line does not say what it is for", f"begin with /* {path.name}: ...")
            error = re.search(r"(?:error|warning): (.*)", complaint)
            if error:
                at = re.search(re.escape(path.name) + r":(\d+)", complaint)
                line = at.group(1) if at else 1
                report.breach(path, line, f"does not compile alone: {error.group(1)}", "include what it uses")
    report.exit()


main()
