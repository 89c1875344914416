"""Kinds of corrupted database. Each is a clone of sound books, changed as disk damage, a bug or a hand would change them:
triggers and constraints are not asked.

name: (SQL by datacenter, what `geobill verify` must say or None, what the checker must say or None); both are regular
expressions for one finding. In SQL and expressions {a}, {b} are account numbers, {A}, {B} account ids, {n} the last version of
a at dc1, {k} the key of its version 2, {l} the key of its last entry, {r} the key of a pay-in relayed from dc1 to dc2, {x} a
refused key, {c} the client's number,
{p1}, {p2} the numbers of the first two pages of dc1's ledger."""

ENTRY = ("account_no, kind, status, amount, balance_after, held_after, credits_total, debits_total, out_total, in_total, "
         "account_version, created_at_us, client_no, key")


def invented(ledger, share, key="invented-1", of=""):
    """An entry of 500 minor units as the engine would have made it, in a ledger or in its copy."""
    more = ", dc" if of else ""
    return (f"INSERT INTO {ledger} ({ENTRY}, version{more}) SELECT {{a}}, 1, status, 500, balance_after + 500, held_after, "
            "credits_total + 500, debits_total, out_total, in_total, account_version, created_at_us + 1, {c}, "
            f"'{key}', version + 1{more} FROM {ledger} WHERE account_no = {{a}} AND version = {{n}}{of};"
            f"UPDATE {share} SET balance = balance + 500, credits_total = credits_total + 500, version = version + 1 "
            f"WHERE account_no = {{a}}{of};")


def unmade(ledger, share, of=""):
    """The last entry was never made."""
    return (f"UPDATE {share} s SET balance = s.balance - e.amount, credits_total = s.credits_total - e.amount, "
            f"version = s.version - 1 FROM (SELECT amount FROM {ledger} WHERE account_no = {{a}} AND version = {{n}}{of}) e "
            f"WHERE account_no = {{a}}{of}; DELETE FROM {ledger} WHERE account_no = {{a}} AND version = {{n}}{of};")


def changed(ledger, share, of=""):
    """The last entry has seven minor units more."""
    return (f"UPDATE {ledger} SET amount = amount + 7, balance_after = balance_after + 7, credits_total = credits_total + 7 "
            f"WHERE account_no = {{a}} AND version = {{n}}{of}; UPDATE {share} SET balance = balance + 7, "
            f"credits_total = credits_total + 7 WHERE account_no = {{a}}{of};")


COPY = ("replicated_ledger", "replicated_share")
OF_DC1 = " AND dc = 'dc1'"
# The pages follow, so that they give nothing away: the last page has one record more, or one less.
PAGED = ("UPDATE page SET records = records + 1, counts[1] = counts[1] + 1, seq_to = (SELECT max(seq) FROM ledger) "
         "WHERE stream = 'ledger' AND number = (SELECT max(number) FROM page WHERE stream = 'ledger');"
         "UPDATE ledger SET xid = '3' WHERE account_no = {a} AND version = {n} + 1;")
UNPAGED = ("UPDATE page SET records = records - 1, counts[1] = counts[1] - 1 WHERE stream = 'ledger' AND number = "
           "(SELECT max(number) FROM page WHERE stream = 'ledger' AND counts[1] > 1);")
BOOKED = ("INSERT INTO operation (client_no, kind, state, key, account_no, amount, created_at_us, decided_at_us) "
          "VALUES ({c}, 1, 2, 'invented-1', {a}, 500, 1, 2);")
INVENT_HERE = invented("ledger", "share") + PAGED + BOOKED
INVENT_THERE = invented(*COPY, of=OF_DC1)
UNMAKE_HERE = unmade("ledger", "share") + UNPAGED
UNMAKE_THERE = unmade(*COPY, of=OF_DC1)

SHARE_OFF = r"i2_share_identity .*account_no={a} "
TOTALS = r"I10 account={A}: "

