-- Tells the APIs of this datacenter that operations which somebody may wait for were decided. Dear (a database-wide lock at
-- commit): once a batch, and only where somebody does.
-- Parameters: none. Result: one row, nothing in it.
SELECT pg_notify('geobill_decided', '')
