INSERT INTO late_partition (topic, partition, page, reader, since_us, claimed_at_us)
VALUES ('geobill.dc1.payin.v1', 0, 3, 'consumer 1', 1, 1);
