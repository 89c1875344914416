-- Which datacenter this database belongs to.
-- Parameters: none. Result: code text, catalogue text, incarnation int4, epoch int4; no row before the first migrate.
SELECT code, catalogue, incarnation, epoch FROM local_datacenter
