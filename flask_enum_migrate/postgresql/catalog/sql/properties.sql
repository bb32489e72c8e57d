-- What objects of all kinds have: an extension that they belong to or depend on, an owner
-- whom the current role may act for or not, and privileges granted by others.
--
-- :objects  the objects as JSON: catalog, oid
SELECT w.catalog, w.oid, o.owner::regrole::text AS owner, coalesce(o.may_alter, true) AS may_alter,
       coalesce((SELECT x.extname::text FROM pg_depend d JOIN pg_extension x ON x.oid = d.refobjid
                 WHERE d.classid = w.catalog::regclass AND d.objid = w.oid
                   AND d.refclassid = 'pg_extension'::regclass AND d.deptype = 'e'), '')
         AS extension,
       ARRAY(SELECT x.extname::text FROM pg_depend d JOIN pg_extension x ON x.oid = d.refobjid
             WHERE d.classid = w.catalog::regclass AND d.objid = w.oid AND d.deptype = 'x'
             ORDER BY 1) AS depends_on,
       ARRAY(SELECT DISTINCT pg_get_userbyid(a.grantor)::text FROM (
                 SELECT c.relacl FROM pg_class c
                 WHERE w.catalog = 'pg_class' AND c.oid = w.oid AND c.relkind IN ('v', 'm')
                 UNION ALL SELECT a.attacl FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
                 WHERE w.catalog = 'pg_class' AND c.oid = w.oid AND c.relkind IN ('v', 'm')
                 UNION ALL SELECT p.proacl FROM pg_proc p
                 WHERE w.catalog = 'pg_proc' AND p.oid = w.oid
                 UNION ALL SELECT t.typacl FROM pg_type t
                 WHERE w.catalog = 'pg_type' AND t.oid = w.oid) g (acl), aclexplode(g.acl) a
             WHERE a.grantor <> o.owner AND NOT pg_has_role(a.grantor, 'MEMBER')
             ORDER BY 1) AS strangers
FROM json_to_recordset(CAST(:objects AS json)) AS w (catalog text, oid oid)
LEFT JOIN LATERAL (
    SELECT owner, pg_has_role(owner, 'USAGE') AS may_alter FROM (
        SELECT c.relowner FROM pg_class c WHERE w.catalog = 'pg_class' AND c.oid = w.oid
        UNION ALL SELECT p.proowner FROM pg_proc p WHERE w.catalog = 'pg_proc' AND p.oid = w.oid
        UNION ALL SELECT t.typowner FROM pg_type t WHERE w.catalog = 'pg_type' AND t.oid = w.oid
        UNION ALL SELECT s.stxowner FROM pg_statistic_ext s
        WHERE w.catalog = 'pg_statistic_ext' AND s.oid = w.oid
        UNION ALL SELECT p.oprowner FROM pg_operator p
        WHERE w.catalog = 'pg_operator' AND p.oid = w.oid
        UNION ALL SELECT c.opcowner FROM pg_opclass c
        WHERE w.catalog = 'pg_opclass' AND c.oid = w.oid
        UNION ALL SELECT f.opfowner FROM pg_amop a JOIN pg_opfamily f ON f.oid = a.amopfamily
        WHERE w.catalog = 'pg_amop' AND a.oid = w.oid
        UNION ALL SELECT f.opfowner FROM pg_amproc a JOIN pg_opfamily f ON f.oid = a.amprocfamily
        WHERE w.catalog = 'pg_amproc' AND a.oid = w.oid
        UNION ALL SELECT coalesce(c.relowner, t.typowner) FROM pg_constraint k
        LEFT JOIN pg_class c ON c.oid = k.conrelid LEFT JOIN pg_type t ON t.oid = k.contypid
        WHERE w.catalog = 'pg_constraint' AND k.oid = w.oid
        UNION ALL SELECT c.relowner FROM pg_attrdef d JOIN pg_class c ON c.oid = d.adrelid
        WHERE w.catalog = 'pg_attrdef' AND d.oid = w.oid
        UNION ALL SELECT c.relowner FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class
        WHERE w.catalog = 'pg_rewrite' AND r.oid = w.oid
        UNION ALL SELECT c.relowner FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
        WHERE w.catalog = 'pg_trigger' AND t.oid = w.oid
        UNION ALL SELECT c.relowner FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid
        WHERE w.catalog = 'pg_policy' AND p.oid = w.oid
        UNION ALL SELECT t.typowner FROM pg_transform f JOIN pg_type t ON t.oid = f.trftype
        WHERE w.catalog = 'pg_transform' AND f.oid = w.oid
        -- of a cast either type's owner will do, of a published table both owners are needed
        UNION ALL SELECT CASE WHEN pg_has_role(s.typowner, 'USAGE') THEN s.typowner
                         ELSE t.typowner END
        FROM pg_cast k JOIN pg_type s ON s.oid = k.castsource JOIN pg_type t ON t.oid = k.casttarget
        WHERE w.catalog = 'pg_cast' AND k.oid = w.oid
        UNION ALL SELECT CASE WHEN pg_has_role(p.pubowner, 'USAGE') THEN c.relowner
                         ELSE p.pubowner END
        FROM pg_publication_rel r JOIN pg_publication p ON p.oid = r.prpubid
        JOIN pg_class c ON c.oid = r.prrelid
        WHERE w.catalog = 'pg_publication_rel' AND r.oid = w.oid
    ) one (owner)
) o ON true
