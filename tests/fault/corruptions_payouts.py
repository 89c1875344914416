"""Kinds of corrupted database around pay-outs: what waits, links, asks, money between datacenters. As in corruptions.py; {q}, {Q} are
number and id of an account that dc1 paid out of; {o} the key of its first pay-out, {t} of one that dc2's share topped up, {p} of a
refused one, {z} of the last one, which is the last entry at dc1, its version {m}; {i}, {g} are the versions of the first entry that
moved share, at dc1 in and at dc2 out."""
from corruptions import ENTRY

FAR = 253402300799999999
COPY_OF_DC1 = " AND dc = 'dc1'"
AT = "WHERE account_no = {q}"
LINK = f"{AT} AND peer = 'dc2'"
ASKS = r"i3_asks_sound .*account_no={q} peer=dc2 "
RECOMPUTE = r"i2b_links_recompute .*account_no={q} "
WAITS = r"i9_waiting_sound .*key={p} "


def last_changed(ledger, share, of=""):
    """The last pay-out took one minor unit more."""
    return (f"UPDATE {ledger} SET amount = amount + 1, balance_after = balance_after - 1, debits_total = debits_total + 1 "
            f"{AT} AND version = {{m}}{of}; UPDATE {share} SET balance = balance - 1, debits_total = debits_total + 1 {AT}{of};")


def last_unmade(ledger, share, of=""):
    """The last pay-out was never paid."""
    return (f"UPDATE {share} s SET balance = s.balance + e.amount, debits_total = s.debits_total - e.amount, version = s.version - 1 "
            f"FROM (SELECT amount FROM {ledger} {AT} AND version = {{m}}{of}) e {AT}{of};"
            f"DELETE FROM {ledger} {AT} AND version = {{m}}{of};")


def invented(ledger, share, of=""):
    """A pay-out of one minor unit as the engine would have made it, in a ledger or in its copy."""
    more = ", dc" if of else ""
    return (f"INSERT INTO {ledger} ({ENTRY}, version{more}) SELECT account_no, 2, status, 1, balance_after - 1, held_after, "
            f"credits_total, debits_total + 1, out_total, in_total, account_version, created_at_us + 1, {{c}}, 'invented-2', "
            f"version + 1{more} FROM {ledger} {AT} AND version = {{m}}{of};"
            f"UPDATE {share} SET balance = balance - 1, debits_total = debits_total + 1, version = version + 1 {AT}{of};")


def moved(kind, ledger, share, link, of=""):
    """Three minor units more went out (3) or came in (4), by the last entry there is."""
    total, sign, more = {3: "out", 4: "in"}[kind], {3: "-", 4: "+"}[kind], ", dc" if of else ""
    links = "link_out_total, link_in_total, peer"
    peer = "dc1" if kind == 3 else "dc2"
    outs, ins = ("+ 3", "") if kind == 3 else ("", "+ 3")
    return (f"INSERT INTO {ledger} ({ENTRY}, version, {links}{more}) SELECT s.account_no, {kind}, s.status, 3, s.balance {sign} 3, "
            f"s.held, s.credits_total, s.debits_total, s.out_total {outs}, s.in_total {ins}, s.account_version, s.updated_at_us, NULL, "
            f"NULL, s.version + 1, l.out_total {outs}, l.in_total {ins}, l.peer{more.replace('dc', 's.dc')} FROM {share} s JOIN {link} l "
            f"USING (account_no{more}) WHERE s.account_no = {{q}} AND l.peer = '{peer}'{of.replace('dc', 's.dc', 1)};"
            f"UPDATE {share} SET balance = balance {sign} 3, {total}_total = {total}_total + 3, version = version + 1 {AT}{of};"
            f"UPDATE {link} SET {total}_total = {total}_total + 3 {AT} AND peer = '{peer}'{of};")


def paged(dc_table="ledger"):
    """The last page has the last entry, too, so that it is not the page that gives it away."""
    return (f"UPDATE page SET records = records + 1, counts[1] = counts[1] + 1, seq_to = (SELECT max(seq) FROM {dc_table}) "
            "WHERE stream = 'ledger' AND number = (SELECT max(number) FROM page WHERE stream = 'ledger');"
            f"UPDATE {dc_table} SET xid = '3' WHERE seq = (SELECT max(seq) FROM {dc_table});")


