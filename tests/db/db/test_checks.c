/* The checks of the invariants find what breaks them: sound data, then one corruption at a time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "core/share.h"
#include "db/scripts.h"
#include "support/postgres.h"

#define HOLD_1 "00000000-0000-7000-8000-000000000001"
#define HOLD_2 "00000000-0000-7000-8000-000000000002"
#define HOLD_3 "00000000-0000-7000-8000-000000000003"
#define HOLD_4 "00000000-0000-7000-8000-000000000004"

/* dc1: account 1 paid in 100, paid out 30, granted 20 to dc2, received 5 from it; account 2 is
 * blocked and empty; account 8 placed four holds, of which one is open, one was captured in part,
 * one voided, one expired, and transferred 7 to account 9. dc2's entries of account 1 are complete
 * up to version 2. */
static const char sound_data[] =
    "INSERT INTO account VALUES (1, 'a1', 'First', 'EUR', 1, 1, 1, 1), (2, 'a2', 'Second', 'EUR', "
    "2, 2, 1, 2);"
    "INSERT INTO share (account_no, account_id, currency, balance, version, credits_total, "
    "debits_total, out_total,"
    " in_total, status, account_version, updated_at_us) VALUES"
    " (1, 'a1', 'EUR', 55, 4, 100, 30, 20, 5, 1, 1, 14), (2, 'a2', 'EUR', 0, 1, 0, 0, 0, 0, 2, 2, "
    "11),"
    " (3, 'a3', 'EUR', 0, 0, 0, 0, 0, 0, 1, 0, 0);"
    "INSERT INTO share_link VALUES (1, 'dc2', 20, 5, 20, 5);"
    "INSERT INTO ledger (account_no, version, kind, status, amount, balance_after, held_after, "
    "credits_total,"
    " debits_total, out_total, in_total, link_out_total, link_in_total, account_version, "
    "created_at_us, client_no,"
    " key, peer) VALUES"
    " (1, 1, 1, 1, 100, 100, 0, 100, 0, 0, 0, NULL, NULL, 1, 11, 1, 'k1', NULL),"
    " (1, 2, 2, 1, 30, 70, 0, 100, 30, 0, 0, NULL, NULL, 1, 12, 1, 'k2', NULL),"
    " (1, 3, 3, 1, 20, 50, 0, 100, 30, 20, 0, 20, 0, 1, 13, NULL, NULL, 'dc2'),"
    " (1, 4, 4, 1, 5, 55, 0, 100, 30, 20, 5, 20, 5, 1, 14, NULL, NULL, 'dc2'),"
    " (2, 1, 5, 2, 0, 0, 0, 0, 0, 0, 0, NULL, NULL, 2, 11, NULL, NULL, NULL);"
    "INSERT INTO operation (client_no, kind, state, key, account_no, amount, created_at_us) VALUES"
    " (1, 1, 2, 'k1', 1, 100, 1), (1, 2, 4, 'k2', 1, 30, 1), (1, 1, 1, 'k3', 1, 7, 1), (1, 2, 5, "
    "'k4', 1, 7, 1);"
    "INSERT INTO replicated_ledger (account_no, version, kind, status, amount, balance_after, "
    "held_after,"
    " credits_total, debits_total, out_total, in_total, account_version, created_at_us, dc, "
    "client_no, key, peer, link_out_total, link_in_total)"
    " VALUES (1, 1, 4, 1, 20, 20, 0, 0, 0, 0, 20, 1, 14, 'dc2', NULL, NULL, 'dc1', 0, 20),"
    " (1, 2, 3, 1, 5, 15, 0, 0, 0, 5, 20, 1, 15, 'dc2', NULL, NULL, 'dc1', 5, 20);"
    "INSERT INTO replicated_share VALUES ('dc2', 1, 15, 0, 2, 0, 0, 5, 20, 1, 1, 15);"
    "INSERT INTO replicated_link VALUES ('dc2', 1, 'dc1', 5, 20);"
    "INSERT INTO progress (source, stream, topic, partition, complete) VALUES"
    " ('dc2', 'ledger', 'geobill.dc2.ledger.v1', 0, 7);"
    "INSERT INTO progress (source, stream, topic, partition, complete, page, previous, count, "
    "next_index) VALUES"
    " ('dc2', 'ledger', 'geobill.dc2.ledger.v1', 1, 4, 9, 4, 10, 3);"
    "INSERT INTO source_head VALUES ('dc2', 'ledger', 'geobill.dc2.ledger.v1', 0, 7, 100),"
    " ('dc2', 'ledger', 'geobill.dc2.ledger.v1', 1, 4, 100);"
    "INSERT INTO page (stream, number, lo, hi, seq_from, seq_to, records, partitions_per_topic, "
    "topics, partitions,"
    " counts, previous, cut_at_us) VALUES"
    " ('ledger', 1, '1:1:', '9:9:', 1, 2, 2, 4, '{t,t}', '{0,1}', '{1,1}', '{0,0}', 1),"
    " ('ledger', 2, '9:9:', '10:10:', 6, 6, 1, 4, '{t}', '{1}', '{1}', '{1}', 1),"
    " ('ledger', 3, '9:9:', '10:10:', 7, 8, 2, 4, '{t,t}', '{0,1}', '{1,1}', '{1,2}', 1);"
    "INSERT INTO page (stream, number, lo, hi, seq_from, seq_to, records, partitions_per_topic, "
    "topics, partitions,"
    " counts, previous, cut_at_us) VALUES"
    " ('payin', 3, '1:1:', '9:9:', 1, 4, 4, 4, '{p,p}', '{0,1}', '{2,2}', '{0,0}', 1);"
    "INSERT INTO progress (source, stream, topic, partition, complete) VALUES"
    " ('dc1', 'payin', 'p', 0, 3), ('dc1', 'payin', 'p', 1, 3);"
    "UPDATE operation SET seq = 1;"
    "UPDATE operation SET batch_id = '" HOLD_1 "' WHERE key IN ('k1', 'k2');"
    "INSERT INTO overdue VALUES (1, 'k3', 'dc1', 1, 1);"
    "INSERT INTO operation (client_no, kind, state, key, account_no, amount, created_at_us, "
    "deadline_us)"
    " VALUES (1, 2, 3, 'k5', 1, 70, 1, 253402300799999999);"
    "INSERT INTO waiting VALUES (1, 1, 'k5', 1, 0, 253402300799999999, true);"
    "UPDATE share SET engaged = true WHERE account_no = 1;"
    "INSERT INTO reader_ack VALUES ('ledger', 'dc2', 't', 0, 3, 1, 1);"
    "INSERT INTO position VALUES ('t', 0, 12, 3, 1);"
    /* What is older than the epoch counts as committed: pages see it. */
    "UPDATE local_datacenter SET epoch = 2";

