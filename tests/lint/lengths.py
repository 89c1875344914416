"""lengths: at most 70 lines and 3 levels in a function, 600 lines in a file, 200 in a script of compose,
100 columns in C."""

import re

from source_tree import Code, Report, arguments, files

FUNCTION_LINES_MAX = 70
FILE_LINES_MAX = 600
SCRIPT_LINES_MAX = 200
COLUMNS_MAX = 100
NESTING_MAX = 3
DIRECTIVE = re.compile(r"^[ \t]*#(?:\\\n|[^\n])*", re.MULTILINE)


class Function:
    def __init__(self, plain, start, at):
        head = plain[start:at]
        self.first = plain.count("\n", 0, start + len(head) - len(head.lstrip())) + 1
        name = re.search(r"(\w+)\s*\)?\s*\(", head)
        self.name = name.group(1) if name and head.rstrip().endswith(")") and "=" not in head else None
        self.last = None
        self.deepest, self.deepest_line = 0, self.first


def opens_control(plain, since, at):
    """Whether the brace at `at` opens the body of an if, a loop or a switch (not an initializer)."""
    head = plain[since:at].rstrip()
    if re.search(r"\b(?:else|do)$", head):
        return True
    if not head.endswith(")"):
        return False
    depth = 0
    for back in range(len(head) - 1, -1, -1):
        depth += (head[back] == ")") - (head[back] == "(")
        if depth == 0:
            return re.search(r"\b(?:if|for|while|switch)\s*$|\w*(?:foreach|FOREACH)\s*$", head[:back]) is not None
    return False


def functions(plain):
    """Every function that is defined in C without comments and strings: where, how long, how deep."""
    plain = DIRECTIVE.sub(lambda match: re.sub(r"[^\n]", " ", match.group(0)), plain)
    start, function, braces = 0, None, []
    for match in re.finditer(r"[{};]", plain):
        at, char = match.start(), match.group(0)
        if char == "{":
            if not braces:
                function = Function(plain, start, at)
            braces.append(bool(braces) and opens_control(plain, start, at))
            if sum(braces) > function.deepest:
                function.deepest, function.deepest_line = sum(braces), plain.count("\n", 0, at) + 1
        elif char == "}":
            braces.pop()
            if not braces:
                function.last = plain.count("\n", 0, at) + 1
                start = at + 1
                if function.name:
                    yield function
        elif not braces:
            start = at + 1


def check_c(report, path):
    code = Code(path)
    for function in functions(code.plain):
        lines = function.last - function.first + 1
        if lines > FUNCTION_LINES_MAX:
            wrong = f"{function.name}() has {lines} lines"
            report.breach(path, function.first, wrong, f"split it: {FUNCTION_LINES_MAX} at most")
        if function.deepest > NESTING_MAX:
            wrong = f"{function.name}() nests {function.deepest} deep"
            report.breach(path, function.deepest_line, wrong, f"return early: {NESTING_MAX} at most")
    long_lines = [number for number, line in enumerate(code.text.split("\n"), 1) if len(line) > COLUMNS_MAX]
    if long_lines:
        wrong = f"{len(long_lines)} line{'s' if len(long_lines) > 1 else ''} over {COLUMNS_MAX} columns"
        report.breach(path, long_lines[0], wrong, "break them")


def check_length(report, path, lines_max):
    lines = path.read_text(encoding="utf-8", errors="replace").count("\n")
    if lines > lines_max:
        report.breach(path, lines, f"{lines} lines", f"split the file: {lines_max} at most")


def main():
    root = arguments(__doc__).root
    report = Report(root)
    for path in files(root, ["src", "tests", "bench"], [".c", ".h"]):
        check_c(report, path)
    for path in files(root, ["src", "tests", "bench"], [".c", ".h", ".py", ".sh"]):
        check_length(report, path, FILE_LINES_MAX)
    for path in files(root, ["compose"], [".sh"]):
        check_length(report, path, SCRIPT_LINES_MAX)
    report.exit()


main()
