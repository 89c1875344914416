"""What each command must do to the books: the checker's own reading of docs/API.md. One line a kind of command; a new kind
of command is a new line and a function of its effects."""
import json
from typing import Callable, NamedTuple

OPERATION_STATES = {1: "ACCEPTED", 2: "BOOKED", 3: "WAITING", 4: "PAID", 5: "REFUSED"}
PAYIN_ENTRY, PAYOUT_ENTRY, OPENING_ENTRY = 1, 2, 15  # kinds of entries that have a key; the others move nothing in or out


class Effect(NamedTuple):
    """One entry that a command makes, at its owner."""
    account_id: str
    entry_kind: int
    amount: int

    @property
    def credit(self):
        return self.amount if self.entry_kind in (PAYIN_ENTRY, OPENING_ENTRY) else 0

    @property
    def debit(self):
        return self.amount if self.entry_kind == PAYOUT_ENTRY else 0


class Command(NamedTuple):
    name: str
    operation_kind: int
    done: str                    # the state in which it has its effects, all of them, once
    effects: Callable            # body -> [Effect]
    accepted_is_done: bool = True  # a 202 of its owner says that it will have them, come what may


def money(body):
    return body["amount"]["minor_units"]


def payin_effects(body):
    return [Effect(body["account_id"], PAYIN_ENTRY, money(body))]


def payout_effects(body):
    return [Effect(body["account_id"], PAYOUT_ENTRY, money(body))]


COMMANDS = {
    "/v1/pay-ins": Command("pay-in", 1, "BOOKED", payin_effects),
    "/v1/pay-outs": Command("pay-out", 2, "PAID", payout_effects, accepted_is_done=False),
}


def opening_effects(account_id, body):
    """Of POST /v1/accounts that opened this account, under the key open:<account_id>."""
    amount = body.get("opening_balance", {}).get("minor_units", 0)
    return [Effect(account_id, OPENING_ENTRY, amount)] if amount else []


def fingerprint(body):
    """What a repeat must have in common with the first: API.md, Keys and repeats."""
    metadata = body.get("metadata")
    return (body.get("account_id"), money(body), body.get("reference"),
            None if metadata is None else json.dumps(metadata, sort_keys=True, separators=(",", ":"), ensure_ascii=False))
