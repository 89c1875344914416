"""analysis: cppcheck or clang-tidy finds nothing in what was built; --nodes bounds how much of a function clang's analyzer
walks through (clang itself takes 225000)."""

import json
import os
import pathlib
import re
import tempfile

from source_tree import Report, arguments, run_tool

CPPCHECK = """cppcheck --enable=warning,performance,portability --inline-suppr --std=c11 --quiet
  --error-exitcode=0 --suppress=missingInclude --suppress=normalCheckLevelMaxBranches --suppress=unmatchedSuppression
  --template={file}:{line}:{severity}:{message}[{id}] --template-location= -j2""".split()
# Loops that are macros of headers which cppcheck does not read.
CPPCHECK += [
    "-Djson_array_foreach(array,i,value)=while((value=next_of(array,&i)))",
    "-Djson_object_foreach(object,key,value)=while((value=next_of(object,&key)))",
    "-DHASH_ITER(hh,head,el,tmp)=while((el=next_of(head,&tmp)))",
]
CLANG_TIDY = ["run-clang-tidy-14", "-quiet", "-j2"]
ANSI = re.compile(r"\x1b\[[0-9;]*m")
FOUND = re.compile(r"^(/\S+?):(\d+):(?:\d+: )?(?:warning|error|performance|portability|style)(?:: |:)(.*)$")
REASON = re.compile(r"note: (\d+ (?:parameters|lines|statements).*)$")


def findings(output):
    """{(file, line, what is said)}, each once although several files include a header."""
    found, last = set(), None
    for text in output.split("\n"):
        match, reason = FOUND.match(text), REASON.search(text)
        if match:
            last = (match.group(1), int(match.group(2)), match.group(3).strip())
            found.add(last)
        elif reason and last in found:
            found.discard(last)
            last = (last[0], last[1], f"{last[2]}: {reason.group(1)}")
            found.add(last)
    return sorted(found)


def commands_of_src(root, build):
    """A compile command of each C file in src (tests compile some again, changed), without flags that only gcc knows."""
    commands = json.loads((build / "compile_commands.json").read_text(encoding="utf-8"))
    by_file = {entry["file"]: entry for entry in reversed(commands)}
    chosen = [entry for name, entry in sorted(by_file.items()) if pathlib.Path(name).is_relative_to(root / "src")]
    for entry in chosen:
        entry["command"] = re.sub(r"^\S*ccache ", "", entry["command"])
        entry["command"] = re.sub(r" -(?:fanalyzer|Wduplicated\S*|Wlogical-op)\b", "", entry["command"])
    return chosen


def analyzer_nodes(nodes):
    return [f"-extra-arg={word}" for word in ("-Xclang", "-analyzer-config", "-Xclang", f"max-nodes={nodes}")]


def run(tool, nodes, root, build, folder):
    if tool == "cppcheck":
        cache = build / "cppcheck"
        cache.mkdir(exist_ok=True)
        command = [*CPPCHECK, f"--cppcheck-build-dir={cache}", f"-I{root}/src", f"--project={folder}/compile_commands.json"]
    else:
        command = [*CLANG_TIDY, "-p", str(folder), "-header-filter", f"{re.escape(str(root))}/src/.*",
                   *analyzer_nodes(nodes)]
    done = run_tool(command, env={**os.environ, "LC_ALL": "C"})
    return done.returncode, ANSI.sub("", done.stdout + done.stderr)


def main():
    given = arguments(__doc__, "build", "tool", "nodes")
    build = pathlib.Path(given.build).resolve()
    report = Report(given.root)
    commands = commands_of_src(given.root, build)
    if not commands:
        raise SystemExit(f"{build}/compile_commands.json names no file of {given.root}/src")
    with tempfile.TemporaryDirectory() as folder:
        pathlib.Path(folder, "compile_commands.json").write_text(json.dumps(commands), encoding="utf-8")
        code, output = run(given.tool, given.nodes, given.root, build, folder)
    for name, line, said in findings(output):
        path = pathlib.Path(name).resolve()
        if path.is_relative_to(given.root):
            report.breach(path, line, said, "mend it, or say at the line why it is right")
    if code != 0 and report.count == 0:
        raise SystemExit(output)
    report.exit()


main()
