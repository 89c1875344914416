"""config_docs: docs/CONFIGURATION.md is what the table of settings gives."""

import difflib
import shlex

from source_tree import Report, arguments, run_tool


def main():
    given = arguments(__doc__, "command")
    report = Report(given.root)
    path = given.root / "docs" / "CONFIGURATION.md"
    fresh = run_tool(shlex.split(given.command)).stdout
    stored = path.read_text(encoding="utf-8") if path.exists() else ""
    if fresh != stored:
        line = 1
        for line, pair in enumerate(zip(fresh.split("\n"), stored.split("\n")), 1):
            if pair[0] != pair[1]:
                break
        report.breach(path, line, "differs from the table of settings", f"run {given.command} > docs/{path.name}")
        stored_lines, fresh_lines = stored.split("\n"), fresh.split("\n")
        print(*difflib.unified_diff(stored_lines, fresh_lines, "stored", "fresh", lineterm="", n=0), sep="\n")
    report.exit()


main()
