-- Constraints of domains.
--
-- :oids  the constraints
SELECT k.oid::bigint AS oid, k.conname::text AS name, pg_get_constraintdef(k.oid) AS definition,
       t.oid::bigint AS domain_oid, n.nspname::text AS domain_schema, t.typname::text AS domain,
       -- PostgreSQL can't check a new constraint where columns hold values inside of others
       EXISTS (SELECT FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
               WHERE a.attnum > 0 AND NOT a.attisdropped
                 AND (a.atttypid = t.typarray AND c.relkind <> 'v'
                      OR a.atttypid = t.oid AND c.relkind = 'c'))
         OR EXISTS (SELECT FROM pg_range r WHERE r.rngsubtype = t.oid) AS contained
FROM pg_constraint k JOIN pg_type t ON t.oid = k.contypid
JOIN pg_namespace n ON n.oid = t.typnamespace
WHERE k.oid = ANY (CAST(:oids AS oid[]))
