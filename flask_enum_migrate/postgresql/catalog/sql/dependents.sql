-- Everything that hangs on some enum types, and by way of what.
--
-- A whole table is never expanded, only its columns; views follow their rules, composite types
-- their attributes. pg_depend knows nothing of columns that use a table's row type (R) and of
-- constants of a row type inside expressions (K), which PostgreSQL neither refuses nor converts.
-- A domain that is not made of a type, but whose default mentions it (M), stays what it is.
--
-- :oids  the types
WITH RECURSIVE
    root AS (
        SELECT t.oid, t.typarray FROM pg_type t WHERE t.oid = ANY (CAST(:oids AS oid[]))
    ),
    g (root, classid, objid, objsubid, deptype, refclassid, refobjid, refobjsubid) AS (
        SELECT root.oid, 'pg_type'::regclass::oid, u.type, 0, 'S'::"char", 0::oid, 0::oid, 0
        FROM root, unnest(ARRAY[root.oid, root.typarray]) u (type)
      UNION
        SELECT g.root, s.* FROM g CROSS JOIN LATERAL (
            SELECT d.classid, d.objid, d.objsubid,
                   CASE WHEN m.oid IS NULL THEN d.deptype ELSE 'M' END,
                   d.refclassid, d.refobjid, d.refobjsubid
            FROM pg_depend d
            LEFT JOIN pg_type m ON d.classid = 'pg_type'::regclass AND m.oid = d.objid
                AND m.typtype = 'd' AND NOT (
                    g.classid = 'pg_type'::regclass AND m.typbasetype = g.objid)
            WHERE d.refclassid = g.classid AND d.refobjid = g.objid
              AND (g.objsubid = 0 OR d.refobjsubid = g.objsubid)
              AND d.deptype IN ('n', 'a', 'i', 'P', 'S')
              AND NOT (g.classid = 'pg_class'::regclass AND g.objsubid = 0 AND EXISTS (
                  SELECT FROM pg_class c
                  WHERE c.oid = g.objid AND c.relkind IN ('r', 'p', 'f', 't', 'S')))
            UNION ALL
            SELECT 'pg_class'::regclass::oid, r.ev_class, 0, 'C'::"char", g.classid, g.objid, 0
            FROM pg_rewrite r
            WHERE g.classid = 'pg_rewrite'::regclass AND r.oid = g.objid AND r.rulename = '_RETURN'
            UNION ALL
            SELECT 'pg_type'::regclass::oid, c.reltype, 0, 'C'::"char",
                   g.classid, g.objid, g.objsubid
            FROM pg_class c
            WHERE g.classid = 'pg_class'::regclass AND g.objsubid > 0
              AND c.oid = g.objid AND c.relkind = 'c'
            UNION ALL
            SELECT 'pg_class'::regclass::oid, ad.adrelid, ad.adnum::int, 'G'::"char",
                   g.classid, g.objid, 0
            FROM pg_attrdef ad
            JOIN pg_attribute a ON a.attrelid = ad.adrelid AND a.attnum = ad.adnum
            WHERE g.classid = 'pg_attrdef'::regclass AND ad.oid = g.objid AND a.attgenerated <> ''
            UNION ALL
            SELECT d.classid, d.objid, CASE oc.relkind WHEN 'm' THEN 0 ELSE d.objsubid END,
                   'R'::"char", g.classid, g.objid, g.objsubid
            FROM pg_class c JOIN pg_type rt ON rt.oid = c.reltype
            JOIN pg_depend d ON d.refclassid = 'pg_type'::regclass
                AND d.refobjid IN (rt.oid, rt.typarray)
            LEFT JOIN pg_class oc ON d.classid = 'pg_class'::regclass AND oc.oid = d.objid
            WHERE g.classid = 'pg_class'::regclass AND g.objsubid > 0 AND c.oid = g.objid
              AND c.relkind IN ('r', 'p', 'f')
              AND (d.objsubid > 0 AND oc.relkind IN ('r', 'p', 'm', 'f', 'c')
                   OR d.classid = 'pg_type'::regclass AND EXISTS (
                       SELECT FROM pg_type y WHERE y.oid = d.objid AND y.typtype = 'd'))
            UNION ALL
            SELECT d.classid, d.objid, d.objsubid, 'K'::"char", g.classid, g.objid, g.objsubid
            FROM pg_class c JOIN pg_type rt ON rt.oid = c.reltype
            JOIN pg_depend d ON d.refclassid = 'pg_type'::regclass
                AND d.refobjid IN (rt.oid, rt.typarray)
            WHERE g.classid = 'pg_class'::regclass AND g.objsubid > 0 AND c.oid = g.objid
              AND c.relkind IN ('r', 'p', 'f', 'c')
              AND CASE d.classid
                WHEN 'pg_rewrite'::regclass THEN
                  (SELECT ev_action::text || coalesce(ev_qual::text, '')
                   FROM pg_rewrite WHERE oid = d.objid)
                WHEN 'pg_attrdef'::regclass THEN
                  (SELECT adbin::text FROM pg_attrdef WHERE oid = d.objid)
                WHEN 'pg_constraint'::regclass THEN
                  (SELECT conbin::text FROM pg_constraint WHERE oid = d.objid)
                WHEN 'pg_policy'::regclass THEN
                  (SELECT coalesce(polqual::text, '') || coalesce(polwithcheck::text, '')
                   FROM pg_policy WHERE oid = d.objid)
                WHEN 'pg_trigger'::regclass THEN
                  (SELECT tgqual::text FROM pg_trigger WHERE oid = d.objid)
                WHEN 'pg_proc'::regclass THEN
                  (SELECT coalesce(prosqlbody::text, '') || coalesce(proargdefaults::text, '')
                   FROM pg_proc WHERE oid = d.objid)
                WHEN 'pg_class'::regclass THEN
                  (SELECT coalesce(indexprs::text, '') || coalesce(indpred::text, '')
                   FROM pg_index WHERE indexrelid = d.objid)
                WHEN 'pg_type'::regclass THEN
                  (SELECT typdefaultbin::text FROM pg_type WHERE oid = d.objid)
                WHEN 'pg_statistic_ext'::regclass THEN
                  (SELECT stxexprs::text FROM pg_statistic_ext WHERE oid = d.objid)
              END ~ ('[:]consttype (' || rt.oid || '|' || rt.typarray || ') ')
        ) s
        WHERE g.deptype <> 'M'
    ),
    o AS (
        SELECT classid, objid, objsubid, array_agg(DISTINCT root::bigint) AS roots,
               string_agg(DISTINCT deptype::text, '') AS via,
               json_agg(DISTINCT jsonb_build_array(
                   refclassid::regclass::text, refobjid::bigint, refobjsubid, deptype)) AS refs
        FROM g WHERE deptype <> 'S' GROUP BY 1, 2, 3
    )
SELECT o.classid::regclass::text AS catalog, o.objid::bigint AS oid, o.objsubid AS subid,
       o.roots, o.via, o.refs::text AS refs, i.type AS kind, i.identity,
       coalesce(ad.object_names, '{}') AS names, coalesce(ad.object_args, '{}') AS arguments,
       CASE o.classid WHEN 'pg_class'::regclass THEN o.objid::regclass::text
           WHEN 'pg_proc'::regclass THEN o.objid::regprocedure::text
           WHEN 'pg_operator'::regclass THEN o.objid::regoperator::text
           WHEN 'pg_statistic_ext'::regclass THEN (
               SELECT quote_ident(s.stxname) FROM pg_statistic_ext s
               WHERE s.oid = o.objid AND pg_statistics_obj_is_visible(s.oid))
       END AS unqualified,
       CASE o.classid WHEN 'pg_class'::regclass THEN
           (SELECT c.relkind::text FROM pg_class c WHERE c.oid = o.objid) END AS relkind
FROM o
CROSS JOIN LATERAL pg_identify_object(o.classid, o.objid, o.objsubid) i
LEFT JOIN LATERAL pg_identify_object_as_address(o.classid, o.objid, o.objsubid) ad ON true
ORDER BY i.type, i.identity
