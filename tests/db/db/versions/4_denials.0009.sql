INSERT INTO denial (decided_at_us, client_no, key) SELECT 2, 1, key FROM operation WHERE state = 5 AND kind = 2;
