-- The constraints that are checked at the end of a transaction unless it says otherwise.
SELECT DISTINCT n.nspname::text AS schema, k.conname::text AS name
FROM pg_constraint k JOIN pg_namespace n ON n.oid = k.connamespace
WHERE k.condeferrable AND k.condeferred
ORDER BY 1, 2
