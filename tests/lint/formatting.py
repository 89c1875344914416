"""formatting: C looks as clang-format writes it."""

import re

from source_tree import Report, arguments, files, run_tool


def main():
    root = arguments(__doc__).root
    report = Report(root)
    paths = files(root, ["src", "tests", "bench"], [".c", ".h"])
    command = ["clang-format-14", "--dry-run", "--style=file", *map(str, paths)]
    checked = run_tool(command, cwd=root)
    if checked.returncode != 0:
        raise SystemExit(checked.stderr)
    first = {}
    for name, line in re.findall(r"^(\S+?):(\d+):\d+: (?:warning|error)", checked.stderr, re.MULTILINE):
        first.setdefault(name, line)
    for path in paths:
        if str(path) in first:
            name = path.relative_to(root)
            report.breach(path, first[str(path)], "not formatted", f"run clang-format-14 -i {name}")
    report.exit()


main()