static const char sound_kinds[] =
    "INSERT INTO share (account_no, account_id, currency, balance, held, version, credits_total,"
    " debits_total) VALUES (8, 'a8', 'EUR', 73, 40, 10, 100, 27), (9, 'a9', 'EUR', 7, 0, 1, 7, 0);"
    "UPDATE share SET updated_at_us = 20 WHERE account_no = 8;"
    "UPDATE share SET updated_at_us = 20 WHERE account_no = 9;"
    "INSERT INTO ledger (account_no, version, kind, status, amount, balance_after, held_after, "
    "credits_total, debits_total, out_total, in_total, account_version, created_at_us, client_no, "
    "key, epoch) SELECT a, v, k, 1, m, b, h, c, d, 0, 0, 0, t, 1, y, 2 FROM (VALUES"
    " (8, 1, 1, 100, 100, 0, 100, 0, 11, 'h0'), (8, 2, 6, 40, 100, 40, 100, 0, 12, 'h1'),"
    " (8, 3, 6, 30, 100, 70, 100, 0, 13, 'h2'), (8, 4, 7, 20, 80, 50, 100, 20, 14, 'h3'),"
    " (8, 5, 10, 10, 80, 40, 100, 20, 14, 'h3'), (8, 6, 6, 5, 80, 45, 100, 20, 15, 'h4'),"
    " (8, 7, 8, 5, 80, 40, 100, 20, 16, 'h5'), (8, 8, 6, 6, 80, 46, 100, 20, 17, 'h6'),"
    " (8, 9, 9, 6, 80, 40, 100, 20, 19, 'h6'), (8, 10, 11, 7, 73, 40, 100, 27, 20, 't1'),"
    " (9, 1, 12, 7, 7, 0, 7, 0, 20, 't1')) e (a, v, k, m, b, h, c, d, t, y);"
    "INSERT INTO operation (client_no, kind, state, key, account_no, amount, created_at_us, "
    "hold_id, expires_at_us, payee_no) VALUES (1, 1, 2, 'h0', 8, 100, 1, NULL, NULL, NULL),"
    " (1, 3, 6, 'h1', 8, 40, 1, '" HOLD_1 "', 253402300799999999, NULL),"
    " (1, 3, 6, 'h2', 8, 30, 1, '" HOLD_2 "', 18, NULL),"
    " (1, 4, 4, 'h3', 8, 20, 1, '" HOLD_2 "', NULL, NULL),"
    " (1, 3, 6, 'h4', 8, 5, 1, '" HOLD_3 "', 18, NULL),"
    " (1, 5, 7, 'h5', 8, 5, 1, '" HOLD_3 "', NULL, NULL),"
    " (1, 3, 6, 'h6', 8, 6, 1, '" HOLD_4 "', 18, NULL),"
    " (1, 4, 5, 'h7', 8, 6, 1, '" HOLD_4 "', NULL, NULL),"
    " (1, 6, 4, 't1', 8, 7, 1, NULL, NULL, 9);"
    "INSERT INTO hold (hold_id, account_no, amount, captured, placed_at_us, expires_at_us, "
    "ended_at_us, client_no, state, key) VALUES"
    " ('" HOLD_1 "', 8, 40, 0, 12, 253402300799999999, NULL, 1, 1, 'h1'),"
    " ('" HOLD_2 "', 8, 30, 20, 13, 18, 14, 1, 2, 'h2'),"
    " ('" HOLD_3 "', 8, 5, 0, 15, 18, 16, 1, 3, 'h4'),"
    " ('" HOLD_4 "', 8, 6, 0, 17, 18, 19, 1, 4, 'h6');"
    "INSERT INTO open_hold VALUES (253402300799999999, '" HOLD_1 "', 8);";

