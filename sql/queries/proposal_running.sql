-- How many replays are RUNNING. Parameters: none. Result: one row, int8.
SELECT count(*) FROM proposal WHERE kind = 1 AND state = 2
