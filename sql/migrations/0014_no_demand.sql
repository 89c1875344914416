-- 0014: a prefetch is bounded by what remains, not by what was granted lately.

ALTER TABLE share_link DROP COLUMN demand, DROP COLUMN demand_at_us;
