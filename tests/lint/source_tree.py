"""What the lints share: which files there are, C without its comments and strings, how a breach is said."""

import argparse
import pathlib
import re
import subprocess
import sys

SKIPPED = {"build", ".git", ".run", ".cache", "__pycache__", "node_modules", "target"}


def arguments(about, *more):
    """The command line of a lint: --root, and the options named in `more`."""
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument("--root", type=pathlib.Path, required=True, help="the tree to look at")
    for option in more:
        parser.add_argument(f"--{option}", required=True)
    given = parser.parse_args()
    given.root = given.root.resolve()
    return given


def files(root, folders, suffixes):
    """All files with one of the suffixes ("" = any) in the folders of root, sorted."""
    found = []
    for folder in folders:
        top = root / folder
        candidates = [top] if top.is_file() else sorted(top.rglob("*"))
        for path in candidates:
            inside = path.relative_to(root).parts
            if path.is_file() and not SKIPPED.intersection(inside):
                if any(path.name.endswith(suffix) for suffix in suffixes):
                    found.append(path)
    return found


def run_tool(command, **options):
    """Runs a tool and gives its text. One that is missing ends the lint."""
    try:
        return subprocess.run(command, capture_output=True, text=True, check=False, **options)
    except FileNotFoundError:
        sys.exit(f"{command[0]} is not installed: run ./stack setup")


TOKEN = re.compile(
    r"""(?P<comment>/\*.*?\*/|//(?:\\\n|[^\n])*)|(?P<string>"(?:\\.|[^"\\\n])*")|(?P<char>'(?:\\.|[^'\\\n])*')""",
    re.DOTALL | re.VERBOSE,
)


def _blank(text):
    return re.sub(r"[^\n]", " ", text)


class Code:
    """A C file: `plain` has blanks for comments and for what strings hold, with every line in its place."""

    def __init__(self, path):
        self.path = path
        self.text = path.read_text(encoding="utf-8", errors="replace")
        self.strings = []  # (line, content)
        self.comments = []  # (line, content)
        self.plain = TOKEN.sub(self._replace, self.text)

    def _replace(self, match):
        line = self.text.count("\n", 0, match.start()) + 1
        whole = match.group(0)
        if match.lastgroup == "comment":
            self.comments.append((line, whole))
            return _blank(whole)
        if match.lastgroup == "string" and not self._is_include(match.start()):
            self.strings.append((line, whole[1:-1]))
        elif match.lastgroup == "string":
            return whole
        return whole[0] + _blank(whole[1:-1]) + whole[-1]

    def _is_include(self, at):
        start = self.text.rfind("\n", 0, at) + 1
        return re.match(r"\s*#\s*include\s*$", self.text[start:at]) is not None

    def lines(self):
        """(number, line) of the plain text."""
        return enumerate(self.plain.split("\n"), 1)


class Report:
    """Breaches as file:line: what is wrong; what to do."""

    def __init__(self, root):
        self.root = root
        self.count = 0

    def breach(self, path, line, wrong, remedy):
        path = path.relative_to(self.root) if path.is_absolute() else path
        print(f"{path}:{line}: {wrong}; {remedy}")
        self.count += 1

    def exit(self):
        if self.count > 0:
            print(f"{self.count} breach{'es' if self.count > 1 else ''}")
        sys.exit(1 if self.count > 0 else 0)
