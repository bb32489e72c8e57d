-- Indexes, with the constraint that one may stand for and what it is to its table.
--
-- :oids  the indexes
SELECT c.oid::bigint AS oid, pg_get_indexdef(c.oid) AS definition,
       c.relpersistence = 't' AND pg_is_other_temp_schema(c.relnamespace) AS other_temp,
       coalesce((SELECT s.spcname::text FROM pg_tablespace s WHERE s.oid = c.reltablespace), '')
         AS tablespace,
       tn.nspname::text AS table_schema, tc.relname::text AS table, tc.relkind::text AS table_kind,
       x.indisclustered AS clustered, x.indisreplident AS replica_identity, x.indisvalid AS valid,
       x.indexprs IS NOT NULL AS has_expressions, x.indpred IS NOT NULL AS partial,
       k.oid::bigint AS constraint_oid, k.conname::text AS constraint, k.contype::text AS contype,
       CASE WHEN k.oid IS NOT NULL THEN pg_get_constraintdef(k.oid) END AS constraint_definition,
       (SELECT h.inhparent::regclass::text FROM pg_inherits h WHERE h.inhrelid = c.oid) AS parent,
       (SELECT json_agg(json_build_array(a.attnum, a.attstattarget) ORDER BY a.attnum)
        FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attstattarget >= 0)::text AS targets
FROM pg_class c JOIN pg_index x ON x.indexrelid = c.oid
JOIN pg_class tc ON tc.oid = x.indrelid JOIN pg_namespace tn ON tn.oid = tc.relnamespace
LEFT JOIN pg_constraint k ON k.conindid = c.oid AND k.contype IN ('p', 'u', 'x')
WHERE c.oid = ANY (CAST(:oids AS oid[]))
