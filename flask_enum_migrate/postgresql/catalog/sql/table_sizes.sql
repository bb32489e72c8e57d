-- How large tables are, with their indexes, TOAST, children and partitions.
--
-- :tables  the tables as JSON: schema, name
SELECT n.nspname::text AS schema, c.relname::text AS name, c.reltuples::bigint AS rows,
       (SELECT coalesce(sum(pg_total_relation_size(t.relid)), 0)
        FROM (SELECT c.oid AS relid UNION SELECT relid FROM pg_partition_tree(c.oid)
              UNION SELECT inhrelid FROM pg_inherits WHERE inhparent = c.oid) t)::bigint
         AS total
FROM json_to_recordset(CAST(:tables AS json)) AS w (schema text, name text)
JOIN pg_namespace n ON n.nspname = w.schema
JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = w.name
