INSERT INTO dead_letter (digest, topic, partition, record_offset, record_key, record_value, record_headers,
    record_timestamp_ms, stage, code, message, attempts, first_failed_at_us, last_failed_at_us, state, proposal_id,
    settled_at_us)
SELECT sha256(n::text::bytea), 'geobill.dc1.payin.v1', 0, n, 'a1', '\x00', NULL, 1, 'decode', 'FRAME_INVALID', 'x', n, 1, 2,
    1 + n % 3, CASE WHEN n % 3 > 0 THEN '00000000-0000-7000-8000-0000000000ee'::uuid END, CASE WHEN n % 3 > 0 THEN 3 END
FROM generate_series(1, 20) n;
INSERT INTO proposal (proposal_id, client_no, key, kind, state, from_state, failed_to_us, last_id, letters, rate_per_s,
    four_eyes, reason, proposed_at_us, expires_at_us, decided_by, decided_at_us)
VALUES ('00000000-0000-7000-8000-0000000000ee', 3, 'p', 1, 4, 1, 9, 20, 7, 100, true, 'mended', 1, 9, 4, 2);
