-- The text of some value that a type takes, whatever type it is; since PostgreSQL 16.
--
-- :types  the types, as SQL
SELECT w.type, v.value
FROM unnest(CAST(:types AS text[])) AS w (type) JOIN pg_type t ON t.oid = to_regtype(w.type)
CROSS JOIN LATERAL (
    SELECT c.value FROM (
        SELECT value, position FROM unnest(ARRAY[
            '', '0', '{}', 'f', 'epoch', 'empty', '{0}', '(0,0)', '0/0', '0.0.0.0',
            '00000000-0000-0000-0000-000000000000', '08:00:2b:01:02:03', '(0,0),0', '<a/>'
        ]) WITH ORDINALITY p (value, position)
        UNION ALL
        SELECT e.enumlabel::text, 100 + e.enumsortorder FROM pg_enum e WHERE e.enumtypid = t.oid
        UNION ALL
        SELECT '(' || repeat(',', c.relnatts - 1) || ')', 50 FROM pg_class c
        WHERE c.oid = t.typrelid
    ) c
    WHERE pg_input_is_valid(c.value, w.type) ORDER BY c.position LIMIT 1
) v
