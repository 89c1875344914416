-- 0012: services, what a charge may be for: catalogue items like accounts and clients.

CREATE TABLE service (
    service_id    text    PRIMARY KEY CHECK (service_id ~ '^[A-Za-z0-9._-]{1,64}$'),
    name          text    NOT NULL UNIQUE CHECK (length(name) BETWEEN 1 AND 200),
    price         bigint  NOT NULL CHECK (price BETWEEN 1 AND 1000000000000000),
    currency      text    NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    retired       boolean NOT NULL DEFAULT false,
    version       bigint  NOT NULL CHECK (version >= 1),
    created_at_us bigint  NOT NULL,
    updated_at_us bigint  NOT NULL,
    suspect       boolean NOT NULL DEFAULT false
);
COMMENT ON TABLE service IS 'Catalogue item: what a charge may be for, and its price. Written at the catalogue datacenter, copied to all.';
COMMENT ON COLUMN service.service_id IS 'Chosen by the client that added it, or made.';
COMMENT ON COLUMN service.name IS 'Name for people, unique.';
COMMENT ON COLUMN service.price IS 'What one charge takes, minor units.';
COMMENT ON COLUMN service.currency IS 'ISO 4217 code of the price; never changes.';
COMMENT ON COLUMN service.retired IS 'No new charges.';
COMMENT ON COLUMN service.version IS 'Catalogue version: one up at each change.';
COMMENT ON COLUMN service.created_at_us IS 'When it was added.';
COMMENT ON COLUMN service.updated_at_us IS 'When it last changed.';
COMMENT ON COLUMN service.suspect IS 'Of a copy that is being rebuilt: what the catalogue says of the same version replaces it.';

ALTER TABLE catalogue_command RENAME COLUMN asked_account_id TO asked_id;
ALTER TABLE catalogue_command RENAME COLUMN asked_balance TO asked_amount;
ALTER TABLE catalogue_command
    ADD COLUMN kind       smallint NOT NULL DEFAULT 1 CHECK (kind IN (1, 2)),
    ADD COLUMN service_id text     REFERENCES service,
    DROP CONSTRAINT catalogue_command_outcome,
    ADD CONSTRAINT catalogue_command_outcome CHECK (
        account_no IS NOT NULL = (reason IS NULL AND kind = 1) AND service_id IS NOT NULL = (reason IS NULL AND kind = 2));
COMMENT ON TABLE catalogue_command IS 'Each account and service that was asked for, with the outcome: the same key gives the same answer. Catalogue datacenter only.';
COMMENT ON COLUMN catalogue_command.kind IS '1 opens an account, 2 adds a service.';
COMMENT ON COLUMN catalogue_command.asked_id IS 'The account_id or service_id that was wished; NULL: left to us.';
COMMENT ON COLUMN catalogue_command.asked_amount IS 'Of an account the opening balance, of a service the price, minor units.';
COMMENT ON COLUMN catalogue_command.asked_even IS 'Of an account: policy even, split over all datacenters; otherwise home: all of it at the client''s home datacenter.';
COMMENT ON COLUMN catalogue_command.service_id IS 'The service that was added; NULL: refused, or an account.';

-- As before, with services.
CREATE OR REPLACE FUNCTION rebuild_replica(source_code text, stream_name text, now_us bigint,
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
        UPDATE service SET suspect = true;
        GET DIAGNOSTICS changed = ROW_COUNT;
        items := items + changed;
    END IF;
END $$;