/* Account 6 was charged twice for sms, at the price before and at the present one, and one is
 * refused. */
static const char sound_charges[] =
    "INSERT INTO service (service_id, name, price, currency, version, created_at_us, "
    "updated_at_us) VALUES ('sms', 'SMS', 9, 'EUR', 3, 1, 1), ('usd', 'Dollars', 9, 'USD', 3, 1, "
    "1);"
    "INSERT INTO share (account_no, account_id, currency, balance, version, credits_total, "
    "debits_total, updated_at_us) VALUES (6, 'a6', 'EUR', 84, 3, 100, 16, 13);"
    "INSERT INTO ledger (account_no, version, kind, status, amount, balance_after, held_after, "
    "credits_total, debits_total, out_total, in_total, account_version, created_at_us, client_no, "
    "key, epoch) SELECT 6, v, k, 1, m, c - d, 0, c, d, 0, 0, 0, 10 + v, 1, y, 2 FROM (VALUES"
    " (1, 1, 100, 100, 0, 'c0'), (2, 13, 7, 100, 7, 'c1'), (3, 13, 9, 100, 16, 'c2'))"
    " e (v, k, m, c, d, y);"
    "INSERT INTO operation (client_no, kind, state, key, account_no, amount, created_at_us, "
    "service, price_version) VALUES (1, 1, 2, 'c0', 6, 100, 1, NULL, NULL),"
    " (1, 7, 4, 'c1', 6, 7, 1, 'sms', 2), (1, 7, 4, 'c2', 6, 9, 1, 'sms', 3),"
    " (1, 7, 5, 'c3', 6, 9, 1, 'sms', 3);";

/* Account 7 paid 60, and got 25 and 35 of it back; one refund too many is refused. */
static const char sound_refunds[] =
    "INSERT INTO share (account_no, account_id, currency, balance, version, credits_total, "
    "debits_total, updated_at_us) VALUES (7, 'a7', 'EUR', 100, 4, 160, 60, 14);"
    "INSERT INTO ledger (account_no, version, kind, status, amount, balance_after, held_after, "
    "credits_total, debits_total, out_total, in_total, account_version, created_at_us, client_no, "
    "key, epoch) SELECT 7, v, k, 1, m, c - d, 0, c, d, 0, 0, 0, 10 + v, 1, y, 2 FROM (VALUES"
    " (1, 1, 100, 100, 0, 'r0'), (2, 2, 60, 100, 60, 'r1'), (3, 14, 25, 125, 60, 'r2'),"
    " (4, 14, 35, 160, 60, 'r3')) e (v, k, m, c, d, y);"
    "INSERT INTO operation (client_no, kind, state, key, account_no, amount, created_at_us, "
    "original_key, refunded) VALUES (1, 1, 2, 'r0', 7, 100, 1, NULL, 0),"
    " (1, 2, 4, 'r1', 7, 60, 1, NULL, 60), (1, 8, 2, 'r2', 7, 25, 1, 'r1', 0),"
    " (1, 8, 2, 'r3', 7, 35, 1, 'r1', 0), (1, 8, 5, 'r4', 7, 1, 1, 'r1', 0);";

