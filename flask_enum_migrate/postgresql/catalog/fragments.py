"""Parts of the SQL of :mod:`.details`, with names of relations that it uses too."""

from __future__ import annotations

# Roles and privileges as JSON: null where they are the default ones. The last says whether the
# current role may act for the one that granted it.
ACL = """
    (SELECT json_agg(json_build_array(
        CASE x.grantee WHEN 0 THEN '' ELSE pg_get_userbyid(x.grantee)::text END,
        x.privilege_type, x.is_grantable, pg_get_userbyid(x.grantor)::text,
        pg_has_role(x.grantor, 'MEMBER')))
     FROM aclexplode({acl}) x)
"""

# Whom default privileges would let in when the object is created again.
CREEPING = """
    (SELECT json_agg(DISTINCT CASE x.grantee WHEN 0 THEN ''
                     ELSE pg_get_userbyid(x.grantee)::text END)
     FROM pg_default_acl f, aclexplode(f.defaclacl) x
     WHERE f.defaclobjtype = '{kind}' AND f.defaclrole = current_user::regrole
       AND f.defaclnamespace IN (0, {namespace}) AND x.grantee <> f.defaclrole)
"""

# Whether default privileges would take something away when an object is created again: those of a
# schema only add.
GOVERNED = """
    EXISTS (SELECT FROM pg_default_acl f
            WHERE f.defaclobjtype = '{kind}' AND f.defaclrole = current_user::regrole
              AND f.defaclnamespace = 0 AND EXISTS (
                  SELECT x.grantee, x.privilege_type
                  FROM aclexplode(acldefault('{kind}', f.defaclrole)) x
                  EXCEPT SELECT x.grantee, x.privilege_type FROM aclexplode(f.defaclacl) x))
"""

# PostgreSQL can't check a new constraint where columns hold a domain's values inside of others.
CONTAINED = """
    (EXISTS (SELECT FROM pg_attribute xa JOIN pg_class xc ON xc.oid = xa.attrelid
             WHERE xa.attnum > 0 AND NOT xa.attisdropped
               AND (xa.atttypid = {type}.typarray AND xc.relkind <> 'v'
                    OR xa.atttypid = {type}.oid AND xc.relkind = 'c'))
     OR EXISTS (SELECT FROM pg_range xr WHERE xr.rngsubtype = {type}.oid))
"""

EXTENSIONS = """
    (SELECT json_agg(xe.extname) FROM pg_depend xd JOIN pg_extension xe ON xe.oid = xd.refobjid
     WHERE xd.classid = '{catalog}'::regclass AND xd.objid = {oid} AND xd.deptype = 'x')
"""

# Whether a domain, or one that it is over, says so; other CHECKs are taken to let NULL pass.
DOMAIN_REJECTS_NULL = """
    (WITH RECURSIVE base (oid) AS (
        SELECT t.oid
        UNION SELECT d.typbasetype FROM pg_type d JOIN base ON d.oid = base.oid
        WHERE d.typtype = 'd')
     SELECT coalesce(bool_or(d.typnotnull OR EXISTS (
         SELECT FROM pg_constraint k
         WHERE k.contypid = d.oid AND pg_get_constraintdef(k.oid) ~* 'IS NOT NULL')), false)
     FROM base JOIN pg_type d ON d.oid = base.oid WHERE d.typtype = 'd')
"""

# A generated column, whole: before PostgreSQL 17 only a new one can have another expression.
GENERATED = f"""
    json_build_object(
        'oid', a.attrelid::bigint, 'number', a.attnum,
        'version', current_setting('server_version_num')::int,
        'type', format_type(a.atttypid, a.atttypmod),
        'collation', CASE WHEN a.attcollation <> t.typcollation
                          THEN a.attcollation::regcollation::text END,
        'local', a.attislocal, 'comment', col_description(a.attrelid, a.attnum),
        'not_null', a.attnotnull, 'rejects_null', a.attnotnull OR {DOMAIN_REJECTS_NULL},
        'placeholder', NULL, 'holds_rows', false,
        'follows', EXISTS (
            SELECT FROM pg_inherits h JOIN pg_attribute p ON p.attrelid = h.inhparent
            WHERE h.inhrelid = a.attrelid AND p.attname = a.attname AND p.attnotnull),
        'target', a.attstattarget, 'options', a.attoptions,
        'storage', CASE WHEN a.attstorage <> t.typstorage THEN
            CASE a.attstorage WHEN 'p' THEN 'PLAIN' WHEN 'e' THEN 'EXTERNAL'
                 WHEN 'm' THEN 'MAIN' ELSE 'EXTENDED' END END,
        'compression', CASE a.attcompression WHEN 'p' THEN 'pglz' WHEN 'l' THEN 'lz4' END,
        'acl', {ACL.format(acl="a.attacl")},
        'later', (SELECT json_agg(l.attnum) FROM pg_attribute l
                  WHERE l.attrelid = a.attrelid AND l.attnum > a.attnum AND NOT l.attisdropped),
        'parents', (SELECT json_agg(json_build_array(
                        pd.oid::bigint, pg_get_expr(pd.adbin, pd.adrelid)))
                    FROM pg_inherits h JOIN pg_attribute p ON p.attrelid = h.inhparent
                    JOIN pg_attrdef pd ON pd.adrelid = p.attrelid AND pd.adnum = p.attnum
                    WHERE h.inhrelid = a.attrelid AND p.attname = a.attname))
"""

AMOP = """
    json_build_object(
        'number', a.amopstrategy, 'left', format_type(a.amoplefttype, NULL),
        'right', format_type(a.amoprighttype, NULL),
        'operator', a.amopopr::regoperator::text,
        'sort', (SELECT json_build_array(sn.nspname, sf.opfname) FROM pg_opfamily sf
                 JOIN pg_namespace sn ON sn.oid = sf.opfnamespace WHERE sf.oid = a.amopsortfamily))
"""
AMPROC = """
    json_build_object(
        'number', a.amprocnum, 'left', format_type(a.amproclefttype, NULL),
        'right', format_type(a.amprocrighttype, NULL),
        'function', a.amproc::oid::regprocedure::text)
"""
OF_CLASS = """
    EXISTS (SELECT FROM pg_depend d WHERE d.classid = o.classid AND d.objid = o.objid
              AND d.refclassid = 'pg_opclass'::regclass)
"""
