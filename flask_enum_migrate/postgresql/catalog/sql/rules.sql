-- Rules; that of a view stands for the view.
--
-- :oids  the rules
SELECT r.oid::bigint AS oid, r.rulename = '_RETURN' AS is_view, r.ev_class::bigint AS relation,
       CASE WHEN r.rulename <> '_RETURN' THEN pg_get_ruledef(r.oid) ELSE '' END AS definition,
       r.ev_enabled::text AS enabled
FROM pg_rewrite r WHERE r.oid = ANY (CAST(:oids AS oid[]))
