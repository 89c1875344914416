"""sql_home: SQL text stands in sql/ only; C names a statement and gives its parameters."""

import re

from source_tree import Code, Report, arguments, files

STATEMENT = re.compile(
    r"""\s*(?:
      SELECT\s | INSERT\s+INTO\s | UPDATE\s+\w+\s+SET\s | DELETE\s+FROM\s | MERGE\s+INTO\s
    | (?:CREATE|ALTER|DROP)\s+(?:TABLE|INDEX|ROLE|DATABASE|SCHEMA|FUNCTION|VIEW|SEQUENCE|TYPE)\b
    | TRUNCATE\s | COPY\s | LOCK\s+TABLE\s | GRANT\s | REVOKE\s | CALL\s | WITH\s+\w+\s+AS\s
    | SET\s+(?:LOCAL\s|SESSION\s|TRANSACTION\s|\w+\s*(?:=|TO\s))
    | (?:UN)?LISTEN\s+\w | NOTIFY\s+\w | DO\s+\$
    )""",
    re.VERBOSE,
)
# The one transaction runner may open and close transactions itself.
TRANSACTION = re.compile(r"\s*(?:BEGIN|COMMIT|ROLLBACK|START\s+TRANSACTION|SAVEPOINT\s+\w+)(?:\s+[A-Z ,]+)?\s*;?\s*$")
LOWER_CASE = re.compile(r"\s*(?:select\s+(?:\d+\s*;?\s*$|.*\bfrom\s)|insert\s+into\s|delete\s+from\s)")


def main():
    root = arguments(__doc__).root
    report = Report(root)
    for path in files(root, ["src"], [".c", ".h"]):
        in_db = path.is_relative_to(root / "src" / "db")
        for number, content in Code(path).strings:
            transaction = TRANSACTION.match(content) and not in_db
            if STATEMENT.match(content) or LOWER_CASE.match(content) or transaction:
                report.breach(
                    path, number, f'SQL in C: "{content.strip()[:40]}"', "put it into a file in sql/queries/"
                )
    report.exit()


main()
