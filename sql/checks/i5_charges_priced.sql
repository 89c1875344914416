-- invariant: I5, a charge took the price that it says
-- meaning: every charge names a service that is known here, of its account's currency, and a version of it that this datacenter
--          has seen; all charges by one version took the same amount, the price itself while that is the present version; and
--          nothing but a charge has a price.
-- columns: client_no, key, service, price_version, amount, price, why
SELECT o.client_no, o.key, o.service, o.price_version, o.amount, s.price,
    CASE WHEN o.kind <> 7 THEN 'has a price, and is no charge'
         WHEN s.service_id IS NULL THEN 'its service is not known'
         WHEN s.currency IS DISTINCT FROM h.currency THEN 'its service is of another currency'
         WHEN (o.price_version BETWEEN 1 AND s.version) IS NOT TRUE THEN 'its price is not known'
         WHEN o.price_version = s.version AND o.amount <> s.price THEN 'took another amount than the price'
         WHEN p.prices > 1 THEN 'others took another amount by the same price' END AS why
FROM operation o
LEFT JOIN service s ON s.service_id = o.service
LEFT JOIN share h ON h.account_no = o.account_no
LEFT JOIN (SELECT service, price_version, count(DISTINCT amount) AS prices FROM operation WHERE kind = 7
           GROUP BY service, price_version) p ON p.service = o.service AND p.price_version = o.price_version
WHERE (o.kind = 7 OR o.service IS NOT NULL OR o.price_version IS NOT NULL)
  AND (o.kind <> 7 OR s.service_id IS NULL OR s.currency IS DISTINCT FROM h.currency
       OR (o.price_version BETWEEN 1 AND s.version) IS NOT TRUE OR (o.price_version = s.version AND o.amount <> s.price)
       OR p.prices > 1)
ORDER BY 1, 2
