-- 0005: which partitions of its own pay-ins a datacenter reads from the table, because Kafka does not deliver them.

CREATE TABLE late_partition (
    topic         text    NOT NULL,
    partition     integer NOT NULL,
    page          bigint  NOT NULL,
    reader        text    NOT NULL,
    since_us      bigint  NOT NULL,
    claimed_at_us bigint  NOT NULL,
    PRIMARY KEY (topic, partition)
) WITH (fillfactor = 50);
COMMENT ON TABLE late_partition IS 'Partitions of our own pay-ins that Kafka does not deliver in time: the consumer reads their pages from the table. Decides who does the work, never what is right.';
COMMENT ON COLUMN late_partition.topic IS 'Topic of the stream payin.';
COMMENT ON COLUMN late_partition.partition IS 'Partition of the topic.';
COMMENT ON COLUMN late_partition.page IS 'The last page complete a while ago: when Kafka delivers a later one, the partition is on time again.';
COMMENT ON COLUMN late_partition.reader IS 'Instance of the consumer that reads its pages.';
COMMENT ON COLUMN late_partition.since_us IS 'Since when.';
COMMENT ON COLUMN late_partition.claimed_at_us IS 'When the reader last said that it does; long ago: another may.';
