-- 0003: a damaged replica is filled again from its source; and what a publisher does about readers that stand still can be seen.

ALTER TABLE account ADD COLUMN suspect boolean NOT NULL DEFAULT false;
COMMENT ON COLUMN account.suspect IS 'Of a copy that is being rebuilt: what the catalogue says of the same version replaces it.';
ALTER TABLE client ADD COLUMN suspect boolean NOT NULL DEFAULT false;
COMMENT ON COLUMN client.suspect IS 'Of a copy that is being rebuilt: what the catalogue says of the same version replaces it.';

ALTER TABLE stream_sent ADD COLUMN again bigint NOT NULL DEFAULT 0;
COMMENT ON COLUMN stream_sent.again IS 'The page from which on the partition is being sent again; 0: nothing is.';

CREATE TABLE reader_resend (
    stream    text    NOT NULL,
    reader    text    NOT NULL,
    topic     text    NOT NULL,
    partition integer NOT NULL,
    resends   bigint  NOT NULL CHECK (resends >= 1),
    from_page bigint  NOT NULL,
    at_us     bigint  NOT NULL,
    PRIMARY KEY (stream, reader, topic, partition)
) WITH (fillfactor = 50);
COMMENT ON TABLE reader_resend IS 'How often we went back for a reader that stood still, partition by partition; only for people and status.';
COMMENT ON COLUMN reader_resend.stream IS 'Our stream.';
COMMENT ON COLUMN reader_resend.reader IS 'Code of the reading datacenter.';
COMMENT ON COLUMN reader_resend.topic IS 'Topic of the stream.';
COMMENT ON COLUMN reader_resend.partition IS 'Partition of the topic.';
COMMENT ON COLUMN reader_resend.resends IS 'How often, ever.';
COMMENT ON COLUMN reader_resend.from_page IS 'The page that the last time began with.';
COMMENT ON COLUMN reader_resend.at_us IS 'When that was.';

-- Empties this datacenter's copy of what `source` sends, so that it is filled again: progress is nothing, reading starts at
-- the beginning of the topic, and the fence goes up, so that a reader at work can write nothing more of what it knew. Own
-- shares, the own ledger and operations are never touched. Copies of the catalogue stay in use meanwhile: they are marked,
-- and replaced by what comes. Runs with its owner's rights: who may call it may do this, and nothing else, to these tables.
CREATE FUNCTION rebuild_replica(source_code text, stream_name text, now_us bigint,
                                OUT shares bigint, OUT entries bigint, OUT links bigint, OUT items bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    here local_datacenter;
    topic_name text;
    changed bigint;
BEGIN
    shares := 0; entries := 0; links := 0; items := 0;
    SELECT * INTO STRICT here FROM local_datacenter;
    IF source_code = here.code THEN
        RAISE EXCEPTION '% is this datacenter: what is its own is no replica', source_code USING ERRCODE = 'GB004';
    ELSIF stream_name = 'ledger' THEN
        topic_name := 'geobill.' || source_code || '.ledger.v1';
    ELSIF stream_name = 'catalogue' AND source_code = here.catalogue THEN
        topic_name := 'geobill.catalogue.v1';
    ELSE
        RAISE EXCEPTION '% sends no stream %', source_code, stream_name USING ERRCODE = 'GB004';
    END IF;
    UPDATE position SET fence = fence + 1, next_offset = 0, updated_at_us = now_us WHERE topic = topic_name;
    UPDATE progress SET complete = 0, complete_cut_at_us = 0, page = 0, previous = 0, count = 0, next_index = 0,
        updated_at_us = now_us
    WHERE source = source_code AND stream = stream_name;
    IF stream_name = 'ledger' THEN
        DELETE FROM replicated_share WHERE dc = source_code;
        GET DIAGNOSTICS shares = ROW_COUNT;
        DELETE FROM replicated_link WHERE dc = source_code;
        GET DIAGNOSTICS links = ROW_COUNT;
        DELETE FROM replicated_ledger WHERE dc = source_code;
        GET DIAGNOSTICS entries = ROW_COUNT;
    ELSE
        UPDATE account SET suspect = true;
        GET DIAGNOSTICS items = ROW_COUNT;
        UPDATE client SET suspect = true;
        GET DIAGNOSTICS changed = ROW_COUNT;
        items := items + changed;
    END IF;
END $$;