/* What breaks, and the check that must see it. */
static const struct {
    const char *check;
    const char *text;
} corruptions[] = {
    {"i2_share_identity", "UPDATE share SET balance = 56 WHERE account_no = 1"},
    {"i2_share_identity", "UPDATE share SET credits_total = 99 WHERE account_no = 1"},
    {"i2b_link_totals", "UPDATE share_link SET out_total = 21"},
    {"i2b_link_totals", "DELETE FROM share_link"},
    {"i2b_link_totals", "UPDATE share_link SET account_no = 9"},
    {"i3_link_order", "UPDATE share_link SET peer_in_total = 21"},
    {"i3_link_order", "UPDATE replicated_link SET in_total = 21"},
    {"i3_link_order", "DELETE FROM share_link"},
    {"i4_not_negative", "UPDATE share SET balance = -1 WHERE account_no = 1"},
    {"i4_not_negative", "UPDATE share SET held = 56 WHERE account_no = 1"},
    {"i4_not_negative", "UPDATE ledger SET balance_after = -1 WHERE version = 2"},
    {"i4_not_negative", "UPDATE replicated_share SET held = 16"},
    {"i4_not_negative", "UPDATE replicated_ledger SET balance_after = -5 WHERE version = 1"},
    {"i5_one_entry_per_key", "UPDATE ledger SET key = 'k1' WHERE key = 'k2'"},
    {"i5_one_entry_per_key",
     "UPDATE replicated_ledger SET kind = 1, client_no = 1, key = 'k1' WHERE version = 1"},
    {"i5_openings",
     "INSERT INTO catalogue_command (client_no, key, asked_name, asked_currency, asked_amount, "
     "account_no, created_at_us) VALUES (1, 'o', 'n', 'EUR', 100, 1, 1)"},
    {"i5_openings", "UPDATE ledger SET kind = 15 WHERE account_no = 1 AND version = 1"},
    {"i5_openings", "UPDATE replicated_ledger SET kind = 15"},
    {"i5_atomic_batches", "UPDATE operation SET batch_id = '" HOLD_1 "' WHERE key = 'k3'"},
    {"i5_atomic_batches", "UPDATE operation SET batch_id = '" HOLD_1 "' WHERE key = 'k5'"},
    {"i5_atomic_batches", "UPDATE operation SET batch_id = '" HOLD_1 "', reason = 'BATCH_ABORTED' "
                          "WHERE key = 'k4'"},
    {"i5_atomic_batches", "UPDATE operation SET batch_id = '" HOLD_2 "' WHERE key = 'k4'"},
    {"i5_atomic_batches", "UPDATE operation SET reason = 'BATCH_ABORTED' WHERE key = 'k4'"},
    {"i5_atomic_batches", "UPDATE operation SET client_no = 2 WHERE key = 'k1'"},
    {"i4_held_is_holds", "UPDATE share SET held = 39 WHERE account_no = 8"},
    {"i4_held_is_holds", "UPDATE share SET held = 1 WHERE account_no = 1"},
    {"i4_held_is_holds", "UPDATE hold SET amount = 41 WHERE key = 'h1'"},
    {"i4_held_is_holds", "UPDATE hold SET state = 1 WHERE key = 'h6'"},
    {"i4_held_is_holds", "UPDATE hold SET account_no = 9 WHERE key = 'h1'"},
    {"i4_held_is_holds", "DELETE FROM hold WHERE key = 'h1'"},
    {"i4_held_is_holds", "DELETE FROM open_hold"},
    {"i4_held_is_holds", "UPDATE open_hold SET account_no = 9"},
    {"i4_held_is_holds", "UPDATE open_hold SET expires_at_us = expires_at_us - 1"},
    {"i4_held_is_holds", "INSERT INTO open_hold VALUES (18, '" HOLD_4 "', 8)"},
    {"i4_held_is_holds", "UPDATE open_hold SET expires_at_us = 18; UPDATE hold SET expires_at_us ="
                         " 18 WHERE key = 'h1'"},
    {"i5_holds_end_once", "UPDATE hold SET amount = 41 WHERE key = 'h1'"},
    {"i5_holds_end_once", "UPDATE hold SET expires_at_us = 19 WHERE key = 'h2'"},
    {"i5_holds_end_once", "UPDATE hold SET captured = 21 WHERE key = 'h2'"},
    {"i5_holds_end_once", "UPDATE hold SET state = 3, captured = 0 WHERE key = 'h2'"},
    {"i5_holds_end_once", "UPDATE hold SET state = 4, ended_at_us = 18 WHERE key = 'h4'"},
    {"i5_holds_end_once", "UPDATE hold SET state = 3 WHERE key = 'h6'"},
    {"i5_holds_end_once", "UPDATE hold SET ended_at_us = 17 WHERE key = 'h6'"},
    {"i5_holds_end_once", "UPDATE hold SET ended_at_us = 18 WHERE key = 'h2'"},
    {"i5_holds_end_once", "UPDATE hold SET client_no = 2 WHERE key = 'h1'"},
    {"i5_holds_end_once", "DELETE FROM hold WHERE key = 'h4'"},
    {"i5_holds_end_once", "UPDATE operation SET state = 5 WHERE key = 'h1'"},
    {"i5_holds_end_once", "UPDATE operation SET state = 4 WHERE key = 'h7'"},
    {"i5_holds_end_once", "UPDATE operation SET hold_id = '" HOLD_1 "' WHERE key = 'h3'"},
    {"i5_holds_end_once", "UPDATE ledger SET amount = 9 WHERE kind = 10"},
    {"i5_holds_end_once", "DELETE FROM ledger WHERE kind = 10"},
    {"i5_holds_end_once", "DELETE FROM ledger WHERE kind = 9"},
    {"i5_holds_end_once", "UPDATE ledger SET amount = 5 WHERE kind = 9"},
    {"i5_holds_end_once", "UPDATE ledger SET key = 'h1' WHERE kind = 9"},
    {"i5_holds_end_once", "UPDATE ledger SET key = NULL WHERE kind = 9"},
    {"i5_charges_priced", "UPDATE operation SET amount = 8 WHERE key = 'c2'"},
    {"i5_charges_priced", "UPDATE operation SET price_version = 2 WHERE key = 'c2'"},
    {"i5_charges_priced", "UPDATE operation SET price_version = 4 WHERE key = 'c1'"},
    {"i5_charges_priced", "UPDATE operation SET price_version = 0 WHERE key = 'c1'"},
    {"i5_charges_priced", "UPDATE operation SET price_version = NULL WHERE key = 'c1'"},
    {"i5_charges_priced", "UPDATE operation SET service = NULL WHERE key = 'c3'"},
    {"i5_charges_priced", "UPDATE operation SET service = 'usd' WHERE key = 'c2'"},
    {"i5_charges_priced", "UPDATE operation SET price_version = 1 WHERE key = 'k2'"},
    {"i5_charges_priced", "UPDATE operation SET service = 'sms' WHERE key = 'k2'"},
    {"i5_charges_priced", "UPDATE service SET price = 8"},
    {"i5_charges_priced", "DELETE FROM service"},
    {"i5_refunds_within_paid", "UPDATE operation SET refunded = 59 WHERE key = 'r1'"},
    {"i5_refunds_within_paid", "UPDATE operation SET refunded = 0 WHERE key = 'r1'"},
    {"i5_refunds_within_paid", "UPDATE operation SET amount = 59 WHERE key = 'r1'"},
    {"i5_refunds_within_paid", "UPDATE operation SET amount = 26 WHERE key = 'r2'"},
    {"i5_refunds_within_paid", "UPDATE operation SET state = 2 WHERE key = 'r4'"},
    {"i5_refunds_within_paid", "UPDATE operation SET state = 5 WHERE key = 'r1'"},
    {"i5_refunds_within_paid", "UPDATE operation SET kind = 6 WHERE key = 'r1'"},
    {"i5_refunds_within_paid", "UPDATE operation SET account_no = 6 WHERE key = 'r2'"},
    {"i5_refunds_within_paid", "UPDATE operation SET client_no = 2 WHERE key = 'r2'"},
    {"i5_refunds_within_paid", "UPDATE operation SET original_key = 'r9' WHERE key = 'r3'"},
    {"i5_refunds_within_paid", "UPDATE operation SET original_key = 'k2' WHERE key = 'r3'"},
    {"i5_refunds_within_paid", "UPDATE operation SET original_key = NULL WHERE key = 'r4'"},
    {"i5_refunds_within_paid", "UPDATE operation SET original_key = 'r1' WHERE key = 'k2'"},
    {"i5_refunds_within_paid", "UPDATE operation SET refunded = 1 WHERE key = 'k2'"},
    {"i5_refunds_within_paid", "DELETE FROM operation WHERE key = 'r1'"},
    {"i5_operation_matches_ledger", "UPDATE operation SET state = 1 WHERE key = 'r2'"},
    {"i5_operation_matches_ledger", "DELETE FROM ledger WHERE key = 'r2'"},
    {"i5_operation_matches_ledger", "UPDATE operation SET amount = 8 WHERE key = 'c1'"},
    {"i5_operation_matches_ledger", "UPDATE operation SET state = 4 WHERE key = 'c3'"},
    {"i5_one_entry_per_key", "UPDATE ledger SET key = 'h3' WHERE key = 'h5'"},
    {"i5_one_entry_per_key", "UPDATE ledger SET kind = 10 WHERE key = 'h6' AND kind = 6;"
                             " UPDATE ledger SET key = 'h3' WHERE key = 'h6' AND kind = 10"},
    {"i5_one_entry_per_key", "UPDATE replicated_ledger SET kind = 12, client_no = 1, key = 't1'"
                             " WHERE version = 1"},
    {"i5_operation_matches_ledger", "UPDATE operation SET payee_no = 1 WHERE key = 't1'"},
    {"i5_operation_matches_ledger", "UPDATE operation SET payee_no = NULL WHERE key = 't1'"},
    {"i5_operation_matches_ledger", "DELETE FROM ledger WHERE kind = 12"},
    {"i5_operation_matches_ledger", "UPDATE ledger SET amount = 8 WHERE kind = 12"},
    {"i5_operation_matches_ledger", "UPDATE operation SET state = 5 WHERE key = 't1'"},
    {"i5_operation_matches_ledger", "UPDATE operation SET state = 4 WHERE key = 'h1'"},
    {"i5_operation_matches_ledger", "UPDATE operation SET state = 6 WHERE key = 'k4'"},
    {"i5_operation_matches_ledger", "UPDATE operation SET state = 1 WHERE key = 'k4'"},
    {"i5_operation_matches_ledger", "UPDATE operation SET kind = 9 WHERE key = 'k4'"},
    {"i5_operation_matches_ledger", "UPDATE operation SET state = 2 WHERE key = 'k3'"},
    {"i5_operation_matches_ledger", "UPDATE operation SET state = 1 WHERE key = 'k1'"},
    {"i5_operation_matches_ledger", "UPDATE operation SET state = 5 WHERE key = 'k2'"},
    {"i5_operation_matches_ledger", "UPDATE operation SET amount = 101 WHERE key = 'k1'"},
    {"i5_operation_matches_ledger", "UPDATE operation SET account_no = 2 WHERE key = 'k1'"},
    {"i5_operation_matches_ledger", "UPDATE operation SET kind = 1 WHERE key = 'k2'"},
    {"i5_operation_matches_ledger", "UPDATE operation SET reference = 'r' WHERE key = 'k1'"},
    {"i5_operation_matches_ledger", "DELETE FROM operation WHERE key = 'k1'"},
    {"i5_operation_matches_ledger", "UPDATE ledger SET key = 'k1' WHERE key = 'k2'"},
    {"i6_share_is_last_entry", "UPDATE share SET version = 5 WHERE account_no = 1"},
    {"i6_share_is_last_entry",
     "UPDATE share SET balance = 54, debits_total = 31 WHERE account_no = 1"},
    {"i6_share_is_last_entry", "UPDATE share SET status = 1 WHERE account_no = 2"},
    {"i6_share_is_last_entry",
     "UPDATE share SET balance = 1, credits_total = 1 WHERE account_no = 3"},
    {"i6_share_is_last_entry", "DELETE FROM share WHERE account_no = 2"},
    {"i6_share_is_last_entry", "DELETE FROM ledger WHERE account_no = 1 AND version = 4"},
    {"i6_versions", "DELETE FROM ledger WHERE account_no = 1 AND version = 2"},
    {"i6_versions", "DELETE FROM ledger WHERE account_no = 1 AND version = 1"},
    {"i6_ledger_recomputes", "UPDATE ledger SET amount = 101 WHERE account_no = 1 AND version = 1"},
    {"i6_ledger_recomputes", "UPDATE ledger SET kind = 1 WHERE account_no = 1 AND version = 4"},
    {"i6_ledger_recomputes",
     "UPDATE ledger SET balance_after = 71 WHERE account_no = 1 AND version = 2"},
    {"i6_ledger_recomputes",
     "UPDATE ledger SET held_after = 1 WHERE account_no = 1 AND version = 2"},
    {"i6_ledger_recomputes",
     "UPDATE ledger SET out_total = 1 WHERE account_no = 1 AND version = 2"},
    {"i6_ledger_recomputes", "UPDATE ledger SET in_total = 1 WHERE account_no = 1 AND version = 2"},
    {"i6_ledger_recomputes", "UPDATE ledger SET amount = 1 WHERE account_no = 2"},
    {"i6_ledger_recomputes", "UPDATE ledger SET kind = 6 WHERE account_no = 2"},
    {"i6_ledger_recomputes", "UPDATE ledger SET kind = 16 WHERE account_no = 2"},
    {"i6_ledger_recomputes", "UPDATE ledger SET kind = 9 WHERE account_no = 8 AND kind = 6"},
    {"i6_ledger_recomputes", "UPDATE ledger SET kind = 8 WHERE account_no = 8 AND kind = 7"},
    {"i6_ledger_recomputes", "UPDATE ledger SET kind = 3 WHERE account_no = 8 AND kind = 11"},
    {"i6_ledger_recomputes", "UPDATE ledger SET kind = 4 WHERE account_no = 9"},
    {"i6_ledger_recomputes",
     "UPDATE ledger SET created_at_us = 15 WHERE account_no = 1 AND version = 3"},
    {"i7_accepted_is_booked", "DELETE FROM overdue"},
    {"i7_accepted_is_booked", "INSERT INTO overdue VALUES (1, 'k9', 'dc1', 1, 1)"},
    {"i9_waiting_sound", "DELETE FROM waiting"},
    {"i9_waiting_sound", "UPDATE share SET engaged = false"},
    {"i9_waiting_sound", "UPDATE share SET engaged = true"},
    {"i9_waiting_sound", "UPDATE share_link SET account_no = 2, peer_ask_target = 30"},
    {"i9_waiting_sound", "UPDATE operation SET state = 5 WHERE key = 'k5'"},
    {"i9_waiting_sound", "UPDATE operation SET state = 3 WHERE key = 'k4'"},
    {"i9_waiting_sound", "DELETE FROM operation WHERE key = 'k5'"},
    {"i9_waiting_sound", "UPDATE waiting SET account_no = 2"},
    {"i9_waiting_sound", "UPDATE waiting SET deadline_us = 1"},
    {"i9_waiting_sound",
     "UPDATE waiting SET deadline_us = 1; UPDATE operation SET deadline_us = 1 WHERE key = 'k5'"},
    {"i2b_links_recompute", "UPDATE ledger SET peer = 'dc3' WHERE version = 4"},
    {"i2b_links_recompute", "UPDATE ledger SET peer = NULL WHERE version = 4"},
    {"i2b_links_recompute", "UPDATE ledger SET link_in_total = 6 WHERE version = 4"},
    {"i2b_links_recompute", "UPDATE share_link SET out_total = 21"},
    {"i2b_links_recompute", "DELETE FROM share_link"},
    {"i2b_links_recompute", "INSERT INTO share_link VALUES (2, 'dc2', 1, 0, 0, 0)"},
    {"i3_asks_sound", "UPDATE share_link SET granted_total = 4"},
    {"i3_asks_sound", "UPDATE share_link SET ask_target = 6"},
    {"i3_asks_sound", "UPDATE share_link SET ask_state = 1"},
    {"i3_asks_sound", "UPDATE share_link SET answer_seq = 1"},
    {"i3_asks_sound", "UPDATE share_link SET ask_seq = 2, earlier_seq = 1"},
    {"i8_replica_links", "UPDATE replicated_link SET out_total = 6"},
    {"i8_replica_links", "DELETE FROM replicated_link"},
    {"i8_replica_links", "UPDATE replicated_ledger SET peer = 'dc3' WHERE version = 2"},
    {"i8_replica_recomputes", "UPDATE replicated_ledger SET amount = 6 WHERE version = 2"},
    {"i8_replica_recomputes", "UPDATE replicated_ledger SET in_total = 21 WHERE version = 1"},
    {"i8_replica_is_last_entry", "UPDATE replicated_share SET balance = 20, out_total = 0"},
    {"i8_replica_is_last_entry", "UPDATE replicated_share SET version = 1"},
    {"i8_replica_is_last_entry", "DELETE FROM replicated_share"},
    {"i8_replica_is_last_entry", "DELETE FROM replicated_ledger"},
    {"i8_replica_history", "DELETE FROM replicated_ledger WHERE version = 1"},
    {"pages_sound", "DELETE FROM page WHERE number = 2"},
    {"pages_sound", "DELETE FROM page WHERE number = 1"},
    {"pages_sound", "UPDATE page SET lo = '8:8:' WHERE number = 2"},
    {"pages_sound", "UPDATE page SET seq_from = 6 WHERE number = 3"},
    {"pages_sound", "UPDATE page SET counts = '{2}', records = 2 WHERE number = 2"},
    {"pages_sound", "UPDATE ledger SET epoch = 2 WHERE version = 4"},
    {"pages_sound", "UPDATE page SET merged_from = 2 WHERE number = 3"},
    {"pages_sound", "UPDATE page SET records = 6 WHERE number = 1"},
    {"pages_sound", "UPDATE page SET seq_to = 0 WHERE number = 1"},
    {"pages_sound", "UPDATE page SET counts = '{5}' WHERE number = 1"},
    {"pages_sound", "UPDATE page SET previous = '{1,1}' WHERE number = 3"},
    {"pages_sound", "UPDATE page SET previous = '{2}' WHERE number = 2"},
    {"positions_sound", "UPDATE position SET next_offset = -1"},
    {"positions_sound", "UPDATE position SET fence = -1"},
    {"positions_sound", "UPDATE progress SET page = 4 WHERE partition = 1"},
    {"positions_sound", "UPDATE progress SET next_index = 10 WHERE partition = 1"},
    {"positions_sound", "UPDATE progress SET complete = -1 WHERE partition = 0"},
    {"positions_sound", "UPDATE reader_ack SET page = 4"},
    {"positions_sound", "UPDATE progress SET complete = 4 WHERE source = 'dc1'"},
};

