"""selftest: every lint finds a breach that is put into a small tree of its own, and passes the tree without it."""

import json
import pathlib
import shutil
import subprocess
import sys
import tempfile

from source_tree import arguments

HERE = pathlib.Path(__file__).resolve().parent
CLEAN = {
    "src/core/money.h": '/* money.h: amounts. "float" and strcpy() stand in a comment only. */\n#ifndef GB_M\n#define GB_M\n\n'
    "int gb_money_add(int a, int b);\n\n#endif\n",
    "src/core/money.c": '#include "core/money.h"\n\nint gb_money_add(int a, int b)\n{\n    return a + b;\n}\n',
    "src/db/store.c": '#include <stdio.h>\n\nvoid gb_store(void);\n\nvoid gb_store(void)\n{\n    (void)puts("BEGIN");\n}\n',
    "src/core/CMakeLists.txt": "geobill_library(core SOURCES money.c)\n",
    "tests/t.c": "int main(void)\n{\n    return 0;\n}\n",
    "docs/CONFIGURATION.md": "same\n",
    "table.md": "same\n",
    "up.sh": '#!/bin/sh\necho "$1"\n',
}


def function_of(lines):
    return "void f(int *x);\n\nvoid f(int *x)\n{\n" + "    *x += 1;\n" * (lines - 3) + "}\n"


NESTED = """void f(int *x);

void f(int *x)
{
    static const struct {
        int y[1];
    } z[] = {{{1}}};
    if (*x == z[0].y[0]) {
        for (;;) {
            while (*x > 0) {
                if (*x > 2) {
                    return;
                }
            }
        }
    }
}
"""
SEVEN = "int f(int a, int b, int c, int d, int e, int g, int h);\n\n" + (
    "int f(int a, int b, int c, int d, int e, int g, int h)\n{\n    return a + b + c + d + e + g + h;\n}\n"
)
LEAK = """#include <stdlib.h>

int f(int n);

int f(int n)
{
    int *x = malloc(sizeof(*x));
    if (x == NULL)
        return n;
    *x = n;
    return *x;
}
"""
BEYOND = "int f(void);\n\nint f(void)\n{\n    int x[2] = {0, 0};\n    return x[2];\n}\n"

