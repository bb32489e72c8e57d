-- Functions and procedures.
--
-- :oids  the routines
SELECT p.oid::bigint AS oid, p.prokind::text AS prokind, l.lanname::text AS language,
       pg_get_functiondef(p.oid) AS definition
FROM pg_proc p JOIN pg_language l ON l.oid = p.prolang
WHERE p.oid = ANY (CAST(:oids AS oid[])) AND p.prokind <> 'a'
