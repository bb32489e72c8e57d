-- Transforms.
--
-- :oids  the transforms
SELECT t.oid::bigint AS oid, format_type(t.trftype, NULL) AS type, l.lanname::text AS language,
       CASE WHEN t.trffromsql <> 0 THEN t.trffromsql::regprocedure::text ELSE '' END AS from_sql,
       CASE WHEN t.trftosql <> 0 THEN t.trftosql::regprocedure::text ELSE '' END AS to_sql
FROM pg_transform t JOIN pg_language l ON l.oid = t.trflang
WHERE t.oid = ANY (CAST(:oids AS oid[]))
