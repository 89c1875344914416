INSERT INTO reader_resend (stream, reader, topic, partition, resends, from_page, at_us)
VALUES ('ledger', 'dc2', 'geobill.dc1.ledger.v1', 0, 3, 1, 1);
