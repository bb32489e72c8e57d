-- What still uses enum types when some tables and columns are gone. What belongs to a table or
-- column goes with it: pg_depend says so by deptype 'a' or 'i'.
--
-- It runs under the app's search path: what a stranger has put into it is not called, because
-- arguments have the exact types of what PostgreSQL has.
--
-- :gone  the tables and columns as JSON: schema, table, column (null for the whole table)
-- :oids  the types
WITH RECURSIVE given AS (
    SELECT c.oid AS relation, coalesce(a.attname, '') AS column,
           coalesce(a.attnum, 0)::int AS number
    FROM json_to_recordset(CAST(:gone AS json)) AS w (schema text, "table" text, "column" text)
    JOIN pg_namespace n ON n.nspname = w.schema
    JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = w."table"
    LEFT JOIN pg_attribute a
        ON a.attrelid = c.oid AND a.attname = w."column" AND NOT a.attisdropped
    WHERE w."column" IS NULL OR a.attnum IS NOT NULL
),
gone AS (
    SELECT relation, "column", number FROM given
  UNION
    SELECT i.inhrelid, g."column", coalesce(a.attnum, 0)::int
    FROM gone g JOIN pg_inherits i ON i.inhparent = g.relation
    LEFT JOIN pg_attribute a ON a.attrelid = i.inhrelid AND a.attname = g."column"
),
own AS (
    SELECT t.oid AS type, pg_catalog.unnest(ARRAY[t.oid, t.typarray]) AS oid
    FROM pg_type t WHERE t.oid = ANY (CAST(:oids AS oid[]))
)
SELECT DISTINCT o.type::bigint AS type,
       CASE WHEN v.oid IS NULL THEN pg_describe_object(d.classid, d.objid, d.objsubid)
            ELSE pg_describe_object('pg_class'::regclass::oid, v.oid, 0) END AS held_by
FROM own o
JOIN pg_depend d ON d.refclassid = 'pg_type'::regclass::oid AND d.refobjid = o.oid
LEFT JOIN pg_rewrite r ON d.classid = 'pg_rewrite'::regclass::oid AND r.oid = d.objid
LEFT JOIN pg_class v
    ON v.oid = coalesce(r.ev_class, CASE WHEN d.classid = 'pg_class'::regclass::oid THEN d.objid END)
    AND v.relkind IN ('v', 'm')
WHERE NOT (d.classid = 'pg_type'::regclass::oid AND d.objid IN (SELECT oid FROM own))
  AND NOT EXISTS (
      SELECT FROM gone g
      WHERE d.classid = 'pg_class'::regclass::oid AND d.objid = g.relation
        AND g.number IN (0, d.objsubid))
  AND NOT EXISTS (
      SELECT FROM gone g
      JOIN pg_depend p ON p.refclassid = 'pg_class'::regclass::oid AND p.refobjid = g.relation
                      AND g.number IN (0, p.refobjsubid) AND p.deptype IN ('a', 'i')
      WHERE p.classid = d.classid AND p.objid = d.objid)
ORDER BY 1, 2
