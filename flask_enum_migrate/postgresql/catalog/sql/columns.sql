-- The columns that hold an enum directly, as an array, or through domains, ranges and row types.
-- made_of tells how, a letter a step.
WITH RECURSIVE made (base, type, step) AS (
    SELECT d.typbasetype, d.oid, 'd' FROM pg_type d WHERE d.typtype = 'd'
    UNION ALL
    SELECT r.rngsubtype, m.type, 'r'
    FROM pg_range r, unnest(ARRAY[r.rngtypid, r.rngmultitypid]) m (type)
    UNION ALL
    SELECT a.atttypid, c.reltype, 'c' FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
    WHERE a.atttypid >= 16384 AND a.attnum > 0 AND NOT a.attisdropped
      AND c.relkind IN ('c', 'r', 'p', 'f', 'v', 'm')
    UNION ALL
    SELECT t.oid, t.typarray, 'a' FROM pg_type t WHERE t.typarray <> 0
),
holder (type, enum, through, made_of) AS (
    SELECT t.oid, t.oid, false, ''
    FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
    WHERE t.typtype = 'e' AND n.nspname NOT IN ('pg_catalog', 'information_schema')
      AND n.nspname !~ '^pg_(toast|temp_)'
    UNION
    SELECT m.type, h.enum, h.through OR m.step <> 'a', h.made_of || m.step
    FROM holder h JOIN made m ON m.base = h.type
    WHERE length(h.made_of) < 40
)
SELECT h.enum::bigint AS enum, n.nspname::text AS schema, c.relname::text AS table,
       a.attname::text AS column, c.relkind::text AS relation_kind,
       CASE h.made_of WHEN 'a' THEN greatest(a.attndims, 1) ELSE 0 END::int AS dimensions,
       CASE WHEN h.through THEN format_type(a.atttypid, a.atttypmod) ELSE '' END AS through,
       h.made_of,
       CASE WHEN a.attinhcount > 1 THEN ARRAY(
           SELECT h.inhparent::regclass::text FROM pg_inherits h
           WHERE h.inhrelid = c.oid ORDER BY h.inhseqno) ELSE '{}' END AS parents,
       a.attinhcount > 1 AND EXISTS (
           SELECT FROM pg_attribute x WHERE x.attrelid = c.oid AND x.attnum > 0
             AND NOT x.attislocal AND x.attinhcount < (
                 SELECT count(*) FROM pg_inherits h WHERE h.inhrelid = c.oid)) AS mixed_parents,
       CASE WHEN a.attinhcount > 1 THEN (
           WITH RECURSIVE up (relation) AS (
               SELECT c.oid
               UNION SELECT h.inhparent FROM pg_inherits h JOIN up ON h.inhrelid = up.relation)
           SELECT json_agg(json_build_array(un.nspname, uc.relname)
                           ORDER BY un.nspname, uc.relname)
           FROM up JOIN pg_class uc ON uc.oid = up.relation
           JOIN pg_namespace un ON un.oid = uc.relnamespace
           JOIN pg_attribute ua ON ua.attrelid = uc.oid AND ua.attname = a.attname
           WHERE ua.attinhcount = 0)::text END AS tops,
       c.relhassubclass AND EXISTS (
           WITH RECURSIVE down (relation) AS (
               SELECT h.inhrelid FROM pg_inherits h WHERE h.inhparent = c.oid
               UNION SELECT h.inhrelid FROM pg_inherits h JOIN down ON h.inhparent = relation)
           SELECT FROM down JOIN pg_class dc ON dc.oid = relation
           WHERE dc.relkind = 'f') AS has_foreign_children,
       pg_get_expr(d.adbin, d.adrelid) AS default,
       a.attnotnull AS not_null, a.attinhcount > 0 AS inherited,
       c.relhassubclass AS has_children,
       c.relkind = 'p' AND EXISTS (
           SELECT FROM pg_partitioned_table p WHERE p.partrelid = c.oid AND (
               a.attnum = ANY (p.partattrs)
               OR p.partexprs::text ~ ('[:]varattno ' || a.attnum || ' '))) AS partition_key,
       a.attgenerated::text AS generated,
       CASE c.reloftype WHEN 0 THEN '' ELSE format_type(c.reloftype, NULL) END AS typed_table,
       CASE WHEN a.attstorage = t.typstorage THEN ''
            ELSE (CASE a.attstorage WHEN 'p' THEN 'PLAIN' WHEN 'e' THEN 'EXTERNAL'
                  WHEN 'm' THEN 'MAIN' ELSE 'EXTENDED' END) END AS storage,
       CASE a.attcompression WHEN 'p' THEN 'pglz' WHEN 'l' THEN 'lz4' ELSE '' END
         AS compression,
       pg_has_role(c.relowner, 'USAGE') AS may_alter,
       -- Which labels a CHECK keeps out of it: the text is the proof, whoever wrote it.
       CASE WHEN c.relkind IN ('r', 'p') AND h.made_of ~ '^a?d*$' THEN (
           SELECT json_agg(json_build_array(
                      e.enumlabel, k.conname, obj_description(k.oid, 'pg_constraint'))
                           ORDER BY e.enumsortorder, k.conname)::text
           FROM (SELECT oid, conname, pg_get_expr(conbin, conrelid) AS expression
                 FROM pg_constraint
                 WHERE conrelid = c.oid AND contype = 'c' AND convalidated AND NOT connoinherit
                   AND conkey = ARRAY[a.attnum] OFFSET 0) k
           CROSS JOIN LATERAL (
               SELECT quote_ident(a.attname) AS name, format_type(h.enum, NULL) AS type) x
           CROSS JOIN LATERAL (
               SELECT CASE WHEN h.through THEN '(' || name || ')::' || type ELSE name END
                   || CASE WHEN h.made_of ~ '^ad' THEN '[]' ELSE '' END AS value) v
           JOIN pg_enum e ON e.enumtypid = h.enum AND k.expression = CASE
               WHEN h.made_of LIKE 'a%' THEN '(NOT (''' || replace(e.enumlabel, '''', '''''')
                   || '''::' || type || ' = ANY (' || value || ')))'
               ELSE '(' || value || ' <> ''' || replace(e.enumlabel, '''', '''''')
                   || '''::' || type || ')' END) END AS guards
FROM holder h
JOIN pg_attribute a ON a.atttypid = h.type AND a.attnum > 0 AND NOT a.attisdropped
JOIN pg_class c ON c.oid = a.attrelid AND c.relkind IN ('r', 'p', 'f', 'm')
JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_type t ON t.oid = a.atttypid
LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
ORDER BY n.nspname, c.relname, a.attnum