/* Disk damage and bugs do not ask constraints and triggers. */
static const char lay_open[] =
    "SET LOCAL session_replication_role = replica;"
    "DO $$ DECLARE c record; BEGIN FOR c IN SELECT conrelid::regclass AS relation, conname FROM "
    "pg_constraint"
    " WHERE contype = 'c' AND connamespace = 'public'::regnamespace LOOP"
    " EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', c.relation, c.conname); END LOOP; END $$";

static struct gb_test_postgres *server;
static struct gb_pg *pg;

static int group_setup(void **state)
{
    (void)state;
    server = gb_test_postgres_start();
    gb_test_database(server, "dc1", "dc1", "dc1");
    pg = gb_test_connect(server, "dc1", NULL);
    gb_test_sql(pg, sound_data);
    gb_test_sql(pg, sound_kinds);
    gb_test_sql(pg, sound_charges);
    gb_test_sql(pg, sound_refunds);
    return 0;
}

static int group_teardown(void **state)
{
    (void)state;
    gb_pg_close(pg);
    gb_test_postgres_stop(server);
    return 0;
}

/* Rows that the check finds. */
static size_t found_by(const struct gb_check *check)
{
    struct gb_rows *rows = NULL;
    struct gb_err err = {.message = ""};
    if (gb_pg_query_text(pg, check->text, &rows, &err) != GB_OK)
        fail_msg("%s: %s %s", check->name, err.code, err.message);
    size_t found = gb_rows_count(rows);
    gb_rows_free(rows);
    return found;
}

