-- Types that are made of an enum, or of a type that is: domains, composite and range types, arrays
-- and row types.
--
-- :oids  the types
SELECT t.oid::bigint AS oid, t.typtype::text AS typtype, t.typrelid::bigint AS relation,
       n.nspname::text AS schema, t.typname::text AS name,
       coalesce((SELECT c.relkind::text FROM pg_class c WHERE c.oid = t.typrelid), '') AS relkind,
       t.typbasetype::bigint AS base_oid,
       CASE WHEN t.typbasetype <> 0 THEN format_type(t.typbasetype, t.typtypmod) ELSE '' END
         AS base,
       pg_get_expr(t.typdefaultbin, 0) AS default, t.typnotnull AS not_null,
       CASE WHEN r.rngtypid IS NOT NULL THEN format_type(r.rngsubtype, NULL) ELSE '' END AS subtype,
       mt.typname::text AS multirange, mn.nspname::text AS multirange_schema,
       r.rngcanonical = 0 AND r.rngsubdiff = 0 AND oc.opcdefault AS plain,
       (SELECT json_agg(json_build_array(k.conname, pg_get_constraintdef(k.oid))
                        ORDER BY k.conname)
        FROM pg_constraint k WHERE k.contypid = t.oid)::text AS constraints,
       (SELECT json_agg(json_build_array(
                   a.attname, format_type(a.atttypid, a.atttypmod),
                   a.attcollation <> (SELECT x.typcollation FROM pg_type x
                                      WHERE x.oid = a.atttypid)) ORDER BY a.attnum)
        FROM pg_attribute a
        WHERE a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped)::text AS attributes
FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
LEFT JOIN pg_range r ON r.rngtypid = t.oid
LEFT JOIN pg_type mt ON mt.oid = r.rngmultitypid
LEFT JOIN pg_namespace mn ON mn.oid = mt.typnamespace
LEFT JOIN pg_opclass oc ON oc.oid = r.rngsubopc
WHERE t.oid = ANY (CAST(:oids AS oid[]))
