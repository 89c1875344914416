-- Copies of the catalogue that their rebuild has not replaced (yet). Parameters: none.
-- Result: what text, by number: 'account 7 "name" in version 3'.
SELECT format('account %s %s in version %s', account_no, account_id, version) FROM account WHERE suspect
UNION ALL
SELECT format('client %s %s in version %s', client_no, name, version) FROM client WHERE suspect
ORDER BY 1
LIMIT 20
