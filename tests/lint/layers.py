"""layers: a folder of src includes only the folders below it, and each foreign library has one home."""

import re

from source_tree import Code, Report, arguments, files

PROGRAMS = ("api", "producer", "consumer", "projector", "cli")
BELOW_PROGRAMS = {"core", "runtime", "wire", "db", "bus", "http", "engine", "stream"}
MAY_USE = {
    "core": set(),
    "runtime": set(),
    "wire": {"core", "runtime"},
    "db": {"core", "runtime"},
    "bus": {"runtime"},
    "http": {"runtime"},
    "engine": {"core", "wire", "db", "runtime"},
    "stream": {"core", "wire", "db", "bus", "runtime"},
    **{program: BELOW_PROGRAMS for program in PROGRAMS},
}

# What is used -> the only folders that may.
HEADER_HOMES = {
    r"libpq": {"db"},
    r"librdkafka/": {"bus"},
    r"microhttpd\.h": {"http"},
    r"curl/": {"http"},
    r"avro": {"wire"},
    r"libsmartcols/": {"cli"},
}
NAME_HOMES = {
    r"\bPQ[a-z]\w*\s*\(|\bPG(?:conn|result)\b": {"db"},
    r"\brd_kafka_\w+": {"bus"},
    r"\bMHD_\w+": {"http"},
    r"\bcurl_\w+|\bCURL\b": {"http"},
    r"\bavro_\w+": {"wire"},
    r"\bscols_\w+": {"cli"},
}
# The core is pure: no IO, clock, random, heap, threads.
CORE_HEADERS = {"stdbool.h", "stddef.h", "stdint.h", "string.h", "limits.h", "inttypes.h"}
INCLUDE = re.compile(r'^\s*#\s*include\s*(?:"([^"]+)"|<([^>]+)>)')


def check_own_include(report, path, number, folder, included):
    used = included.split("/")[0] if "/" in included else folder
    if used == folder:
        return
    if used not in MAY_USE:
        report.breach(path, number, f'"{included}" is in no folder of src', 'write "folder/file.h"')
    elif used not in MAY_USE[folder]:
        allowed = ", ".join(sorted(MAY_USE[folder])) or "nothing"
        report.breach(path, number, f"{folder} includes {included}", f"{folder} may use {allowed}")


def check_foreign_include(report, path, number, folder, included):
    for pattern, homes in HEADER_HOMES.items():
        if re.match(pattern, included) and folder not in homes:
            home = ", ".join(f"src/{name}" for name in sorted(homes))
            report.breach(path, number, f"<{included}> outside {home}", f"go through {home}")
    if folder == "core" and included not in CORE_HEADERS:
        report.breach(path, number, f"core includes <{included}>", "keep the core pure: pass values")


def check_file(report, path, folder):
    for number, line in Code(path).lines():
        include = INCLUDE.match(line)
        if include and include.group(1):
            check_own_include(report, path, number, folder, include.group(1))
        elif include:
            check_foreign_include(report, path, number, folder, include.group(2))
        else:
            for pattern, homes in NAME_HOMES.items():
                name = re.search(pattern, line)
                if name and folder not in homes:
                    home = ", ".join(f"src/{home}" for home in sorted(homes))
                    report.breach(path, number, f"{name.group(0)} outside {home}", f"go through {home}")


def check_links(report, path, folder):
    """The libraries that a folder's CMakeLists.txt links."""
    for number, line in enumerate(path.read_text(encoding="utf-8").split("\n"), 1):
        for used in re.findall(r"\bgb_([a-z]+)\b", line.split("#")[0]):
            if used != folder and used in MAY_USE and used not in MAY_USE[folder]:
                allowed = ", ".join(sorted(MAY_USE[folder])) or "nothing"
                report.breach(path, number, f"{folder} links gb_{used}", f"{folder} may use {allowed}")


def main():
    root = arguments(__doc__).root
    report = Report(root)
    for path in files(root, ["src"], [".c", ".h", "CMakeLists.txt"]):
        folder = path.relative_to(root / "src").parts[0]
        if folder not in MAY_USE:
            report.breach(path, 1, f"src/{folder} is in no layer", "name it in tests/lint/layers.py")
        elif path.name == "CMakeLists.txt":
            check_links(report, path, folder)
        else:
            check_file(report, path, folder)
    report.exit()


main()
