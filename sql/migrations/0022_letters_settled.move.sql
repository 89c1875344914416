-- 0022: dead letters that were replayed or parked before it was noted when: from their last failure on.
UPDATE dead_letter SET settled_at_us = last_failed_at_us
WHERE id = ANY (ARRAY(SELECT id FROM dead_letter WHERE state > 1 AND settled_at_us IS NULL ORDER BY id LIMIT $1::integer FOR UPDATE))
