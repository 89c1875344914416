-- For this connection plans go by index, however small a table is at the moment: a cached plan outlives the empty table it was
-- made for, and would read the grown one from end to end. Parameters: none. Result: one row.
SELECT set_config('enable_seqscan', 'off', false), set_config('enable_hashjoin', 'off', false),
    set_config('enable_mergejoin', 'off', false)
