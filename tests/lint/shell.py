"""shell: shellcheck has nothing to say about any script."""

import re

from source_tree import Report, arguments, files, run_tool


def is_script(path):
    if path.suffix == ".sh":
        return True
    with path.open("rb") as opened:
        return re.match(rb"#!.*\b(?:ba|da)?sh\b", opened.readline(200)) is not None


def main():
    root = arguments(__doc__).root
    report = Report(root)
    scripts = [path for path in files(root, ["."], [""]) if is_script(path)]
    if not scripts:
        raise SystemExit("no script found: is this the root of the tree?")
    command = ["shellcheck", "--external-sources", "--format=gcc", *map(str, scripts)]
    checked = run_tool(command)
    if checked.stderr:
        raise SystemExit(checked.stderr)
    for name, line, said in re.findall(r"^(.*?):(\d+):\d+: (.*)$", checked.stdout, re.MULTILINE):
        path = next(script for script in scripts if str(script) == name)
        report.breach(path, line, said, "see shellcheck's page of that number")
    report.exit()


main()
