"""Files of a bank's movements: writes them, and says by itself what an import of one must come to. Standard library only."""
import collections
import csv
import random

COLUMNS = ["reference", "date", "account", "kind", "amount_minor", "balance_after_minor"]


class Movements:
    """A file in the making: credit() and debit() keep each account's balance."""

    def __init__(self):
        self.rows, self.balances = [], collections.Counter()

    def add(self, account, kind, amount, reference=None):
        self.balances[account] += amount if kind == "credit" else -amount
        self.rows.append([reference or f"r{len(self.rows) + 1}", "2001-02-03", account, kind, amount, self.balances[account]])
        return self

    def write(self, path):
        with open(path, "w", newline="", encoding="utf-8") as file:
            csv.writer(file, lineterminator="\n").writerows([COLUMNS, *self.rows])
        return path


def random_credits(count, accounts, seed):
    dice, made = random.Random(seed), Movements()
    for _ in range(count):
        made.add(f"a{dice.randrange(accounts)}", "credit", dice.randint(1, 100000))
    return made


def random_movements(count, accounts, seed):
    """Credits, and debits of all that an account has as often as of a part."""
    dice, made = random.Random(seed), Movements()
    for _ in range(count):
        account = f"a{dice.randrange(accounts)}"
        has = made.balances[account]
        if has > 0 and dice.random() < 0.5:
            made.add(account, "debit", has if dice.random() < 0.5 else dice.randint(1, has))
        else:
            made.add(account, "credit", dice.randint(1, 100000))
    return made


def read_movements(path):
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def read_credits(path):
    return [row for row in read_movements(path) if row["kind"] == "credit"]


def signed(row):
    return int(row["amount_minor"]) * (1 if row["kind"] == "credit" else -1)


def sums(rows):
    """Account -> sum of its movements."""
    expected = collections.Counter()
    for row in rows:
        expected[row["account"]] += signed(row)
    return expected