static const struct gb_check *check_named(const char *name)
{
    for (size_t i = 0; i < gb_checks_count; i++) {
        if (strcmp(gb_checks[i].name, name) == 0)
            return &gb_checks[i];
    }
    fail_msg("no check %s", name);
    return NULL;
}

static void test_sound_data_is_sound(void **state)
{
    (void)state;
    for (size_t i = 0; i < gb_checks_count; i++) {
        if (found_by(&gb_checks[i]) != 0)
            fail_msg("%s finds something in sound data", gb_checks[i].name);
    }
}

static void test_corruptions_are_found(void **state)
{
    (void)state;
    size_t missed = 0;
    for (size_t i = 0; i < sizeof corruptions / sizeof corruptions[0]; i++) {
        const struct gb_check *check = check_named(corruptions[i].check);
        gb_test_sql(pg, "BEGIN");
        gb_test_sql(pg, lay_open);
        gb_test_sql(pg, corruptions[i].text);
        if (found_by(check) == 0) {
            print_error("%s does not see: %s\n", corruptions[i].check, corruptions[i].text);
            missed++;
        }
        gb_pg_rollback(pg);
    }
    assert_int_equal(missed, 0);
}

static void test_every_check_is_tested(void **state)
{
    (void)state;
    for (size_t i = 0; i < gb_checks_count; i++) {
        size_t cases = 0;
        for (size_t c = 0; c < sizeof corruptions / sizeof corruptions[0]; c++)
            cases += strcmp(corruptions[c].check, gb_checks[i].name) == 0;
        if (cases == 0)
            fail_msg("%s has no corruption that it must find", gb_checks[i].name);
    }
}

