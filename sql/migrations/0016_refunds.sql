-- 0016: refunds: what gives money back names what was paid; relayed ones, too.

ALTER TABLE operation
    ADD CONSTRAINT operation_refund CHECK ((kind = 8) = (original_key IS NOT NULL)),
    ADD CONSTRAINT operation_original CHECK (refunded = 0 OR (kind IN (2, 4, 7) AND state = 4));
ALTER TABLE relay
    ADD COLUMN original_key text,
    ADD CONSTRAINT relay_refund CHECK ((kind = 8) = (original_key IS NOT NULL));
COMMENT ON COLUMN relay.original_key IS 'Of a refund: the key of the pay-out, charge or capture that gives money back; its owner is the refund''s.';
