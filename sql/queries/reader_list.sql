-- When these readers were last heard of.
-- Parameters: $1 codes text[]. Result: reader text, incarnation int4, sent_at_us int8.
SELECT reader, incarnation, sent_at_us FROM reader WHERE reader = ANY ($1::text[])
