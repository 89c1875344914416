-- Who may do what: one login role per daemon, each with the least it needs. Runs in one transaction after every
-- migrate, any number of times, as the owner of the database. Roles are made here only where the owner may make roles;
-- otherwise they must be there already. What this file does not give, revoke.sql has taken away just before, unless
-- daemons of an earlier release still run: they keep what they had.

DO $$
DECLARE
    daemon_role text;
BEGIN
    FOREACH daemon_role IN ARRAY ARRAY['geobill_api', 'geobill_publisher', 'geobill_consumer', 'geobill_projector',
                                       'geobill_operator']
    LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = daemon_role) THEN
            BEGIN
                EXECUTE format('CREATE ROLE %I LOGIN', daemon_role);
            EXCEPTION WHEN duplicate_object OR unique_violation THEN
                NULL; -- another database of this server is being migrated at the same time
            END;
        END IF;
    END LOOP;
    EXECUTE format('REVOKE ALL ON DATABASE %I FROM PUBLIC', current_database());
    EXECUTE format('GRANT CONNECT ON DATABASE %I TO geobill_api, geobill_publisher, geobill_consumer,
                    geobill_projector, geobill_operator', current_database());
END $$;

GRANT USAGE ON SCHEMA public
    TO geobill_api, geobill_publisher, geobill_consumer, geobill_projector, geobill_operator;
GRANT SELECT ON ALL TABLES IN SCHEMA public
    TO geobill_api, geobill_publisher, geobill_consumer, geobill_projector, geobill_operator;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA public
    TO geobill_api, geobill_publisher, geobill_consumer, geobill_projector;
GRANT SELECT ON ALL SEQUENCES IN SCHEMA public TO geobill_operator;
-- The operator reads, and may have a replica emptied and filled again: by this function and in no other way.
REVOKE ALL ON FUNCTION rebuild_replica FROM PUBLIC, geobill_api, geobill_publisher, geobill_consumer, geobill_projector;
GRANT EXECUTE ON FUNCTION rebuild_replica TO geobill_operator;
-- Token hashes are no business of daemons that check no token. (The operator sees everything; a hash opens nothing.)
REVOKE SELECT ON client FROM geobill_publisher, geobill_consumer;
GRANT SELECT (client_no, name, role, home, revoked, version, created_at_us, updated_at_us, suspect) ON client
    TO geobill_publisher, geobill_consumer;

-- Each shows that it lives.
GRANT INSERT, UPDATE ON daemon TO geobill_api, geobill_publisher, geobill_consumer, geobill_projector;

-- The API accepts pay-ins, and decides all else: it runs the engine for them.
GRANT INSERT ON operation, relay, outbox, catalogue_command, ledger TO geobill_api;
GRANT INSERT (account_no, account_id, currency, status, account_version, updated_at_us), UPDATE ON share TO geobill_api;
GRANT INSERT, UPDATE ON share_link TO geobill_api;
GRANT UPDATE (state, reason, facts, decided_at_us, refunded) ON operation TO geobill_api;
GRANT INSERT, DELETE ON waiting, open_hold TO geobill_api;
GRANT INSERT, UPDATE (state, captured, ended_at_us) ON hold TO geobill_api;
GRANT INSERT ON denial TO geobill_api;
GRANT INSERT, UPDATE (state, decided_by, decided_at_us, decision_reason, changed_by, changed_at_us) ON proposal
    TO geobill_api;
GRANT INSERT, UPDATE ON account, client, service, status_pending TO geobill_api;
GRANT USAGE ON SEQUENCE ledger_seq, operation_seq, outbox_seq, account_no_seq, client_no_seq TO geobill_api;

-- The publisher cuts pages and forgets what all readers have.
GRANT INSERT, DELETE ON page TO geobill_publisher;
GRANT UPDATE ON publisher_lease TO geobill_publisher;
GRANT INSERT, UPDATE ON stream_sent, reader_resend TO geobill_publisher;
GRANT DELETE ON outbox TO geobill_publisher;

-- The consumer decides.
GRANT INSERT, UPDATE ON share, share_link TO geobill_consumer;
GRANT INSERT ON ledger, operation, outbox TO geobill_consumer;
GRANT UPDATE (state, reason, facts, decided_at_us, refunded) ON operation TO geobill_consumer;
GRANT INSERT, DELETE ON waiting, open_hold, denial TO geobill_consumer;
GRANT INSERT, UPDATE (state, captured, ended_at_us) ON hold TO geobill_consumer;
GRANT UPDATE (state, reason, decided_at_us) ON relay TO geobill_consumer;
GRANT UPDATE (status, version, updated_at_us) ON account TO geobill_consumer;
GRANT INSERT, UPDATE, DELETE ON status_pending, overdue TO geobill_consumer;
GRANT INSERT, UPDATE ON position, progress, reader_ack, reader, source_head, dead_letter TO geobill_consumer;
GRANT INSERT, UPDATE, DELETE ON late_partition TO geobill_consumer;
GRANT DELETE ON dead_letter TO geobill_consumer;
GRANT UPDATE (state, after_id, moved, ended_at_us) ON proposal TO geobill_consumer;
GRANT USAGE ON SEQUENCE ledger_seq, operation_seq, outbox_seq TO geobill_consumer;

-- The projector copies what others did.
GRANT INSERT, UPDATE ON replicated_share, replicated_link, account, client, service, status_pending TO geobill_projector;
GRANT INSERT ON replicated_ledger, outbox TO geobill_projector;
GRANT INSERT, UPDATE ON position, progress, dead_letter TO geobill_projector;
GRANT USAGE ON SEQUENCE outbox_seq TO geobill_projector;
