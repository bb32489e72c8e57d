-- CHECKs of one column of a type, of an array of it, or of a domain over either: they may list its
-- labels, as such or as texts. Those that come with a parent's are left out.
--
-- :oids  the types
WITH held (enum, type) AS (
    SELECT t.oid, u.type
    FROM pg_type t, unnest(ARRAY[t.oid, t.typarray]) u (type)
    WHERE t.oid = ANY (CAST(:oids AS oid[]))
)
SELECT h.enum::bigint AS enum, n.nspname::text AS schema, c.relname::text AS name,
       a.attname::text AS column, k.conname::text AS constraint,
       pg_get_constraintdef(k.oid) AS definition
FROM held h
JOIN pg_attribute a ON a.atttypid = h.type AND a.attnum > 0 AND NOT a.attisdropped
JOIN pg_class c ON c.oid = a.attrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_constraint k ON k.conrelid = c.oid AND k.contype = 'c' AND k.conkey = ARRAY[a.attnum]
WHERE k.conislocal
UNION ALL
SELECT h.enum::bigint, n.nspname::text, d.typname::text, '', k.conname::text,
       pg_get_constraintdef(k.oid)
FROM held h
JOIN pg_type d ON d.typbasetype = h.type
JOIN pg_namespace n ON n.oid = d.typnamespace
JOIN pg_constraint k ON k.contypid = d.oid AND k.contype = 'c'
ORDER BY 2, 3, 5