# (lint, file, what it holds instead, what the lint must print)
BREACHES = [
    ("layers", "src/core/money.c", '#include "runtime/log.h"\n', "src/core/money.c:1: core includes runtime/log.h"),
    ("layers", "src/api/main.c", '\n#include "cli/cli.h"\n', "src/api/main.c:2: api includes cli/cli.h"),
    ("layers", "src/db/a.c", '#include "money/x.h"\n', 'src/db/a.c:1: "money/x.h" is in no folder'),
    ("layers", "src/core/money.c", "#include <stdio.h>\n", "src/core/money.c:1: core includes <stdio.h>"),
    ("layers", "src/api/a.c", "#include <libpq-fe.h>\n", "src/api/a.c:1: <libpq-fe.h> outside src/db"),
    ("layers", "src/http/a.c", "#include <librdkafka/rdkafka.h>\n", "outside src/bus"),
    ("layers", "src/bus/a.c", "#include <avro.h>\n", "src/bus/a.c:1: <avro.h> outside src/wire"),
    ("layers", "src/bus/a.c", "#include <curl/curl.h>\n", "outside src/http"),
    ("layers", "src/api/a.c", "int x = PQsocket(0);\n", "src/api/a.c:1: PQsocket( outside src/db"),
    ("layers", "src/api/a.c", "rd_kafka_t *x;\n", "src/api/a.c:1: rd_kafka_t outside src/bus"),
    ("layers", "src/api/a.c", "int x = MHD_YES;\n", "src/api/a.c:1: MHD_YES outside src/http"),
    ("layers", "src/api/a.c", "int x = curl_easy_init();\n", "src/api/a.c:1: curl_easy_init outside src/http"),
    ("layers", "src/db/a.c", "int x = avro_schema_int();\n", "src/db/a.c:1: avro_schema_int outside src/wire"),
    ("layers", "src/core/CMakeLists.txt", "\ngeobill_library(core USES gb_db)\n", "CMakeLists.txt:2: core links gb_db"),
    ("layers", "src/new/a.c", "\n", "src/new/a.c:1: src/new is in no layer"),
    ("banned", "src/core/money.c", '/* a */ int x; /*\n*/ strcpy(a, "b");\n', "src/core/money.c:2: strcpy()"),
    ("banned", "src/core/money.c", "int x = atoi(a);\n", "src/core/money.c:1: atoi()"),
    ("banned", "src/core/money.c", "usleep(1);\n", "src/core/money.c:1: usleep()"),
    ("banned", "src/core/money.c", "double x;\n", "src/core/money.c:1: float or double"),
    ("banned", "src/core/money.c", "int x = 1.5;\n", "src/core/money.c:1: float or double"),
    ("banned", "src/core/money.c", 'p("%5.2f");\n', "src/core/money.c:1: float or double in a format"),
    ("banned", "src/core/money.h", "typedef struct x x;\n", "src/core/money.h:1: typedef"),
    ("banned", "tests/t.c", 'system("x");\n', "tests/t.c:1: system()"),
    ("banned", "src/core/money.c", "/* a\n   TODO: b */\n", 'src/core/money.c:2: "TODO"'),
    ("banned", "sql/queries/a.sql", "-- one row for now\n", 'sql/queries/a.sql:1: "for now"'),
    ("banned", "src/core/core_util.c", "\n", "src/core/core_util.c:1: the file's name"),
    ("sql_home", "src/api/a.c", '\nrun("SELECT 1 FROM share");\n', "src/api/a.c:2: SQL in C"),
    ("sql_home", "src/api/a.c", 'run("update share SET a = 1");run(" INSERT INTO a");\n', "src/api/a.c:1: SQL in C"),
    ("sql_home", "src/db/a.c", 'run("select balance from share");\n', "src/db/a.c:1: SQL in C"),
    ("sql_home", "src/api/a.c", 'run("COMMIT");\n', "src/api/a.c:1: SQL in C"),
    ("lengths", "src/core/money.c", function_of(71), "src/core/money.c:3: f() has 71 lines"),
    ("lengths", "src/core/money.c", "\n" * 601, "src/core/money.c:601: 601 lines"),
    ("lengths", "src/core/money.c", NESTED, "src/core/money.c:11: f() nests 4 deep"),
    ("lengths", "src/core/money.c", "\n/*" + "x" * 99 + "*/\n", "src/core/money.c:2: 1 line over 100 columns"),
    ("lengths", "compose/native/up.sh", "\n" * 201, "compose/native/up.sh:201: 201 lines"),
    ("headers", "src/core/money.h", "/* money.h: x */\nsize_t gb_x;\n", "src/core/money.h:2: does not compile alone"),
    ("headers", "src/core/money.h", "/* money.h: x */\nenum x { A };\n", "src/core/money.h:2: does not compile alone"),
    ("headers", "src/core/money.h", "/* other.h: x */\n", "src/core/money.h:1: the first line"),
    ("config_docs", "docs/CONFIGURATION.md", "other\n", "docs/CONFIGURATION.md:1: differs"),
    ("config_docs", "docs/CONFIGURATION.md", "same\nmore\n", "docs/CONFIGURATION.md:2: differs"),
    ("formatting", "src/core/money.c", "int  x;\n", "src/core/money.c:1: not formatted"),
    ("shell", "up.sh", "#!/bin/sh\necho $1\n", "up.sh:2: note: Double quote"),
    ("shell", "stack", "#!/usr/bin/env bash\ncd /x\n", "stack:2: warning: Use 'cd"),
    ("cppcheck", "src/core/money.c", BEYOND, "src/core/money.c:6: Array 'x[2]' accessed"),
    ("clang-tidy", "src/core/money.c", LEAK, "src/core/money.c:11: Potential leak"),
    ("clang-tidy", "src/core/money.c", SEVEN, "src/core/money.c:3: function 'f' exceeds"),
]
KEEP_AT_LIMIT = {"src/core/limit.c": function_of(70), "tests/poll.c": "int x = usleep(1);\n"}


def write_tree(root, contents):
    for name, text in contents.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    sources = [name for name in contents if name.startswith("src/") and name.endswith(".c")]
    commands = [
        {"directory": str(root), "file": str(root / name), "command": f"gcc -std=gnu11 -I{root}/src -c {root}/{name}"}
        for name in sources
    ]
    (root / "compile_commands.json").write_text(json.dumps(commands), encoding="utf-8")


def run_lint(lint, root):
    script, options = f"{lint}.py", []
    if lint in ("cppcheck", "clang-tidy"):
        script, options = "analysis.py", ["--build", root, "--tool", lint, "--nodes", "40000"]
    elif lint == "headers":
        options = ["--build", root]
    elif lint == "config_docs":
        options = ["--command", f"cat {root}/table.md"]
    command = [sys.executable, "-B", HERE / script, "--root", root, *options]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def wrong_with(real_root, lint, contents, expected):
    """What is wrong with a lint's answer to a tree, or None. `expected` None: it must pass."""
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder).resolve()
        write_tree(root, contents)
        for name in (".clang-format", ".clang-tidy"):
            shutil.copy(real_root / name, root / name)
        done = run_lint(lint, root)
    if expected is None:
        return None if done.returncode == 0 else f"{lint} refuses what is right:\n{done.stdout}{done.stderr}"
    if done.returncode == 1 and expected in done.stdout:
        return None
    return f'{lint} does not print "{expected}" but exits {done.returncode}:\n{done.stdout}{done.stderr}'


def main():
    real_root = arguments(__doc__).root
    trees = [(lint, CLEAN, None) for lint in dict.fromkeys(breach[0] for breach in BREACHES)]
    trees += [(lint, {**CLEAN, **KEEP_AT_LIMIT}, None) for lint in ("banned", "lengths")]
    trees += [(lint, {**CLEAN, name: text}, expected) for lint, name, text, expected in BREACHES]
    wrongs = [wrong for tree in trees if (wrong := wrong_with(real_root, *tree))]
    print(*wrongs, f"{len(trees)} trees, {len(wrongs)} wrong", sep="\n")
    sys.exit(1 if wrongs else 0)


main()
