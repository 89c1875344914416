-- Parameters: none. Result: one row: pay-ins that do not fit for now int8.
SELECT count(*) FROM overdue
