"""banned: functions, types, words and names that this project does without."""

import re

from source_tree import Code, Report, arguments, files

FUNCTIONS = {
    "strcpy strcat stpcpy sprintf vsprintf gets": "bound it: snprintf, memcpy, gb_arena_printf",
    "strncpy strncat": "it cuts or does not terminate: use snprintf or memcpy",
    "atoi atol atoll atof": "it hides bad input: use strtoll with all its checks",
    "strtok": "it keeps state: use strcspn or memchr",
    "system popen": "no shell from C: fork and exec, or do without",
    "alloca": "use an arena",
    "assert": "use GB_CHECK, which stays on in release",
    "rand srand random srandom drand48": "use gb_random, or rand_r with a printed seed in a test",
    "localtime gmtime ctime asctime": "use runtime/clock",
    "tmpnam mktemp tempnam": "use mkstemp or mkdtemp",
    "longjmp": "return a result",
}
FUNCTIONS_OF_SRC = {
    "scanf fscanf sscanf": "it hides bad input: use strtoll with all its checks",
    "sleep usleep nanosleep clock_nanosleep": "wait on something, with a deadline; gb_stop_wait hears the stop",
    "strtod strtof strtold": "money and time are int64",
}


def by_name(functions):
    return {name: remedy for names, remedy in functions.items() for name in names.split()}


REMEDIES = by_name(FUNCTIONS)
REMEDIES_OF_SRC = {**REMEDIES, **by_name(FUNCTIONS_OF_SRC)}
CALL = re.compile(r"(?<![\w.>])(\w+)\s*\(")
FLOAT = re.compile(r"\b(?:float|double)\b|(?<![\w.])\d+\.\d+(?![\w.])")
FLOAT_FORMAT = re.compile(r"(?<!%)(?:%%)*%[-+ #0]*\d*(?:\.\d+)?[lL]?[fFeEgG](?![\w])")
TYPEDEF = re.compile(r"\btypedef\s+(?:struct|union|enum)\b[^(]*$")
MARKER = re.compile(r"\b(?:TODO|FIXME|XXX|HACK)\b|\bfor now\b", re.IGNORECASE)
VAGUE_NAME = re.compile(r"(?:^|_)(?:utils?|common|helpers?|managers?|misc)(?:[_.]|$)")
TEXT_SUFFIXES = (".sql", ".sh", ".py", ".avsc", ".cmake", ".yaml", ".yml", "CMakeLists.txt")


def check_c(report, path, in_src):
    code = Code(path)
    remedies = REMEDIES_OF_SRC if in_src else REMEDIES
    for number, line in code.lines():
        for name in CALL.findall(line):
            if name in remedies:
                report.breach(path, number, f"{name}()", remedies[name])
        if TYPEDEF.search(line):
            report.breach(path, number, "typedef of a struct, union or enum", "write its name in full")
        if in_src and FLOAT.search(line):
            report.breach(path, number, "float or double", "money and time are int64")
    for number, content in code.strings:
        if in_src and FLOAT_FORMAT.search(content):
            report.breach(path, number, "float or double in a format", "money and time are int64")
    for number, comment in code.comments:
        for offset, line in enumerate(comment.split("\n")):
            check_marker(report, path, number + offset, line)


def check_marker(report, path, number, line):
    marker = MARKER.search(line)
    if marker:
        report.breach(path, number, f'"{marker.group(0)}"', "do it, or leave it out")


def main():
    root = arguments(__doc__).root
    report = Report(root)
    for path in files(root, ["src", "tests", "bench"], [".c", ".h"]):
        check_c(report, path, path.is_relative_to(root / "src"))
    for path in files(root, ["src", "tests", "bench", "sql", "schemas", "compose", "cmake"], TEXT_SUFFIXES):
        if not path.is_relative_to(root / "tests" / "lint"):  # the words stand here
            for number, line in enumerate(path.read_text(encoding="utf-8").split("\n"), 1):
                check_marker(report, path, number, line)
    for path in files(root, ["src"], [""]):
        if VAGUE_NAME.search(path.name):
            report.breach(path, 1, "the file's name says nothing", "name it after what it does")
    report.exit()


main()
