-- A page over all of the ledger, what readers say, and copies of dc2's shares.
UPDATE local_datacenter SET epoch = 2; -- what is older than the epoch counts as committed: the page has it
INSERT INTO page (stream, number, lo, hi, seq_from, seq_to, records, partitions_per_topic, topics, partitions, counts,
    previous, cut_at_us)
SELECT 'ledger', 1, '1:1:', '9:9:', min(seq), max(seq), count(*), 4, '{geobill.dc1.ledger.v1}', '{0}',
    ARRAY[count(*)::integer], '{0}', 1 FROM ledger;
INSERT INTO stream_sent (stream, topic, partition, cut, sent, as_of, at_us) VALUES ('ledger', 'geobill.dc1.ledger.v1', 0, 1, 1, 1, 1);
INSERT INTO reader_ack (stream, reader, topic, partition, page, heard_at_us, moved_at_us)
VALUES ('ledger', 'dc2', 'geobill.dc1.ledger.v1', 0, 1, 1, 1);
INSERT INTO reader (reader, incarnation, sent_at_us, heard_at_us) VALUES ('dc2', 1, 1, 1);
INSERT INTO source_head (source, stream, topic, partition, page, at_us) VALUES ('dc2', 'ledger', 'geobill.dc2.ledger.v1', 0, 7, 1);
INSERT INTO position (topic, partition, next_offset, fence, updated_at_us) VALUES ('geobill.dc2.ledger.v1', 0, 99, 4, 1);
INSERT INTO progress (source, stream, topic, partition, complete) VALUES ('dc2', 'ledger', 'geobill.dc2.ledger.v1', 0, 7);
INSERT INTO daemon (role, instance, pid, version, listen, started_at_us, beat_at_us) VALUES ('consumer', '1', 1, '0.0.1', '', 1, 1);
INSERT INTO outbox (stream, topic, id, aggregatetype, aggregateid, type, payload, created_at_us, epoch)
SELECT 'dc2', 'geobill.dc2.reserve.v1', ('00000000-0000-7000-8000-' || lpad(n::text, 12, '0'))::uuid, 'account', 'a' || n,
    'ask', '\x00', 1, 1 FROM generate_series(1, 20) n;
INSERT INTO replicated_ledger (account_no, version, kind, status, amount, balance_after, held_after, credits_total,
    debits_total, out_total, in_total, link_out_total, link_in_total, account_version, created_at_us, dc, peer)
SELECT n, 1, 4, 1, 20, 20, 0, 0, 0, 0, 20, 0, 20, 1, 5, 'dc2', 'dc1' FROM generate_series(10, 300, 10) n;
INSERT INTO replicated_share (dc, account_no, balance, held, version, credits_total, debits_total, out_total, in_total,
    status, account_version, updated_at_us)
SELECT dc, account_no, balance_after, held_after, version, credits_total, debits_total, out_total, in_total, status,
    account_version, created_at_us FROM replicated_ledger;
INSERT INTO replicated_link (dc, account_no, peer, out_total, in_total) SELECT dc, account_no, peer, 0, 20 FROM replicated_ledger;