/* What our own consumer has not completed may be ACCEPTED. */
static void test_accepted_may_be_under_way(void **state)
{
    (void)state;
    gb_test_sql(pg, "BEGIN");
    gb_test_sql(pg, "DELETE FROM overdue");
    gb_test_sql(pg, "UPDATE progress SET complete = 2 WHERE topic = 'p' AND partition = 1");
    assert_int_equal(found_by(check_named("i7_accepted_is_booked")), 0);
    gb_pg_rollback(pg);
}

/* No false alarm while a hole waits for its page: the source told of more than is complete, or the
 * entry above the hole is younger than what the source told. */
static void test_open_hole_is_no_alarm(void **state)
{
    (void)state;
    static const char *const excuses[] = {
        "UPDATE source_head SET page = 8 WHERE partition = 0",
        "DELETE FROM progress WHERE partition = 0",
        "UPDATE source_head SET at_us = 15",
        "DELETE FROM source_head",
    };
    for (size_t i = 0; i < sizeof excuses / sizeof excuses[0]; i++) {
        gb_test_sql(pg, "BEGIN");
        gb_test_sql(pg, "DELETE FROM replicated_ledger WHERE version = 1");
        gb_test_sql(pg, excuses[i]);
        assert_int_equal(found_by(check_named("i8_replica_history")), 0);
        gb_pg_rollback(pg);
    }
}

