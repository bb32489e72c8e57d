-- Tables of publications, with their column lists and row filters.
--
-- :oids  the rows of pg_publication_rel
SELECT r.oid::bigint AS oid, p.pubname::text AS publication, n.nspname::text AS schema,
       c.relname::text AS table,
       ARRAY(SELECT a.attname::text FROM pg_attribute a
             WHERE a.attrelid = c.oid AND a.attnum = ANY (r.prattrs) ORDER BY a.attnum) AS columns,
       coalesce(pg_get_expr(r.prqual, r.prrelid), '') AS where
FROM pg_publication_rel r JOIN pg_publication p ON p.oid = r.prpubid
JOIN pg_class c ON c.oid = r.prrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE r.oid = ANY (CAST(:oids AS oid[]))
