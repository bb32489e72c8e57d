-- Constraints of tables, with what their copies in children and partitions have of their own.
--
-- :oids  the constraints
SELECT k.oid::bigint AS oid, k.conname::text AS name, k.contype::text AS contype,
       pg_get_constraintdef(k.oid) AS definition,
       k.conparentid <> 0 OR (k.coninhcount > 0 AND NOT k.conislocal) AS derived,
       -- children in which rows were checked that need not be in the parent
       CASE WHEN k.contype = 'c' AND NOT k.convalidated THEN (
           WITH RECURSIVE down (relation) AS (
               SELECT inhrelid FROM pg_inherits WHERE inhparent = k.conrelid
               UNION SELECT h.inhrelid FROM pg_inherits h JOIN down ON h.inhparent = relation)
           SELECT json_agg(json_build_array(vn.nspname, vc.relname) ORDER BY 1)
           FROM (SELECT DISTINCT v.conrelid FROM down JOIN pg_constraint v
                     ON v.conrelid = down.relation AND v.conname = k.conname AND v.contype = 'c'
                     AND v.convalidated AND NOT v.conislocal) v
           JOIN pg_class vc ON vc.oid = v.conrelid
           JOIN pg_namespace vn ON vn.oid = vc.relnamespace)::text END AS valid_in,
       -- those of the ancestors that this one merges with: oid, name, whether of a parent
       CASE WHEN k.contype IN ('c', 'n') AND k.coninhcount > 0 THEN (
           WITH RECURSIVE up (relation) AS (
               SELECT inhparent FROM pg_inherits WHERE inhrelid = k.conrelid
               UNION SELECT h.inhparent FROM pg_inherits h JOIN up ON h.inhrelid = up.relation)
           SELECT json_agg(json_build_array(a.oid::bigint, a.conname, EXISTS (
               SELECT FROM pg_inherits h
               WHERE h.inhrelid = k.conrelid AND h.inhparent = a.conrelid)))
           FROM pg_constraint a JOIN up ON a.conrelid = up.relation
           LEFT JOIN pg_attribute ac ON ac.attrelid = a.conrelid AND ac.attnum = a.conkey[1]
           LEFT JOIN pg_attribute kc ON kc.attrelid = k.conrelid AND kc.attnum = k.conkey[1]
           WHERE a.contype = k.contype
             AND CASE k.contype WHEN 'c' THEN a.conname = k.conname
                 ELSE ac.attname = kc.attname END)::text END AS ancestors,
       -- the copies in children and partitions, which may have comments
       CASE WHEN k.contype IN ('c', 'f') THEN (
           WITH RECURSIVE down (relation) AS (
               SELECT inhrelid FROM pg_inherits WHERE inhparent = k.conrelid
               UNION SELECT h.inhrelid FROM pg_inherits h JOIN down ON h.inhparent = relation)
           SELECT json_agg(json_build_array(vn.nspname, vc.relname))
           FROM down JOIN pg_constraint v ON v.conrelid = down.relation
           JOIN pg_class vc ON vc.oid = v.conrelid
           JOIN pg_namespace vn ON vn.oid = vc.relnamespace
           WHERE v.conname = k.conname AND v.contype = k.contype AND v.coninhcount > 0
             AND NOT v.conislocal)::text END AS copies,
       -- the foreign key's own triggers that are not simply enabled: table, function, state
       CASE k.contype WHEN 'f' THEN (
           WITH RECURSIVE whole (oid) AS (
               SELECT k.oid UNION ALL
               SELECT p.oid FROM pg_constraint p JOIN whole ON p.conparentid = whole.oid)
           SELECT json_agg(json_build_array(t.tgrelid::regclass::text, t.tgfoid::regproc::text,
                                            t.tgenabled) ORDER BY t.oid)
           FROM pg_trigger t JOIN whole ON t.tgconstraint = whole.oid
           WHERE t.tgisinternal AND t.tgenabled <> 'O')::text END AS triggers
FROM pg_constraint k WHERE k.oid = ANY (CAST(:oids AS oid[]))
