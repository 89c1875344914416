-- The daemons of this datacenter. Returns: role, instance, pid, version, listen, started_at_us, beat_at_us, detail.
SELECT role, instance, pid, version, listen, started_at_us, beat_at_us, detail FROM daemon ORDER BY role, instance
