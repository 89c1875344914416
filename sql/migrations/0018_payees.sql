-- 0018: an account's operations are listed with the transfers to it.

CREATE INDEX operation_payee ON operation (payee_no) WHERE payee_no IS NOT NULL;
