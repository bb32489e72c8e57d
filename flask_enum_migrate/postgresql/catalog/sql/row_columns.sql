-- Columns of tables that hang on a type.
--
-- :relations  the tables
SELECT c.oid::bigint AS relation, a.attnum::int AS number,
       format_type(a.atttypid, a.atttypmod) AS type, a.attinhcount > 0 AS inherited,
       c.relpersistence = 't' AND pg_is_other_temp_schema(c.relnamespace) AS other_temp
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE c.oid = ANY (CAST(:relations AS oid[]))
