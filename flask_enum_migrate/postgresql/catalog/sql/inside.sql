-- How the columns of tables hold enums inside of rows and ranges: the steps from the column inwards,
-- d domain, c row with the attribute, r range, m multirange, a array. More than ten are not told.
--
-- :oids  the types
WITH RECURSIVE made (base, type, step, name) AS (
    SELECT d.typbasetype, d.oid, 'd', '' FROM pg_type d WHERE d.typtype = 'd'
    UNION ALL
    SELECT r.rngsubtype, r.rngtypid, 'r', '' FROM pg_range r
    UNION ALL
    SELECT r.rngtypid, r.rngmultitypid, 'm', '' FROM pg_range r
    UNION ALL
    SELECT a.atttypid, c.reltype, 'c', a.attname::text
    FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
    WHERE a.atttypid >= 16384 AND a.attnum > 0 AND NOT a.attisdropped
      AND c.relkind IN ('c', 'r', 'p', 'f', 'v', 'm')
    UNION ALL
    SELECT t.oid, t.typarray, 'a', '' FROM pg_type t WHERE t.typarray <> 0
),
holder (type, enum, path, letters) AS (
    SELECT e.oid, e.oid, '[]'::jsonb, ''
    FROM pg_type e WHERE e.oid = ANY (CAST(:oids AS oid[]))
    UNION ALL
    SELECT m.type, h.enum, jsonb_build_array(jsonb_build_array(m.step, m.name)) || h.path,
           m.step || h.letters
    FROM holder h JOIN made m ON m.base = h.type
    WHERE length(h.letters) < 10
)
SELECT h.enum::bigint AS enum, n.nspname::text AS schema, c.relname::text AS table,
       a.attname::text AS column, json_agg(h.path ORDER BY h.path::text)::text AS paths
FROM holder h
JOIN pg_attribute a ON a.atttypid = h.type AND a.attnum > 0 AND NOT a.attisdropped
JOIN pg_class c ON c.oid = a.attrelid AND c.relkind IN ('r', 'p', 'f')
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE h.letters ~ '[crm]'
GROUP BY h.enum, n.nspname, c.relname, a.attname
HAVING max(length(h.letters)) < 10
ORDER BY n.nspname, c.relname, a.attname
