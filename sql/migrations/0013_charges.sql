-- 0013: charges: what a charge has, and nothing else.

ALTER TABLE operation
    ADD CONSTRAINT operation_charge CHECK ((kind = 7) = (service IS NOT NULL) AND (kind = 7) = (price_version IS NOT NULL));
COMMENT ON COLUMN operation.amount IS 'Minor units; of a charge the price that it took.';
COMMENT ON COLUMN operation.service IS 'Of a charge: the service_id.';
COMMENT ON COLUMN operation.price_version IS 'Of a charge: the catalogue version of the price that was known here when it was decided; one that waits keeps it.';
