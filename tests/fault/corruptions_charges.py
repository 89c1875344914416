"""Kinds of corrupted database around charges and refunds. As in corruptions.py; service sms costs 9, then 11, gone costs 9 and is
retired; dc1:sms-1 took 9, dc1:sms-2 11. Of dc1:paid, 20 of dee's, dc1:back-1 gave 5 back, dc1:back-2, posted at dc2, 7;
dc1:back-3 was refused."""

TWICE = r"i5_charges_priced .*key=dc1:sms-2 "
OTHERWISE = r"I5 service=sms version=2: has several prices"
NEVER = r"I5 .*key=dc1:sms-1: dc1 stores what was never asked for"


def operation(key, change):
    return {"dc1": f"UPDATE operation SET {change} WHERE key = '{key}'"}


KINDS_CHARGES = {
    "a charge took more than the price": (operation("dc1:sms-2", "amount = amount + 1"), TWICE, OTHERWISE),
    "a charge names an earlier price": (
        operation("dc1:sms-2", "price_version = 1"), r"i5_charges_priced .*key=dc1:sms-1 .*why=others took",
        r"I5 service=sms version=1: has several prices"),
    "a charge names a price that nobody knows": (operation("dc1:sms-1", "price_version = 9"),
                                                 r"i5_charges_priced .*key=dc1:sms-1 .*why=its price is not known", None),
    "a charge has no service": (operation("dc1:sms-1", "service = NULL"), r"i5_charges_priced .*key=dc1:sms-1 ", NEVER),
    "a charge is for another service": (operation("dc1:sms-1", "service = 'gone'"), None, NEVER),
    "a pay-out has a price": (operation("{o}", "service = 'sms', price_version = 2"),
                              r"i5_charges_priced .*key={o} .*why=has a price", r"I5 .*key={o}: dc1 stores what was never asked for"),
    "a charge's entry is missing": (
        {"dc1": "DELETE FROM ledger WHERE key = 'dc1:sms-1'"}, r"i5_operation_matches_ledger .*key=dc1:sms-1 ",
        r"I7 .*key=dc1:sms-1: the history of dc1 has 0 effects"),
    "a charge was entered as a pay-out": (
        {"dc1": "UPDATE ledger SET kind = 2 WHERE key = 'dc1:sms-1'"}, r"i5_operation_matches_ledger .*key=dc1:sms-1 ",
        r"I7 .*key=dc1:sms-1: the history of dc1 has 1 effects"),
    "a refused charge is PAID": (
        operation("dc1:gone", "state = 4"), r"i5_operation_matches_ledger .*key=dc1:gone ",
        r"I7 .*key=dc1:gone: was refused and is PAID at dc1"),
    "a price was changed at one datacenter": (
        {"dc2": "UPDATE service SET price = price + 1 WHERE service_id = 'sms'"}, r"catalogue_equals_source .*sms", OTHERWISE),
    "a price was changed everywhere": (
        {dc: "UPDATE service SET price = price + 1 WHERE service_id = 'sms'" for dc in ("dc1", "dc2")}, TWICE, OTHERWISE),
    "a service is gone": (
        {"dc1": "DELETE FROM service WHERE service_id = 'sms'"}, r"i5_charges_priced .*key=dc1:sms-1 .*why=its service is not known",
        r"catalogue services sms: dc1 has None"),
    # Refunds.
    "an original does not say what it gave back": (
        operation("dc1:paid", "refunded = 5"), r"i5_refunds_within_paid .*key=dc1:paid .*why=its refunds gave back something else",
        r"I5 .*key=dc1:paid: gave 12 of 20 back at dc1, and says 5"),
    "an original gave back more than it paid": (
        operation("dc1:paid", "amount = 11"), r"i5_refunds_within_paid .*key=dc1:paid .*why=more was given back",
        r"I5 .*key=dc1:paid: gave 12 of 11 back at dc1"),
    "a refund gave back more, and its original knows": (
        {"dc1": "UPDATE operation SET amount = 15 WHERE key = 'dc1:back-1'; UPDATE ledger SET amount = 15 WHERE key = 'dc1:back-1';"
                "UPDATE operation SET refunded = 22 WHERE key = 'dc1:paid'"},
        r"i5_refunds_within_paid .*key=dc1:paid .*why=more was given back", r"I5 .*key=dc1:back-1: dc1 stores what was never asked for"),
    "a refund is of another original": (
        operation("dc1:back-1", "original_key = '{o}'"), r"i5_refunds_within_paid .*key={o} ",
        r"I5 .*key=dc1:back-1: dc1 stores what was never asked for"),
    "a refund is of nothing": (
        operation("dc1:back-1", "original_key = 'nothing'"), r"i5_refunds_within_paid .*key=nothing .*why=refunded, and nobody was paid",
        r"I5 .*key=nothing: was refunded at dc1, and not paid"),
    "a refund names no original": (
        operation("dc1:back-3", "original_key = NULL"), r"i5_refunds_within_paid .*key=dc1:back-3 .*why=names an original, and",
        r"I5 .*key=dc1:back-3: dc1 stores what was never asked for"),
    "an original was never paid": (
        operation("dc1:paid", "state = 5, reason = 'FUNDS_HELD'"), r"i5_refunds_within_paid .*key=dc1:paid .*why=refunded, and was not paid",
        r"I5 .*key=dc1:paid: was refunded at dc1, and not paid"),
    "what was given back went to another account": (
        operation("dc1:back-1", "account_no = {a}"), r"i5_refunds_within_paid .*key=dc1:paid .*why=it was given back to another",
        r"I5 .*key=dc1:back-1: dc1 stores what was never asked for"),
    "a refused refund is BOOKED": (
        operation("dc1:back-3", "state = 2"), r"i5_operation_matches_ledger .*key=dc1:back-3 ",
        r"I7 .*key=dc1:back-3: was refused and is BOOKED at dc1"),
    "a refund's entry is missing": (
        {"dc1": "DELETE FROM ledger WHERE key = 'dc1:back-2'"}, r"i5_operation_matches_ledger .*key=dc1:back-2 ",
        r"I7 .*key=dc1:back-2: the history of dc1 has 0 effects"),
    "a refund was entered as a pay-in": (
        {"dc1": "UPDATE ledger SET kind = 1 WHERE key = 'dc1:back-1'"}, r"i5_operation_matches_ledger .*key=dc1:back-1 ",
        r"I7 .*key=dc1:back-1: the history of dc1 has 1 effects"),
    "a relayed refund was never closed": (
        {"dc2": "UPDATE relay SET state = 1, decided_at_us = NULL WHERE key = 'dc1:back-2'"}, r"i9_at_rest .*relay",
        r"I7 .*key=dc1:back-2: the relay at dc2 was never closed"),
    "a relayed refund was closed as refused": (
        {"dc2": "UPDATE relay SET state = 5, reason = 'ORIGINAL_NOT_FOUND' WHERE key = 'dc1:back-2'"}, None,
        r"I5 .*key=dc1:back-2: the relay at dc2 was closed contrary to dc1"),
    "a relayed refund is of another original": (
        {"dc2": "UPDATE relay SET original_key = 'dc1:sms-1' WHERE key = 'dc1:back-2'"}, None,
        r"I5 .*key=dc1:back-2: the relay at dc2 is not what was asked for"),
}
