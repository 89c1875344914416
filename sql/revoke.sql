-- Takes all rights away, just before roles.sql and in the same transaction, so that roles.sql is the whole truth. The
-- roles must be there. Not while daemons of an earlier release run: they may need what roles.sql no longer gives.
REVOKE ALL ON SCHEMA public FROM PUBLIC;
REVOKE ALL ON ALL TABLES IN SCHEMA public
    FROM PUBLIC, geobill_api, geobill_publisher, geobill_consumer, geobill_projector, geobill_operator;
REVOKE ALL ON ALL SEQUENCES IN SCHEMA public
    FROM PUBLIC, geobill_api, geobill_publisher, geobill_consumer, geobill_projector, geobill_operator;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA public
    FROM PUBLIC, geobill_api, geobill_publisher, geobill_consumer, geobill_projector, geobill_operator;
