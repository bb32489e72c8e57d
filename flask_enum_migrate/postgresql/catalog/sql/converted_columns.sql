-- The columns that get another type, with those of children and partitions.
--
-- :wanted  the columns as JSON: position, schema, table, column
WITH RECURSIVE family (position, relation, number, name, "array", descends) AS (
    SELECT w.position, c.oid, a.attnum, a.attname, a.attndims > 0, false
    FROM json_to_recordset(CAST(:wanted AS json))
           AS w (position int, schema text, "table" text, "column" text)
    JOIN pg_namespace n ON n.nspname = w.schema
    JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = w."table"
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = w."column" AND a.attnum > 0
  UNION
    SELECT f.position, i.inhrelid, a.attnum, a.attname, f.array, true
    FROM family f JOIN pg_inherits i ON i.inhparent = f.relation
    JOIN pg_attribute a ON a.attrelid = i.inhrelid AND a.attname = f.name AND a.attnum > 0
)

SELECT f.position, n.nspname::text AS schema, c.relname::text AS table,
       a.attname::text AS column, c.relkind::text AS relation_kind,
       a.attinhcount > 1 AS mixed_parents,
       CASE WHEN a.attcollation IN (0, t.typcollation) THEN ''
            ELSE a.attcollation::regcollation::text END AS collation,
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
       pg_has_role(c.relowner, 'USAGE') AS may_alter
FROM family f
JOIN pg_attribute a ON a.attrelid = f.relation AND a.attnum = f.number
JOIN pg_class c ON c.oid = f.relation
JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_type t ON t.oid = a.atttypid
LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
ORDER BY f.position, f.descends, n.nspname, c.relname
