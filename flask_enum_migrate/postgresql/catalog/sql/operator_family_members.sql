-- Operators and functions of operator families; those that came with an operator class are its own.
--
-- :oids  the rows of pg_amop and pg_amproc: their OIDs come from one counter
SELECT a.oid::bigint AS oid, 'operator' AS called, a.amopstrategy::int AS number,
       format_type(a.amoplefttype, NULL) AS left, format_type(a.amoprighttype, NULL) AS right,
       a.amopopr::regoperator::text AS what, sn.nspname::text AS sort_schema,
       sf.opfname::text AS sort_family, m.amname::text AS method, n.nspname::text AS family_schema,
       f.opfname::text AS family,
       EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_amop'::regclass AND d.objid = a.oid
                 AND d.refclassid = 'pg_opclass'::regclass) AS of_class
FROM pg_amop a JOIN pg_opfamily f ON f.oid = a.amopfamily
JOIN pg_namespace n ON n.oid = f.opfnamespace JOIN pg_am m ON m.oid = f.opfmethod
LEFT JOIN pg_opfamily sf ON sf.oid = a.amopsortfamily
LEFT JOIN pg_namespace sn ON sn.oid = sf.opfnamespace
WHERE a.oid = ANY (CAST(:oids AS oid[]))
UNION ALL
SELECT a.oid::bigint, 'function', a.amprocnum::int,
       format_type(a.amproclefttype, NULL), format_type(a.amprocrighttype, NULL),
       a.amproc::oid::regprocedure::text, NULL, NULL, m.amname::text, n.nspname::text,
       f.opfname::text,
       EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_amproc'::regclass AND d.objid = a.oid
                 AND d.refclassid = 'pg_opclass'::regclass)
FROM pg_amproc a JOIN pg_opfamily f ON f.oid = a.amprocfamily
JOIN pg_namespace n ON n.oid = f.opfnamespace JOIN pg_am m ON m.oid = f.opfmethod
WHERE a.oid = ANY (CAST(:oids AS oid[]))
