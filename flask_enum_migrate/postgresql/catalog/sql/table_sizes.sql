-- How large tables are, with their indexes, TOAST, children and partitions; and how many locks a
-- transaction holds that has rewritten them: counted in pg_locks on 15 and 18, about 8, one an index, 6 for TOAST.
--
-- It runs under the app's search path, and calls nothing that a stranger has put into it.
--
-- :tables  the tables as JSON: schema, name
SELECT n.nspname::text AS schema, c.relname::text AS name, c.reltuples::bigint AS rows,
       t.total::bigint AS total, t.locks::integer AS locks,
       current_setting('max_locks_per_transaction')::integer AS most,
       -- https://www.postgresql.org/docs/current/runtime-config-locks.html
       current_setting('max_connections')::integer
         + current_setting('max_prepared_transactions')::integer AS processes
FROM json_to_recordset(CAST(:tables AS json)) AS w (schema text, name text)
JOIN pg_namespace n ON n.nspname = w.schema
JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = w.name
CROSS JOIN LATERAL (
    SELECT coalesce(sum(pg_catalog.pg_total_relation_size(t.relid)), 0) AS total,
           sum(8 + CASE WHEN r.reltoastrelid <> 0::oid THEN 6 ELSE 0 END
                 + (SELECT count(*) FROM pg_index i WHERE i.indrelid = t.relid)) AS locks
    FROM (SELECT c.oid AS relid UNION SELECT relid::oid FROM pg_catalog.pg_partition_tree(c.oid)
          UNION SELECT inhrelid FROM pg_inherits WHERE inhparent = c.oid) t
    JOIN pg_class r ON r.oid = t.relid
) t
