INSERT INTO dead_letter (digest, topic, partition, record_offset, record_key, record_value, record_headers,
    record_timestamp_ms, stage, code, message, attempts, first_failed_at_us, last_failed_at_us)
SELECT sha256(n::text::bytea), 'geobill.dc1.payin.v1', 0, n, 'a1', '\x00', NULL, 1, 'decode', 'FRAME_INVALID', 'x', n, 1, 2
FROM generate_series(1, 20) n;
