UPDATE operation SET batch_id = '00000000-0000-7000-8000-0000000000ff' WHERE kind = 2 AND state = 4 AND account_no <= 30;
