-- 0017: a reader says how far it is within the page after its last complete one: who moves does not stand still.

ALTER TABLE reader_ack ADD COLUMN records integer NOT NULL DEFAULT 0;
COMMENT ON COLUMN reader_ack.records IS 'How many records of the page that follows it has too, in order from the first.';
COMMENT ON COLUMN reader_ack.moved_at_us IS 'When the page last changed, or the records of the next one went up.';
