-- Parameters: none. Result: one row: pay-ins that do not fit int8.
SELECT count(*) FROM overdue
