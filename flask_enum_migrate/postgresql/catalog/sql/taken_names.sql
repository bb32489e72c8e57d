-- What has a name that is wanted: a row of pg_type is what ALTER TYPE … RENAME TO and CREATE TYPE look
-- for, and each table has one.
--
-- :names  the names as JSON: schema, name
-- :aside  a regular expression for the names of types that are put aside
WITH wanted AS (
    SELECT schema, name
    FROM json_to_recordset(CAST(:names AS json)) AS w (schema text, name text))
SELECT n.nspname::text AS schema, t.typname::text AS name, i.type || ' ' || i.identity AS what
FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace,
     pg_identify_object(CASE t.typrelid WHEN 0 THEN 'pg_type'::regclass ELSE 'pg_class' END,
                        coalesce(nullif(t.typrelid, 0), t.oid), 0) i
WHERE (n.nspname, t.typname) IN (SELECT schema, name FROM wanted)
   OR t.typname ~ :aside AND n.nspname IN (SELECT schema FROM wanted)
