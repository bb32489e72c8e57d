-- Policies: PostgreSQL has no function that writes one as SQL.
--
-- :oids  the policies
SELECT p.oid::bigint AS oid, p.polcmd::text AS command, p.polpermissive AS permissive,
       coalesce(pg_get_expr(p.polqual, p.polrelid), '') AS using,
       coalesce(pg_get_expr(p.polwithcheck, p.polrelid), '') AS check
FROM pg_policy p WHERE p.oid = ANY (CAST(:oids AS oid[]))
