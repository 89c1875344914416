"""What each command must do to the books: the checker's own reading of docs/API.md. One line a kind of command; a new kind
of command is a new line and a function of its effects."""
import json
import re
from typing import Callable, NamedTuple, Optional

OPERATION_STATES = {1: "ACCEPTED", 2: "BOOKED", 3: "WAITING", 4: "PAID", 5: "REFUSED", 6: "HELD", 7: "RELEASED"}
# Kinds of entries that have a key; the others move nothing in or out, and set nothing aside.
PAYIN, PAYOUT, HOLD, CAPTURE, VOID, EXPIRE, RELEASE, TRANSFER_OUT, TRANSFER_IN, CHARGE, REFUND, OPENING = \
    1, 2, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
CREDITS, DEBITS = {PAYIN, TRANSFER_IN, REFUND, OPENING}, {PAYOUT, CAPTURE, TRANSFER_OUT, CHARGE}


class Effect(NamedTuple):
    """One entry that a command makes, at its owner."""
    account_id: str
    entry_kind: int
    amount: int

    @property
    def credit(self):
        return self.amount if self.entry_kind in CREDITS else 0

    @property
    def debit(self):
        return self.amount if self.entry_kind in DEBITS else 0


class Wanted(NamedTuple):
    """All that a request asks for, with what its hold says. It is the fingerprint, too: what a repeat must have in common
    with the first (API.md, Keys and repeats), and what is stored."""
    account_id: Optional[str]
    amount: Optional[int]
    reference: Optional[str]
    metadata: Optional[str]
    payee: Optional[str] = None
    hold: Optional[str] = None    # its id, of a capture and a void
    lasts_s: Optional[int] = None  # of a hold
    service: Optional[str] = None  # of a charge; its amount is None: it takes the price
    original: Optional[str] = None  # of a refund: the key of what was paid


class Command(NamedTuple):
    name: str
    operation_kind: int
    done: str                    # the state in which it has its effects, all of them, once
    effects: Callable            # Wanted, amount of its hold -> [Effect]
    may: Callable = lambda wanted: []  # effects that time may add
    priced: bool = False            # takes a price that the request does not say
    accepted_is_done: bool = False  # a 202 of its owner says that it will have them, come what may


def payin_effects(wanted, _held):
    return [Effect(wanted.account_id, PAYIN, wanted.amount)]


def payout_effects(wanted, _held):
    return [Effect(wanted.account_id, PAYOUT, wanted.amount)]


def transfer_effects(wanted, _held):
    return [Effect(wanted.account_id, TRANSFER_OUT, wanted.amount), Effect(wanted.payee, TRANSFER_IN, wanted.amount)]


def charge_effects(wanted, _held):
    return [Effect(wanted.account_id, CHARGE, wanted.amount)]


def refund_effects(wanted, _held):
    return [Effect(wanted.account_id, REFUND, wanted.amount)]


def hold_effects(wanted, _held):
    return [Effect(wanted.account_id, HOLD, wanted.amount)]


def expiry(wanted):
    return [Effect(wanted.account_id, EXPIRE, wanted.amount)]


def capture_effects(wanted, held):
    rest = [Effect(wanted.account_id, RELEASE, held - wanted.amount)] if held != wanted.amount else []
    return [Effect(wanted.account_id, CAPTURE, wanted.amount), *rest]


def void_effects(wanted, held):
    return [Effect(wanted.account_id, VOID, held)]


COMMANDS = {
    "/v1/pay-ins": Command("pay-in", 1, "BOOKED", payin_effects, accepted_is_done=True),
    "/v1/pay-outs": Command("pay-out", 2, "PAID", payout_effects),
    "/v1/holds": Command("hold", 3, "HELD", hold_effects, expiry),
    "/v1/holds/{id}/capture": Command("capture", 4, "PAID", capture_effects),
    "/v1/holds/{id}/void": Command("void", 5, "RELEASED", void_effects),
    "/v1/charges": Command("charge", 7, "PAID", charge_effects, priced=True),
    "/v1/refunds": Command("refund", 8, "BOOKED", refund_effects),
    "/v1/transfers": Command("transfer", 6, "PAID", transfer_effects),
}
HOLD_PATH = re.compile(r"/v1/holds/([^/]+)/(capture|void)")
EXPIRES_IN_S = 604800


def command_of(path):
    """None: no command about money."""
    match = HOLD_PATH.fullmatch(path)
    return COMMANDS.get(f"/v1/holds/{{id}}/{match.group(2)}" if match else path)


def opening_effects(account_id, body):
    """Of POST /v1/accounts that opened this account, under the key open:<account_id>."""
    amount = body.get("opening_balance", {}).get("minor_units", 0)
    return [Effect(account_id, OPENING, amount)] if amount else []


def wanted_of(request, holds):
    """`holds`: hold_id -> the Wanted of the request that was answered with it."""
    body, match = request.body, HOLD_PATH.fullmatch(request.path)
    metadata = body.get("metadata")
    text = None if metadata is None else json.dumps(metadata, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    said = body["amount"]["minor_units"] if "amount" in body else None
    common = body.get("reference"), text
    if match is None:
        lasts_s = body.get("expires_in_s", EXPIRES_IN_S) if request.path == "/v1/holds" else None
        return Wanted(body.get("account_id"), said, *common, body.get("payee_account_id"), None, lasts_s, body.get("service_id"),
                      body.get("original_key"))
    hold = holds.get(match.group(1))
    whole = hold.amount if hold else None
    return Wanted(hold.account_id if hold else None, whole if said is None else said, *common, None, match.group(1))
