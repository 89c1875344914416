"""Kinds of corrupted database around charges. As in corruptions.py; service sms costs 9, then 11, gone costs 9 and is retired;
dc1:sms-1 took 9, dc1:sms-2 11."""

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
}
