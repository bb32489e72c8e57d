-- The unique indexes of columns.
--
-- :wanted  the columns as JSON: position, schema, table, column
SELECT w.position, n.nspname::text AS schema, c.relname::text AS table,
       ic.relname::text AS index, c.relkind = 'r' AS only,
       x.indnullsnotdistinct AS nulls_equal,
       coalesce(pg_get_expr(x.indpred, x.indrelid), '') AS predicate,
       ARRAY(SELECT k.attname::text FROM unnest(x.indkey) WITH ORDINALITY u (number, place)
             JOIN pg_attribute k ON k.attrelid = c.oid AND k.attnum = u.number
             WHERE u.place <= x.indnkeyatts ORDER BY u.place) AS columns
FROM json_to_recordset(CAST(:wanted AS json))
       AS w (position int, schema text, "table" text, "column" text)
JOIN pg_namespace n ON n.nspname = w.schema
JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = w."table"
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = w."column"
JOIN pg_index x ON x.indrelid = c.oid AND x.indisunique AND x.indisvalid
    AND a.attnum = ANY (x.indkey) AND NOT 0 = ANY (x.indkey)
JOIN pg_class ic ON ic.oid = x.indexrelid
ORDER BY 1, 4
