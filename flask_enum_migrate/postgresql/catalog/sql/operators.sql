-- Operators.
--
-- :oids  the operators
SELECT p.oid::bigint AS oid, n.nspname::text AS schema, p.oprname::text AS name,
       p.oprcode::regproc::text AS function,
       CASE WHEN p.oprleft <> 0 THEN format_type(p.oprleft, NULL) ELSE '' END AS left,
       format_type(p.oprright, NULL) AS right,
       coalesce(nullif(p.oprrest::regproc::text, '-'), '') AS restrict,
       coalesce(nullif(p.oprjoin::regproc::text, '-'), '') AS join,
       p.oprcanhash AS hashes, p.oprcanmerge AS merges,
       cn.nspname::text AS commutator_schema, c.oprname::text AS commutator,
       gn.nspname::text AS negator_schema, g.oprname::text AS negator
FROM pg_operator p JOIN pg_namespace n ON n.oid = p.oprnamespace
LEFT JOIN pg_operator c ON c.oid = p.oprcom LEFT JOIN pg_namespace cn ON cn.oid = c.oprnamespace
LEFT JOIN pg_operator g ON g.oid = p.oprnegate LEFT JOIN pg_namespace gn ON gn.oid = g.oprnamespace
WHERE p.oid = ANY (CAST(:oids AS oid[]))
