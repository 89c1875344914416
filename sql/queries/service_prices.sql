-- The prices of services as they are known here now. Parameters: $1 service ids text[].
-- Result, one row each in the given order: price int8 (NULL: no such service here), currency text, retired bool, version int8.
SELECT s.price, s.currency, s.retired, s.version
FROM unnest($1::text[]) WITH ORDINALITY AS i (service_id, place)
LEFT JOIN service s ON s.service_id = i.service_id
ORDER BY i.place
