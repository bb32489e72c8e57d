-- What the database has where models declare columns.
--
-- :wanted   the columns as JSON: position, schema ('' where the search path decides), table, column
-- :schemas  the schemas of the search path
SELECT w.position, c.schema, c.name AS table, coalesce(e.oid, 0)::bigint AS type_oid,
       coalesce(format_type(a.atttypid, a.atttypmod), '') AS type_name,
       coalesce(e.typtype = 'e', false) AS is_enum,
       coalesce(e.typcategory = 'S', false) AS is_string,
       coalesce(e.oid <> t.oid, false) AS array, coalesce(c.kind, '') AS relation_kind
FROM json_to_recordset(CAST(:wanted AS json))
       AS w (position int, schema text, "table" text, "column" text)
LEFT JOIN LATERAL (
    SELECT c.oid, n.nspname::text AS schema, c.relname::text AS name, c.relkind::text AS kind
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relname = w."table" AND c.relkind IN ('r', 'p', 'f', 'v', 'm')
      AND CASE WHEN w.schema <> '' THEN n.nspname = w.schema
               ELSE n.nspname = ANY (CAST(:schemas AS text[])) END
    ORDER BY array_position(CAST(:schemas AS text[]), n.nspname::text) LIMIT 1
) c ON true
LEFT JOIN pg_attribute a
    ON a.attrelid = c.oid AND a.attname = w."column" AND a.attnum > 0 AND NOT a.attisdropped
LEFT JOIN pg_type t ON t.oid = a.atttypid
LEFT JOIN pg_type e ON e.oid = CASE WHEN t.typcategory = 'A' AND t.typelem <> 0
                                       THEN t.typelem ELSE t.oid END
ORDER BY w.position
