-- Operator classes, with the operators and functions that came with them: those of
-- operator_family_members.sql.
--
-- :oids  the operator classes
SELECT c.oid::bigint AS oid, n.nspname::text AS schema, c.opcname::text AS name,
       c.opcdefault AS is_default, m.amname::text AS method,
       fn.nspname::text AS family_schema, f.opfname::text AS family,
       format_type(c.opcintype, NULL) AS type,
       CASE WHEN c.opckeytype <> 0 THEN format_type(c.opckeytype, NULL) ELSE '' END AS storage,
       (SELECT json_agg(json_build_array(
                   a.amopstrategy, format_type(a.amoplefttype, NULL),
                   format_type(a.amoprighttype, NULL), a.amopopr::regoperator::text,
                   sn.nspname, sf.opfname) ORDER BY a.amopstrategy)
        FROM pg_amop a JOIN pg_depend d ON d.classid = 'pg_amop'::regclass AND d.objid = a.oid
        LEFT JOIN pg_opfamily sf ON sf.oid = a.amopsortfamily
        LEFT JOIN pg_namespace sn ON sn.oid = sf.opfnamespace
        WHERE d.refclassid = 'pg_opclass'::regclass AND d.refobjid = c.oid)::text AS operators,
       (SELECT json_agg(json_build_array(
                   a.amprocnum, format_type(a.amproclefttype, NULL),
                   format_type(a.amprocrighttype, NULL), a.amproc::oid::regprocedure::text)
               ORDER BY a.amprocnum)
        FROM pg_amproc a JOIN pg_depend d ON d.classid = 'pg_amproc'::regclass AND d.objid = a.oid
        WHERE d.refclassid = 'pg_opclass'::regclass AND d.refobjid = c.oid)::text AS functions
FROM pg_opclass c JOIN pg_namespace n ON n.oid = c.opcnamespace
JOIN pg_am m ON m.oid = c.opcmethod JOIN pg_opfamily f ON f.oid = c.opcfamily
JOIN pg_namespace fn ON fn.oid = f.opfnamespace
WHERE c.oid = ANY (CAST(:oids AS oid[]))