UNPAGED = ("UPDATE page SET records = records - 1, counts[1] = counts[1] - 1 WHERE stream = 'ledger' AND number = "
           "(SELECT max(number) FROM page WHERE stream = 'ledger' AND counts[1] > 1);")
COPY = ("replicated_ledger", "replicated_share")
PAID_BY_NOBODY = ("INSERT INTO operation (client_no, kind, state, key, account_no, amount, created_at_us, decided_at_us, deadline_us) "
                  "VALUES ({c}, 2, 4, 'invented-2', {q}, 1, 1, 2, 3);")


def waiting(key, account="{q}", deadline=FAR):
    return f"INSERT INTO waiting VALUES ({account}, {{c}}, '{key}', 1, 0, {deadline}, true);"


def undecided(deadline=FAR):
    return (f"UPDATE operation SET state = 3, decided_at_us = NULL, reason = NULL, deadline_us = {deadline} WHERE key = '{{p}}';"
            "UPDATE share SET engaged = true WHERE account_no = {q};")


KINDS_PAYOUTS = {
    # Entries.
    "a paid pay-out has no entry": (
        {"dc1": "DELETE FROM ledger WHERE key = '{t}'"},
        r"i5_operation_matches_ledger .*key={t} ", r"I7 .*key={t}: the history of dc1 has 0 effects"),
    "a pay-out's entry has another amount": (
        {"dc1": "UPDATE ledger SET amount = amount + 1 WHERE key = '{o}'"},
        r"i5_operation_matches_ledger .*key={o} ", r"I7 .*key={o}: the history of dc1 has 1 effects"),
    "a pay-out was entered twice": (
        {"dc1": f"INSERT INTO ledger ({ENTRY}, version) SELECT {ENTRY}, {{m}} + 1 FROM ledger WHERE key = '{{o}}'"},
        r"i5_one_entry_per_key .*key={o} ", r"I7 .*key={o}: the history of dc1 has 2 effects"),
    "a pay-out was entered as a pay-in": (
        {"dc1": "UPDATE ledger SET kind = 1 WHERE key = '{o}'"},
        r"i6_ledger_recomputes .*account_no={q} version=2 ", r"I7 .*key={o}: the history of dc1 has 1 effects"),
    "a pay-out was paid at another datacenter too": (
        {"dc2": f"INSERT INTO ledger ({ENTRY}, version) SELECT {ENTRY}, 50 FROM replicated_ledger WHERE key = '{{o}}'"},
        r"i5_one_entry_per_key .*key={o} .*datacenters=dc1 dc2", r"I7 .*key={o}: the history of dc2 has 2 effects"),
    "a pay-out's entry has no key": (
        {"dc1": "UPDATE ledger SET key = NULL WHERE key = '{o}'"},
        r"i5_operation_matches_ledger .*key={o} ", r"I7 .*key={o}: the history of dc1 has 0 effects"),
    "a pay-out nobody asked for, everywhere": (
        {"dc1": invented("ledger", "share") + paged() + PAID_BY_NOBODY, "dc2": invented(*COPY, COPY_OF_DC1)},
        None, r"I7 .*key=invented-2: dc1 has operations that nobody asked for"),
    "a pay-out's amount was changed everywhere": (
        {"dc1": last_changed("ledger", "share") + "UPDATE operation SET amount = amount + 1 WHERE key = '{z}'",
         "dc2": last_changed(*COPY, COPY_OF_DC1)},
        None, r"I5 .*key={z}: dc1 stores what was never asked for"),
    "an answered pay-out is gone everywhere": (
        {"dc1": last_unmade("ledger", "share") + UNPAGED + "DELETE FROM operation WHERE key = '{z}'",
         "dc2": last_unmade(*COPY, COPY_OF_DC1)},
        None, r"I7 .*key={z}: was accepted, and dc1 has no operation"),
    "an unheard pay-out was paid twice": (
        {"dc1": f"INSERT INTO ledger ({ENTRY}, version) SELECT {ENTRY}, {{m}} + 1 FROM ledger WHERE key = 'dc1:unheard-out'"},
        r"i5_one_entry_per_key .*key=dc1:unheard-out ", r"I7 .*key=dc1:unheard-out: the history of dc1 has 2 effects"),
    # Share that moved.
    "share that came in is more than its entry": (
        {"dc1": f"UPDATE ledger SET amount = amount - 1 {AT} AND version = {{i}}"},
        r"i6_ledger_recomputes .*account_no={q} version={i} ", None),
    "the entry of a grant is missing": (
        {"dc2": f"DELETE FROM ledger {AT} AND version = {{g}}"}, r"i6_versions .*account_no={q} ", None),
    "share came in from another peer": (
        {"dc1": f"UPDATE ledger SET peer = 'dc9' {AT} AND version = {{i}}"}, RECOMPUTE + "peer=dc9 ", None),
    "share came in from nobody": (
        {"dc1": f"UPDATE ledger SET peer = NULL {AT} AND version = {{i}}"}, RECOMPUTE, None),
    "a link's total in an entry is off": (
        {"dc1": f"UPDATE ledger SET link_in_total = link_in_total + 1 {AT} AND version = {{i}}"},
        RECOMPUTE + "peer=dc2 version={i} ", None),
    "share came in twice": (
        {"dc1": moved(4, "ledger", "share", "share_link") + paged() +
                f"UPDATE share_link SET granted_total = granted_total + 3, ask_target = greatest(ask_target, in_total + 3) {LINK}",
         "dc2": moved(4, *COPY, "replicated_link", COPY_OF_DC1)},
        r"i3_link_order .*account_no={q} peer=dc1 ", None),
    "a grant never arrives": (
        {"dc2": moved(3, "ledger", "share", "share_link") + paged(),
         "dc1": moved(3, *COPY, "replicated_link", " AND dc = 'dc2'")},
        r"i9_at_rest .*1 grants have not arrived", None),
    # Links.
    "a link granted more than its share": (
        {"dc2": f"UPDATE share_link SET out_total = out_total + 5 {AT}"}, r"i2b_link_totals .*account_no={q} ", None),
    "a link received less than its share": (
        {"dc1": f"UPDATE share_link SET in_total = in_total - 5 {LINK}"}, r"i2b_link_totals .*account_no={q} ", None),
    "a link is lost": (
        {"dc1": f"DELETE FROM share_link {AT}"}, r"i2b_link_totals .*account_no={q} ", None),
    "a grant stands under another peer": (
        {"dc2": f"UPDATE share_link SET peer = 'dc9' {AT}"}, RECOMPUTE + "peer=dc9 ", None),
    "a peer confirmed more of a grant than there was": (
        {"dc2": f"UPDATE share_link SET peer_in_total = out_total + 1 {AT}"}, r"i3_link_order .*account_no={q} peer=dc1 ", None),
    "more came than the peer says it granted": (
        {"dc1": f"UPDATE share_link SET granted_total = in_total - 1 {LINK}"}, ASKS + "why=received more", None),
    "an ask is open and asks for nothing": (
        {"dc1": f"UPDATE share_link SET ask_state = 1 {LINK}"}, ASKS + "why=an ask is open", None),
    "an ask asks for more and is not open": (
        {"dc1": f"UPDATE share_link SET ask_target = in_total + 5 {LINK}"}, ASKS + "why=an ask is open", None),
    "an ask was answered that was never made": (
        {"dc1": f"UPDATE share_link SET answer_seq = ask_seq + 1 {LINK}"}, ASKS + "why=an answer", None),
    "an older answer is of a newer ask": (
        {"dc1": f"UPDATE share_link SET earlier_seq = answer_seq + 1 {LINK}"}, ASKS + "why=an answer", None),
    # Operations, and what waits.
    "a refused pay-out is PAID": (
        {"dc1": "UPDATE operation SET state = 4 WHERE key = '{p}'"},
        r"i5_operation_matches_ledger .*key={p} ", r"I7 .*key={p}: was refused and is PAID at dc1"),
    "a paid pay-out is REFUSED": (
        {"dc1": "UPDATE operation SET state = 5, reason = 'FUNDS_HELD' WHERE key = '{o}'"},
        r"i5_operation_matches_ledger .*key={o} ", r"I7 .*key={o}: was accepted and is not PAID at dc1"),
    "a refusal is gone": (
        {"dc1": "DELETE FROM operation WHERE key = '{p}'"}, None, r"I7 .*key={p}: was refused for good, and dc1 has no operation"),
    "a refusal has another reason": (
        {"dc1": "UPDATE operation SET reason = 'FUNDS_HELD' WHERE key = '{p}'"}, None, r"I5 .*key={p}: was refused otherwise"),
    "a refusal knew something else": (
        {"dc1": "UPDATE operation SET facts = replace(facts, '\"total\":', '\"total\":1') WHERE key = '{p}'"},
        None, r"I5 .*key={p}: was refused otherwise"),
    "a stored reference of a pay-out was changed": (
        {"dc1": "UPDATE operation SET reference = 'other' WHERE key = '{o}'; UPDATE ledger SET reference = 'other' WHERE key = '{o}'"},
        None, r"I5 .*key={o}: dc1 stores what was never asked for"),
    "a pay-out waits, and nobody knows": (
        {"dc1": undecided()}, WAITS + ".*why=is WAITING, and nobody knows", r"I7 .*key={p}: is stored and not PAID at dc1"),
    "what waits is no operation": (
        {"dc1": waiting("ghost")}, r"i9_waiting_sound .*key=ghost .*why=waits, and is not WAITING", None),
    "what waits is paid already": (
        {"dc1": waiting("{o}")}, r"i9_waiting_sound .*key={o} .*why=waits, and is not WAITING", None),
    "what waits waits for another account": (
        {"dc1": undecided() + waiting("{p}", "{a}")}, WAITS + ".*why=waits as something else", None),
    "what waits has another deadline": (
        {"dc1": undecided() + waiting("{p}", deadline=FAR - 1)}, WAITS + ".*why=waits as something else", None),
    "what waits was never refused": (
        {"dc1": undecided(5) + waiting("{p}", deadline=5)}, WAITS + ".*why=its deadline is long over",
        r"I7 .*key={p}: is stored and not PAID at dc1"),
    "something waits when nothing should": (
        {"dc1": undecided() + waiting("{p}")}, r"i9_at_rest .*1 operations wait for money",
        r"I7 .*key={p}: is stored and not PAID at dc1"),
    "a share does not know what waits for it": (
        {"dc1": undecided() + waiting("{p}") + f"UPDATE share SET engaged = false {AT}"},
        r"i9_waiting_sound .*account_no={q} .*why=the share is engaged, or does not know", None),
    "an atomic batch was done in part": (
        {"dc1": "UPDATE operation SET batch_id = '00000000-0000-7000-8000-000000000001' WHERE key IN ('{o}', '{p}')"},
        r"i5_atomic_batches .*refused=1 .*why=done in part", None),
    # Replicas.
    "a copied grant has another amount": (
        {"dc1": f"UPDATE replicated_ledger SET amount = amount + 1 {AT} AND dc = 'dc2' AND version = {{g}}"},
        r"i8_replica_recomputes .*account_no={q} version={g} ", None),
    "a copied link is off": (
        {"dc1": f"UPDATE replicated_link SET out_total = out_total + 5 {AT} AND dc = 'dc2'"},
        r"i8_replica_links .*account_no={q} peer=dc1 ", None),
    "a copied link is lost": (
        {"dc1": f"DELETE FROM replicated_link {AT} AND dc = 'dc2'"}, r"i8_replica_links .*account_no={q} peer=dc1 ", None),
    "a copied grant went to another peer": (
        {"dc1": f"UPDATE replicated_ledger SET peer = 'dc9' {AT} AND dc = 'dc2' AND version = {{g}}"},
        r"i8_replica_links .*account_no={q} peer=dc9 ", None),
}