KINDS = {
    # Entries.
    "the last entry is missing": (
        {"dc1": "DELETE FROM ledger WHERE account_no = {a} AND version = {n}"},
        r"i6_share_is_last_entry .*account_no={a} ", r"I7 .*key={l}: the history of dc1 has 0 effects"),
    "an entry in the middle is missing": (
        {"dc1": "DELETE FROM ledger WHERE account_no = {a} AND version = 2"},
        r"i6_versions .*account_no={a} ", r"I7 .*key={k}: the history of dc1 has 0 effects"),
    "an entry was entered twice, under another version": (
        {"dc1": f"INSERT INTO ledger ({ENTRY}, version) SELECT {ENTRY}, {{n}} + 1 FROM ledger WHERE account_no = {{a}} "
                "AND version = {n}"},
        r"i5_one_entry_per_key .*key={l} ", r"I7 .*key={l}: the history of dc1 has 2 effects"),
    "a version is there twice": (
        {"dc1": f"INSERT INTO ledger ({ENTRY}, version) SELECT {ENTRY}, version FROM ledger WHERE account_no = {{a}} "
                "AND version = 2"},
        r"i6_versions .*account_no={a} ", r"I7 .*key={k}: the history of dc1 has 2 effects"),
    "an entry has another amount than its operation": (
        {"dc1": "UPDATE ledger SET amount = amount + 1 WHERE account_no = {a} AND version = 2"},
        r"i5_operation_matches_ledger .*key={k} ", r"I7 .*key={k}: the history of dc1 has 1 effects"),
    "an entry's balance is off": (
        {"dc1": "UPDATE ledger SET balance_after = balance_after + 1 WHERE account_no = {a} AND version = 2"},
        r"i6_ledger_recomputes .*account_no={a} version=2 ", None),
    "an entry's total is off": (
        {"dc1": "UPDATE ledger SET in_total = in_total + 1 WHERE account_no = {a} AND version = 2"},
        r"i6_ledger_recomputes .*account_no={a} version=2 ", None),
    "an entry's held is off": (
        {"dc1": "UPDATE ledger SET held_after = 1 WHERE account_no = {a} AND version = 2"},
        r"i6_ledger_recomputes .*account_no={a} version=2 ", None),
    "an entry is negative": (
        {"dc1": "UPDATE ledger SET balance_after = -balance_after WHERE account_no = {a} AND version = 2"},
        r"i4_not_negative .*place=ledger .*account_no={a} version=2 ", None),
    "an entry has a kind that is none": (
        {"dc1": "UPDATE ledger SET kind = 9, key = NULL WHERE account_no = {a} AND version = 2"},
        r"i6_ledger_recomputes .*account_no={a} version=2 ", r"I7 .*key={k}: the history of dc1 has 0 effects"),
    "time goes back in a ledger": (
        {"dc1": "UPDATE ledger SET created_at_us = 1 WHERE account_no = {a} AND version = 2"},
        r"i6_ledger_recomputes .*account_no={a} version=2 ", None),
    "an entry belongs to another client": (
        {"dc1": "UPDATE ledger SET client_no = 99 WHERE key = '{k}'"},
        r"i5_operation_matches_ledger .*client_no=99 key={k} ", r"I7 client=client_no 99 key={k}: dc1 has entries that nobody"),
    "an entry belongs to another account": (
        {"dc1": "UPDATE ledger SET account_no = {b}, version = 100 WHERE key = '{k}'"},
        r"i5_operation_matches_ledger .*key={k} ", r"I7 .*key={k}: the history of dc1 has 1 effects"),
    "an entry has another reference than its operation": (
        {"dc1": "UPDATE ledger SET reference = 'other' WHERE key = '{k}'"}, r"i5_operation_matches_ledger .*key={k} ", None),
    # Shares.
    "credits of a share are off": (
        {"dc1": "UPDATE share SET credits_total = credits_total + 1 WHERE account_no = {a}"}, SHARE_OFF, TOTALS),
    "debits of a share are off": (
        {"dc1": "UPDATE share SET debits_total = debits_total + 1 WHERE account_no = {a}"}, SHARE_OFF, TOTALS),
    "granted of a share is off": (
        {"dc1": "UPDATE share SET out_total = out_total + 1 WHERE account_no = {a}"}, SHARE_OFF, TOTALS),
    "received of a share is off": (
        {"dc1": "UPDATE share SET in_total = in_total + 1 WHERE account_no = {a}"}, SHARE_OFF, TOTALS),
    "the balance of a share is off": (
        {"dc1": "UPDATE share SET balance = balance + 1 WHERE account_no = {a}"}, SHARE_OFF, TOTALS),
    "balance and credits of a share are off by the same": (
        {"dc1": "UPDATE share SET balance = balance + 1, credits_total = credits_total + 1 WHERE account_no = {a}"},
        r"i6_share_is_last_entry .*account_no={a} ", TOTALS),
    "held of a share is off": (
        {"dc1": "UPDATE share SET held = 1 WHERE account_no = {a}"}, r"i6_share_is_last_entry .*account_no={a} ", None),
    "held of a share is above its balance": (
        {"dc1": "UPDATE share SET held = balance + 1 WHERE account_no = {a}"}, r"i4_not_negative .*account_no={a} ", None),
    "the status of a share is none that it was given": (
        {"dc1": "UPDATE share SET status = 2 WHERE account_no = {a}"}, r"i6_share_is_last_entry .*account_no={a} ", None),
    "a share is lost": (
        {"dc1": "DELETE FROM share WHERE account_no = {a}"}, r"i6_share_is_last_entry .*account_no={a} ", TOTALS),
    # Links.
    "a share granted what no link knows": (
        {"dc1": "UPDATE share SET out_total = out_total + 5, credits_total = credits_total + 5 WHERE account_no = {a}"},
        r"i2b_link_totals .*account_no={a} ", TOTALS),
    "a link received what its share does not know": (
        {"dc1": "INSERT INTO share_link (account_no, peer, in_total, granted_total) VALUES ({a}, 'dc2', 5, 5)"},
        r"i2b_link_totals .*account_no={a} ", None),
    "a peer confirmed more than was granted": (
        {"dc1": "INSERT INTO share_link (account_no, peer, out_total, peer_in_total) VALUES ({a}, 'dc2', 0, 5)"},
        r"i3_link_order .*account_no={a} peer=dc2 ", None),
    "a peer received what nobody granted": (
        {"dc1": "INSERT INTO replicated_link VALUES ('dc2', {a}, 'dc1', 0, 5)"}, r"i3_link_order .*account_no={a} peer=dc2 ", None),
    # Operations.
    "an operation is BOOKED without an entry": (
        {"dc1": "INSERT INTO operation (client_no, kind, state, key, account_no, amount, created_at_us) "
                "VALUES ({c}, 1, 2, 'ghost', {a}, 5, 1)"},
        r"i5_operation_matches_ledger .*key=ghost ", r"I7 .*key=ghost: dc1 has operations that nobody asked for"),
    "an entry has no operation": (
        {"dc1": "DELETE FROM operation WHERE key = '{k}'"},
        r"i5_operation_matches_ledger .*key={k} ", r"I7 .*key={k}: was accepted, and dc1 has no operation"),
    "an operation is another account's": (
        {"dc1": "UPDATE operation SET account_no = {b} WHERE key = '{k}'"},
        r"i5_operation_matches_ledger .*key={k} ", r"I5 .*key={k}: dc1 stores what was never asked for"),
    "an operation has another amount than its entry": (
        {"dc1": "UPDATE operation SET amount = amount + 1 WHERE key = '{k}'"},
        r"i5_operation_matches_ledger .*key={k} ", r"I5 .*key={k}: dc1 stores what was never asked for"),
    "an operation is REFUSED and has an effect": (
        {"dc1": "UPDATE operation SET state = 5, reason = 'ACCOUNT_CLOSED' WHERE key = '{k}'"},
        r"i5_operation_matches_ledger .*key={k} ", r"I7 .*key={k}: was accepted and is not BOOKED at dc1"),
    "a refused operation got an effect after all": (
        {"dc1": invented("ledger", "share", "{x}") + PAGED, "dc2": invented(*COPY, "{x}", OF_DC1)},
        r"i5_operation_matches_ledger .*key={x} ", r"I7 .*key={x}: the history of dc1 has 1 effects of it, not 0"),
    "an accepted pay-in was never booked, and is on no list": (
        {"dc1": UNMAKE_HERE + "UPDATE operation SET state = 1, decided_at_us = NULL WHERE key = '{l}'", "dc2": UNMAKE_THERE},
        r"i7_accepted_is_booked .*key={l} ", r"I7 .*key={l}: was accepted and is not BOOKED"),
    "what is overdue is no operation": (
        {"dc1": "INSERT INTO overdue VALUES ({c}, 'ghost', 'dc1', {a}, 1)"}, r"i7_accepted_is_booked .*key=ghost ", None),
    "a stored reference was changed": (
        {"dc1": "UPDATE operation SET reference = 'other' WHERE key = '{k}'; "
                "UPDATE ledger SET reference = 'other' WHERE key = '{k}'"},
        None, r"I5 .*key={k}: dc1 stores what was never asked for"),
    "stored metadata were changed": (
        {"dc1": "UPDATE operation SET metadata = '{{\"n\":2}}' WHERE key = '{k}'"},
        None, r"I5 .*key={k}: dc1 stores what was never asked for"),
    "an amount was changed everywhere": (
        {"dc1": changed("ledger", "share") + "UPDATE operation SET amount = amount + 7 WHERE key = '{l}'",
         "dc2": changed(*COPY, OF_DC1)},
        None, r"I5 .*key={l}: dc1 stores what was never asked for"),
    "an answered pay-in is gone everywhere": (
        {"dc1": UNMAKE_HERE + "DELETE FROM operation WHERE key = '{l}'", "dc2": UNMAKE_THERE},
        None, r"I7 .*key={l}: was accepted, and dc1 has no operation"),
    "what was never answered had another effect than was asked for": (
        {"dc1": "UPDATE operation SET amount = 34 WHERE key = 'dc1:unheard'; UPDATE ledger SET amount = 34 WHERE key = 'dc1:unheard'"},
        r"i6_ledger_recomputes .*account_no={b} ", r"I5 .*key=dc1:unheard: dc1 stores what was never asked for"),
    "what was never answered had its effect twice": (
        {"dc1": f"INSERT INTO ledger ({ENTRY}, version) SELECT {ENTRY}, 99 FROM ledger WHERE key = 'dc1:unheard'"},
        r"i5_one_entry_per_key .*key=dc1:unheard ", r"I7 .*key=dc1:unheard: the history of dc1 has 2 effects"),
    "money from nowhere, everywhere": (
        {"dc1": INVENT_HERE, "dc2": INVENT_THERE}, None, r"I7 .*key=invented-1: dc1 has operations that nobody asked for"),
    # Relays.
    "a relay was never closed": (
        {"dc1": "UPDATE relay SET state = 1, decided_at_us = NULL WHERE key = '{r}'"},
        r"i9_at_rest .*1 relayed pay-ins not closed", r"I7 .*key={r}: the relay at dc1 was never closed"),
    "a relay was closed contrary to its owner": (
        {"dc1": "UPDATE relay SET state = 5, reason = 'ACCOUNT_CLOSED' WHERE key = '{r}'"},
        None, r"I5 .*key={r}: the relay at dc1 was closed contrary to dc2"),
    "a relay has another amount": (
        {"dc1": "UPDATE relay SET amount = amount + 1 WHERE key = '{r}'"},
        None, r"I5 .*key={r}: the relay at dc1 is not what was asked for"),
    "a relay is lost": (
        {"dc1": "DELETE FROM relay WHERE key = '{r}'"}, None, r"I7 .*key={r}: dc1 accepted it for dc2 and has no relay"),
    # Replicas.
    "a copied entry is missing": (
        {"dc2": "DELETE FROM replicated_ledger WHERE account_no = {a} AND dc = 'dc1' AND version = 2"},
        r"i8_replica_history .*account_no={a} ", r"I7 .*key={k}: the history of dc2 has 0 effects"),
    "a copied entry is another": (
        {"dc2": "UPDATE replicated_ledger SET amount = amount + 1 WHERE account_no = {a} AND dc = 'dc1' AND version = 2"},
        r"i8_replica_recomputes .*account_no={a} version=2 ", r"I7 .*key={k}: the history of dc2 has 1 effects"),
    "a copied entry has another key": (
        {"dc2": "UPDATE replicated_ledger SET key = 'other' WHERE account_no = {a} AND dc = 'dc1' AND version = 2"},
        None, r"I7 .*key={k}: the history of dc2 has 0 effects"),
    "a copied share is off": (
        {"dc2": "UPDATE replicated_share SET balance = balance + 1, credits_total = credits_total + 1 "
                "WHERE account_no = {a} AND dc = 'dc1'"},
        r"i8_replica_is_last_entry .*account_no={a} ", TOTALS),
    "a copy differs at the same version": (
        {"dc2": changed(*COPY, OF_DC1)},
        r"i8_replica_equals_source .*differs at the same version: account {A} \({a}\): ", TOTALS),
    "a copy differs at the same version and balance": (
        {"dc2": "UPDATE replicated_share SET out_total = out_total + 1, in_total = in_total + 1 "
                "WHERE account_no = {a} AND dc = 'dc1'"},
        r"i8_replica_equals_source .*differs at the same version: account {A} \({a}\): ", None),
    "a copy is ahead of its source": (
        {"dc2": INVENT_THERE}, r"i8_replica_equals_source .*is ahead of its source: account {A} \({a}\): ",
        r"I7 .*key=invented-1: dc2 has entries that nobody asked for"),
    "a copy stays behind its source": (
        {"dc2": UNMAKE_THERE}, r"i8_replica_equals_source .*is behind: account_no={a} ", TOTALS),
    "a whole copy is lost": (
        {"dc2": "TRUNCATE replicated_share, replicated_ledger"}, r"i8_replica_equals_source .*is behind: account_no={a} ", TOTALS),
    # Streams.
    "the first page is missing": (
        {"dc1": "DELETE FROM page WHERE stream = 'ledger' AND number = {p1}"}, r"pages_sound .*stream=ledger number={p2} ", None),
    "a page in the middle is missing": (
        {"dc1": "DELETE FROM page WHERE stream = 'ledger' AND number = {p2}"}, r"pages_sound .*stream=ledger number={p1} ", None),
    "the last page is missing": (
        {"dc1": "DELETE FROM page p WHERE stream = 'ledger' AND number = (SELECT max(number) FROM page WHERE stream = 'ledger')"},
        r"positions_sound .*what=reader_ack name=dc2 ledger ", None),
    "a page overlaps the one before it": (
        {"dc1": "UPDATE page p SET lo = (SELECT lo FROM page WHERE stream = 'ledger' AND number = {p1}) "
                "WHERE stream = 'ledger' AND number = {p2}"},
        r"pages_sound .*stream=ledger number={p2} why=does not begin where", None),
    "counts of a page are wrong": (
        {"dc1": "UPDATE page SET counts[1] = counts[1] + 1 WHERE stream = 'ledger' AND number = {p2}"},
        r"pages_sound .*stream=ledger number={p2} why=ranges and sums", None),
    "a page has more records than the ledger": (
        {"dc1": "UPDATE page SET counts[1] = counts[1] + 1, records = records + 1 WHERE stream = 'ledger' AND number = {p2}"},
        r"pages_sound .*stream=ledger .*why=the pages up to it have \d+ records, the ledger \d+", None),
    "an entry is in no page": (
        {"dc1": "UPDATE ledger SET seq = seq + 100000, xid = '3' WHERE account_no = {a} AND version = 2"},
        r"i9_at_rest .*1 entries not in a page", None),
    "a page forgets the one before it": (
        {"dc1": "UPDATE page SET previous = array_fill(0::bigint, ARRAY[cardinality(topics)]) WHERE stream = 'ledger' AND number = "
                "(SELECT max(number) FROM page p, unnest(previous) v WHERE stream = 'ledger' AND v > 0)"},
        r"pages_sound .*stream=ledger number=\d+ why=previous", None),
    "progress lies beyond what was cut": (
        {"dc1": "UPDATE progress SET complete = complete + 100000 WHERE source = 'dc1' AND stream = 'payin'"},
        r"positions_sound .*what=progress beyond the last page name=dc1 payin ", None),
    "a page in progress lies below what is complete": (
        {"dc2": "UPDATE progress SET page = complete, count = 5 WHERE source = 'dc1' AND stream = 'ledger'"},
        r"positions_sound .*what=progress name=dc1 ledger ", None),
    "a page was acknowledged that was never cut": (
        {"dc1": "UPDATE reader_ack SET page = 100000 WHERE stream = 'ledger' AND reader = 'dc2'"},
        r"positions_sound .*what=reader_ack name=dc2 ledger ", None),
    "a reader never acknowledged": (
        {"dc1": "UPDATE reader_ack SET page = 0 WHERE stream = 'ledger' AND reader = 'dc2'"},
        r"i9_at_rest .*stream ledger: page \d+ cut, dc2 acknowledged 0", None),
    "a fence is below zero": (
        {"dc1": "UPDATE position SET fence = -1"}, r"positions_sound .*what=position name=geobill", None),
    # Catalogue.
    "an account has another status at one datacenter": (
        {"dc2": "UPDATE account SET status = 2 WHERE account_no = {a}"},
        r"catalogue_equals_source dc2 account {A} version=\d+ differs", r"catalogue accounts {A}: dc1 has .*dc2 has "),
    "an account has another currency at one datacenter": (
        {"dc2": "UPDATE account SET currency = 'USD' WHERE account_no = {a}"},
        r"catalogue_equals_source dc2 account {A} version=\d+ differs", r"catalogue accounts {A}: dc1 has "),
    "an account is unknown at one datacenter": (
        {"dc2": "DELETE FROM account WHERE account_no = {b}"},
        r"catalogue_equals_source dc2 account {B} version=\d+ of the catalogue has not come", r"catalogue accounts {B}: dc1 has "),
    "an account was opened at one datacenter alone": (
        {"dc2": "INSERT INTO account (account_no, account_id, name, currency, status, version, created_at_us, updated_at_us) "
                "VALUES (7, 'alone', 'alone', 'EUR', 1, 1, 1, 1)"},
        r"catalogue_equals_source dc2 account alone version=1 is not in the catalogue", r"catalogue accounts alone: dc1 has None"),
    "an account is newer at one datacenter than in the catalogue": (
        {"dc2": "UPDATE account SET version = version + 1 WHERE account_no = {a}"},
        r"catalogue_equals_source dc2 account {A} version=\d+ is ahead", r"catalogue accounts {A}: dc1 has "),
    "a client has another role at one datacenter": (
        {"dc2": "UPDATE client SET role = 1 WHERE client_no = {c}"},
        r"catalogue_equals_source dc2 client demo version=\d+ differs", r"catalogue clients {c}: dc1 has "),
}