/* One entry of each kind, as the core makes them, on an account of its own. */
static const struct {
    enum gb_entry_kind kind;
    int64_t amount;
} one_of_each[] = {
    {GB_ENTRY_OPENING, 100}, {GB_ENTRY_PAYIN, 100},      {GB_ENTRY_HOLD, 60},
    {GB_ENTRY_CAPTURE, 20},  {GB_ENTRY_RELEASE, 20},     {GB_ENTRY_VOID, 15},
    {GB_ENTRY_EXPIRE, 5},    {GB_ENTRY_PAYOUT, 7},       {GB_ENTRY_SHARE_OUT, 30},
    {GB_ENTRY_SHARE_IN, 8},  {GB_ENTRY_TRANSFER_OUT, 9}, {GB_ENTRY_TRANSFER_IN, 11},
    {GB_ENTRY_CHARGE, 12},   {GB_ENTRY_REFUND, 2},       {GB_ENTRY_STATUS, 0},
};
enum { ONE_OF_EACH = sizeof(one_of_each) / sizeof(one_of_each[0]) };

static void insert_entry(const struct gb_entry *entry)
{
    char text[512];
    const struct gb_share *after = &entry->after;
    (void)snprintf(
        text, sizeof(text),
        "INSERT INTO ledger (account_no, version, kind, status, amount, balance_after, "
        "held_after, credits_total, debits_total, out_total, in_total, account_version, "
        "created_at_us, epoch) VALUES (4, %d, %d, 1, %d, %d, %d, %d, %d, %d, %d, 0, 1, 2)",
        (int)after->version, (int)entry->kind, (int)entry->amount, (int)after->balance,
        (int)after->held, (int)after->credits_total, (int)after->debits_total,
        (int)after->out_total, (int)after->in_total);
    gb_test_sql(pg, text);
}

static void insert_one_of_each(void)
{
    struct gb_share share = gb_share_new();
    for (size_t i = 0; i < ONE_OF_EACH; i++) {
        struct gb_entry entry;
        if (one_of_each[i].kind == GB_ENTRY_STATUS)
            gb_share_enter(&share, GB_ENTRY_STATUS, 0, 1, &entry);
        else
            assert_true(
                gb_share_move(&share, one_of_each[i].kind, one_of_each[i].amount, 1, &entry));
        insert_entry(&entry);
    }
    gb_test_sql(pg,
                "INSERT INTO replicated_ledger (account_no, version, kind, status, amount, "
                "balance_after, held_after, credits_total, debits_total, out_total, in_total, "
                "account_version, created_at_us, dc) SELECT account_no, version, kind, status, "
                "amount, balance_after, held_after, credits_total, debits_total, out_total, "
                "in_total, account_version, created_at_us, 'dc3' FROM ledger WHERE account_no = 4");
}

/* What SQL says of the kinds is what the core does. */
static void test_kinds_are_those_of_the_core(void **state)
{
    (void)state;
    const struct gb_check *own = check_named("i6_ledger_recomputes"),
                          *copy = check_named("i8_replica_recomputes");
    gb_test_sql(pg, "BEGIN");
    insert_one_of_each();
    assert_int_equal(found_by(own), 0);
    assert_int_equal(found_by(copy), 0);
    struct gb_rows *rows = NULL;
    assert_int_equal(
        gb_pg_query_text(pg, "SELECT kind, name FROM entry_kind ORDER BY kind", &rows, NULL),
        GB_OK);
    assert_int_equal(gb_rows_count(rows), ONE_OF_EACH);
    for (size_t i = 0; i < ONE_OF_EACH; i++)
        assert_string_equal(gb_rows_text(rows, i, 1), gb_entry_kind_name((int)i + 1));
    gb_rows_free(rows);
    assert_null(gb_entry_kind_name(ONE_OF_EACH + 1));
    gb_test_sql(pg, lay_open);
    gb_test_sql(pg,
                "UPDATE ledger SET kind = 16 - kind WHERE account_no = 4 AND kind NOT IN (5, 11)");
    assert_int_equal(found_by(own), 10);
    gb_pg_rollback(pg);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_kinds_are_those_of_the_core),
        cmocka_unit_test(test_sound_data_is_sound),
        cmocka_unit_test(test_corruptions_are_found),
        cmocka_unit_test(test_every_check_is_tested),
        cmocka_unit_test(test_accepted_may_be_under_way),
        cmocka_unit_test(test_open_hole_is_no_alarm),
    };
    return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
