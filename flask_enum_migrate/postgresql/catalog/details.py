"""What each kind of object says of itself in the catalogs: the SQL that packs it into JSON."""

from __future__ import annotations

from .fragments import ACL
from .fragments import AMOP
from .fragments import AMPROC
from .fragments import CONTAINED
from .fragments import CREEPING
from .fragments import EXTENSIONS
from .fragments import GENERATED
from .fragments import GOVERNED
from .fragments import OF_CLASS


def _acl(acl: str, kind: str, owner: str) -> str:
    """Return an ACL as SQL, spelt out where NULL would not come back by itself."""
    governed = GOVERNED.format(kind=kind)
    return f"coalesce({acl}, CASE WHEN {governed} THEN acldefault('{kind}', {owner}) END)"


DETAIL = f"""
    CASE o.classid
      WHEN 'pg_class'::regclass THEN (
        SELECT json_build_object(
            'relkind', c.relkind, 'owner', pg_get_userbyid(c.relowner),
            'creator', current_user,
            'may_alter', pg_has_role(c.relowner, 'USAGE'),
            'options', c.reloptions || (
                SELECT array_agg('toast.' || x) FROM pg_class tc, unnest(tc.reloptions) x
                WHERE tc.oid = c.reltoastrelid),
            'persistence', c.relpersistence,
            'extensions', CASE WHEN c.relkind = 'm' AND o.objsubid = 0
                               THEN {EXTENSIONS.format(catalog="pg_class", oid="c.oid")} END,
            'other_temp', c.relpersistence = 't' AND pg_is_other_temp_schema(c.relnamespace),
            'acl', {ACL.format(acl=_acl("c.relacl", "r", "c.relowner"))},
            'governed', {GOVERNED.format(kind="r")},
            'creeping', {CREEPING.format(kind="r", namespace="c.relnamespace")},
            'populated', c.relispopulated,
            'tablespace', coalesce((SELECT spcname FROM pg_tablespace WHERE oid = c.reltablespace),
                                   ''),
            'definition', CASE WHEN o.objsubid > 0 THEN NULL
                WHEN c.relkind IN ('v', 'm') THEN pg_get_viewdef(c.oid)
                WHEN c.relkind IN ('i', 'I') THEN pg_get_indexdef(c.oid) END,
            'columns', CASE WHEN c.relkind IN ('v', 'm') AND o.objsubid = 0 THEN (
                SELECT json_agg(json_build_object(
                    'name', a.attname, 'comment', col_description(c.oid, a.attnum),
                    'default', pg_get_expr(d.adbin, d.adrelid), 'target', a.attstattarget,
                    'options', a.attoptions,
                    'storage', CASE WHEN c.relkind = 'm' AND a.attstorage <> t.typstorage THEN
                        CASE a.attstorage WHEN 'p' THEN 'PLAIN' WHEN 'e' THEN 'EXTERNAL'
                             WHEN 'm' THEN 'MAIN' ELSE 'EXTENDED' END END,
                    'compression', CASE a.attcompression WHEN 'p' THEN 'pglz' WHEN 'l' THEN 'lz4'
                                   END,
                    'acl', {ACL.format(acl="a.attacl")}) ORDER BY a.attnum)
                FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
                LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
                WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped) END,
            'index', (SELECT json_build_object(
                'table_schema', tn.nspname, 'table', tc.relname, 'table_kind', tc.relkind,
                'clustered', x.indisclustered, 'replica_identity', x.indisreplident,
                'valid', x.indisvalid, 'expressions', x.indexprs IS NOT NULL,
                'partial', x.indpred IS NOT NULL,
                'constraint', (
                    SELECT json_build_object(
                        'oid', k.oid::bigint, 'name', k.conname, 'contype', k.contype,
                        'definition', pg_get_constraintdef(k.oid), 'domain', 0,
                        'comment', obj_description(k.oid, 'pg_constraint'), 'derived', false,
                        'may_alter', pg_has_role(c.relowner, 'USAGE'))
                    FROM pg_constraint k
                    WHERE k.conindid = c.oid AND k.contype IN ('p', 'u', 'x')),
                'parent', (SELECT h.inhparent::regclass::text FROM pg_inherits h
                           WHERE h.inhrelid = c.oid),
                'targets', (SELECT json_agg(json_build_array(a.attnum, a.attstattarget))
                            FROM pg_attribute a
                            WHERE a.attrelid = c.oid AND a.attstattarget >= 0),
                'extensions', {EXTENSIONS.format(catalog="pg_class", oid="c.oid")})
                FROM pg_index x JOIN pg_class tc ON tc.oid = x.indrelid
                JOIN pg_namespace tn ON tn.oid = tc.relnamespace
                WHERE x.indexrelid = c.oid),
            'column', (SELECT json_build_object(
                'type', format_type(a.atttypid, a.atttypmod), 'generated', a.attgenerated,
                'inherited', a.attinhcount, 'last', a.attnum = c.relnatts)
                FROM pg_attribute a
                WHERE a.attrelid = c.oid AND a.attnum = o.objsubid AND o.objsubid > 0))
        FROM pg_class c WHERE c.oid = o.objid)
      WHEN 'pg_constraint'::regclass THEN (
        SELECT json_build_object(
            'contype', k.contype, 'definition', pg_get_constraintdef(k.oid),
            'domain', k.contypid::bigint, 'index', k.conindid::bigint,
            'of_domain', CASE WHEN k.contypid <> 0 THEN (
                SELECT json_build_object('schema', dn.nspname, 'name', dt.typname,
                    'contained', {CONTAINED.format(type="dt")})
                FROM pg_type dt JOIN pg_namespace dn ON dn.oid = dt.typnamespace
                WHERE dt.oid = k.contypid) END,
            'derived', k.conparentid <> 0 OR (k.coninhcount > 0 AND NOT k.conislocal),
            'name', k.conname,
            'valid_in', CASE WHEN k.contype = 'c' AND NOT k.convalidated THEN (
                WITH RECURSIVE down (relation) AS (
                    SELECT inhrelid FROM pg_inherits WHERE inhparent = k.conrelid
                    UNION SELECT h.inhrelid FROM pg_inherits h JOIN down ON h.inhparent = relation)
                SELECT json_agg(json_build_object('schema', vn.nspname, 'table', vc.relname))
                FROM down JOIN pg_constraint v ON v.conrelid = down.relation
                JOIN pg_class vc ON vc.oid = v.conrelid
                JOIN pg_namespace vn ON vn.oid = vc.relnamespace
                WHERE v.conname = k.conname AND v.contype = 'c' AND v.convalidated
                  AND NOT v.conislocal) END,
            'ancestors', CASE WHEN k.contype IN ('c', 'n') AND k.coninhcount > 0 THEN (
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
                      ELSE ac.attname = kc.attname END) END,
            'may_alter', CASE WHEN k.contypid = 0 THEN pg_has_role(c.relowner, 'USAGE')
                ELSE (SELECT pg_has_role(x.typowner, 'USAGE') FROM pg_type x
                      WHERE x.oid = k.contypid) END,
            'superuser', current_setting('is_superuser') = 'on',
            'comments', CASE WHEN k.contype IN ('c', 'f') THEN (
                WITH RECURSIVE down (relation) AS (
                    SELECT inhrelid FROM pg_inherits WHERE inhparent = k.conrelid
                    UNION SELECT h.inhrelid FROM pg_inherits h JOIN down ON h.inhparent = relation)
                SELECT json_agg(json_build_object(
                    'schema', vn.nspname, 'table', vc.relname,
                    'comment', obj_description(v.oid, 'pg_constraint')))
                FROM down JOIN pg_constraint v ON v.conrelid = down.relation
                JOIN pg_class vc ON vc.oid = v.conrelid
                JOIN pg_namespace vn ON vn.oid = vc.relnamespace
                WHERE v.conname = k.conname AND v.contype = k.contype AND v.coninhcount > 0
                  AND NOT v.conislocal AND obj_description(v.oid, 'pg_constraint') <> '') END,
            'triggers', CASE k.contype WHEN 'f' THEN (
                WITH RECURSIVE whole (oid) AS (
                    SELECT k.oid UNION ALL
                    SELECT p.oid FROM pg_constraint p JOIN whole ON p.conparentid = whole.oid)
                SELECT json_agg(json_build_array(t.tgrelid::regclass::text, t.tgfoid::regproc::text,
                                                 t.tgenabled))
                FROM pg_trigger t JOIN whole ON t.tgconstraint = whole.oid
                WHERE t.tgisinternal AND t.tgenabled <> 'O') END)
        FROM pg_constraint k LEFT JOIN pg_class c ON c.oid = k.conrelid WHERE k.oid = o.objid)
      WHEN 'pg_attrdef'::regclass THEN (
        SELECT json_build_object(
            'definition', pg_get_expr(d.adbin, d.adrelid), 'generated', a.attgenerated,
            'relkind', c.relkind, 'inherited', a.attinhcount > 0,
            'may_alter', pg_has_role(c.relowner, 'USAGE'),
            'holds', CASE WHEN t.typcategory = 'A' THEN t.typelem ELSE t.oid END::bigint,
            'column', CASE WHEN a.attgenerated <> '' THEN {GENERATED} END)
        FROM pg_attrdef d JOIN pg_class c ON c.oid = d.adrelid
        JOIN pg_attribute a ON a.attrelid = d.adrelid AND a.attnum = d.adnum
        JOIN pg_type t ON t.oid = a.atttypid WHERE d.oid = o.objid)
      WHEN 'pg_rewrite'::regclass THEN (
        SELECT json_build_object(
            'return', r.rulename = '_RETURN', 'relation', r.ev_class::bigint,
            'definition', CASE WHEN r.rulename <> '_RETURN' THEN pg_get_ruledef(r.oid) END,
            'enabled', r.ev_enabled, 'may_alter', pg_has_role(c.relowner, 'USAGE'))
        FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class WHERE r.oid = o.objid)
      WHEN 'pg_trigger'::regclass THEN (
        SELECT json_build_object(
            'definition', pg_get_triggerdef(t.oid), 'enabled', t.tgenabled,
            'internal', t.tgisinternal, 'derived', t.tgparentid <> 0,
            'extensions', {EXTENSIONS.format(catalog="pg_trigger", oid="t.oid")},
            'clones', (
                WITH RECURSIVE down (oid) AS (
                    SELECT x.oid FROM pg_trigger x WHERE x.tgparentid = t.oid
                    UNION SELECT x.oid FROM pg_trigger x JOIN down ON x.tgparentid = down.oid)
                SELECT json_agg(json_build_object(
                    'schema', xn.nspname, 'table', xc.relname, 'enabled', x.tgenabled,
                    'comment', obj_description(x.oid, 'pg_trigger')) ORDER BY x.oid)
                FROM down JOIN pg_trigger x ON x.oid = down.oid
                JOIN pg_class xc ON xc.oid = x.tgrelid
                JOIN pg_namespace xn ON xn.oid = xc.relnamespace),
            'may_alter', pg_has_role(c.relowner, 'USAGE'))
        FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid WHERE t.oid = o.objid)
      WHEN 'pg_policy'::regclass THEN (
        SELECT json_build_object(
            'command', p.polcmd, 'permissive', p.polpermissive,
            'roles', ARRAY(SELECT CASE x WHEN 0 THEN '' ELSE pg_get_userbyid(x)::text END
                           FROM unnest(p.polroles) x),
            'using', pg_get_expr(p.polqual, p.polrelid),
            'check', pg_get_expr(p.polwithcheck, p.polrelid),
            'may_alter', pg_has_role(c.relowner, 'USAGE'))
        FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid WHERE p.oid = o.objid)
      WHEN 'pg_publication_rel'::regclass THEN (
        SELECT json_build_object(
            'publication', p.pubname, 'schema', n.nspname, 'table', c.relname,
            'columns', (SELECT json_agg(a.attname ORDER BY a.attnum) FROM pg_attribute a
                        WHERE a.attrelid = c.oid AND a.attnum = ANY (r.prattrs)),
            'where', pg_get_expr(r.prqual, r.prrelid),
            'may_alter', pg_has_role(p.pubowner, 'USAGE') AND pg_has_role(c.relowner, 'USAGE'))
        FROM pg_publication_rel r JOIN pg_publication p ON p.oid = r.prpubid
        JOIN pg_class c ON c.oid = r.prrelid JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE r.oid = o.objid)
      WHEN 'pg_statistic_ext'::regclass THEN (
        SELECT json_build_object(
            'definition', pg_get_statisticsobjdef(s.oid), 'owner', pg_get_userbyid(s.stxowner),
            'creator', current_user,
            'target', s.stxstattarget, 'may_alter', pg_has_role(s.stxowner, 'USAGE'))
        FROM pg_statistic_ext s WHERE s.oid = o.objid)
      WHEN 'pg_proc'::regclass THEN (
        SELECT json_build_object(
            'prokind', p.prokind, 'owner', pg_get_userbyid(p.proowner),
            'aggregate', (
                SELECT json_build_object(
                    'sfunc', g.aggtransfn::regproc::text,
                    'stype', format_type(g.aggtranstype, NULL),
                    'sspace', nullif(g.aggtransspace, 0),
                    'finalfunc', nullif(g.aggfinalfn::regproc::text, '-'),
                    'finalfunc_extra', CASE WHEN g.aggfinalextra THEN '' END,
                    'finalfunc_modify', CASE g.aggfinalmodify WHEN 's' THEN 'SHAREABLE'
                                        WHEN 'w' THEN 'READ_WRITE' ELSE 'READ_ONLY' END,
                    'combinefunc', nullif(g.aggcombinefn::regproc::text, '-'),
                    'serialfunc', nullif(g.aggserialfn::regproc::text, '-'),
                    'deserialfunc', nullif(g.aggdeserialfn::regproc::text, '-'),
                    'initcond', g.agginitval,
                    'msfunc', nullif(g.aggmtransfn::regproc::text, '-'),
                    'minvfunc', nullif(g.aggminvtransfn::regproc::text, '-'),
                    'mstype', CASE WHEN g.aggmtranstype <> 0
                              THEN format_type(g.aggmtranstype, NULL) END,
                    'msspace', nullif(g.aggmtransspace, 0),
                    'mfinalfunc', nullif(g.aggmfinalfn::regproc::text, '-'),
                    'mfinalfunc_extra', CASE WHEN g.aggmfinalextra THEN '' END,
                    'mfinalfunc_modify', CASE WHEN g.aggmtransfn <> 0 THEN
                        CASE g.aggmfinalmodify WHEN 's' THEN 'SHAREABLE'
                        WHEN 'w' THEN 'READ_WRITE' ELSE 'READ_ONLY' END END,
                    'minitcond', g.aggminitval,
                    'hypothetical', CASE WHEN g.aggkind = 'h' THEN '' END,
                    'sortop', (SELECT json_build_array(sn.nspname, so.oprname)
                               FROM pg_operator so JOIN pg_namespace sn ON sn.oid = so.oprnamespace
                               WHERE so.oid = g.aggsortop),
                    'parallel', CASE p.proparallel WHEN 's' THEN 'SAFE' WHEN 'r' THEN 'RESTRICTED'
                                ELSE 'UNSAFE' END)
                FROM pg_aggregate g WHERE g.aggfnoid = p.oid),
            'name', p.proname, 'schema', (SELECT n.nspname FROM pg_namespace n
                                          WHERE n.oid = p.pronamespace),
            'arguments', CASE WHEN p.prokind = 'a' THEN pg_get_function_arguments(p.oid) END,
            'creator', current_user,
            'definition', CASE WHEN p.prokind <> 'a' THEN pg_get_functiondef(p.oid) END,
            'language', (SELECT l.lanname FROM pg_language l WHERE l.oid = p.prolang),
            'acl', {ACL.format(acl=_acl("p.proacl", "f", "p.proowner"))},
            'governed', {GOVERNED.format(kind="f")},
            'creeping', {CREEPING.format(kind="f", namespace="p.pronamespace")},
            'may_alter', pg_has_role(p.proowner, 'USAGE'),
            'extensions', {EXTENSIONS.format(catalog="pg_proc", oid="p.oid")})
        FROM pg_proc p WHERE p.oid = o.objid)
      WHEN 'pg_cast'::regclass THEN (
        SELECT json_build_object(
            'source', format_type(k.castsource, NULL), 'target', format_type(k.casttarget, NULL),
            'function', CASE WHEN k.castfunc <> 0 THEN k.castfunc::regprocedure::text END,
            'method', k.castmethod, 'context', k.castcontext,
            'may_alter', pg_has_role(st.typowner, 'USAGE') OR pg_has_role(tt.typowner, 'USAGE'))
        FROM pg_cast k JOIN pg_type st ON st.oid = k.castsource
        JOIN pg_type tt ON tt.oid = k.casttarget WHERE k.oid = o.objid)
      WHEN 'pg_operator'::regclass THEN (
        SELECT json_build_object(
            'schema', n.nspname, 'name', p.oprname, 'function', p.oprcode::regproc::text,
            'left', CASE WHEN p.oprleft <> 0 THEN format_type(p.oprleft, NULL) END,
            'right', format_type(p.oprright, NULL),
            'restrict', nullif(p.oprrest::regproc::text, '-'),
            'join', nullif(p.oprjoin::regproc::text, '-'),
            'hashes', p.oprcanhash, 'merges', p.oprcanmerge,
            'commutator', (SELECT json_build_array(x.nspname, c.oprname) FROM pg_operator c
                           JOIN pg_namespace x ON x.oid = c.oprnamespace WHERE c.oid = p.oprcom),
            'negator', (SELECT json_build_array(x.nspname, c.oprname) FROM pg_operator c
                        JOIN pg_namespace x ON x.oid = c.oprnamespace WHERE c.oid = p.oprnegate),
            'owner', pg_get_userbyid(p.oprowner), 'creator', current_user,
            'may_alter', pg_has_role(p.oprowner, 'USAGE'))
        FROM pg_operator p JOIN pg_namespace n ON n.oid = p.oprnamespace WHERE p.oid = o.objid)
      WHEN 'pg_opclass'::regclass THEN (
        SELECT json_build_object(
            'schema', n.nspname, 'name', c.opcname, 'default', c.opcdefault,
            'method', m.amname, 'family', json_build_array(fn.nspname, f.opfname),
            'type', format_type(c.opcintype, NULL),
            'storage', CASE WHEN c.opckeytype <> 0 THEN format_type(c.opckeytype, NULL) END,
            'operators', (
                SELECT json_agg({AMOP} ORDER BY a.amopstrategy) FROM pg_amop a
                JOIN pg_depend d ON d.classid = 'pg_amop'::regclass AND d.objid = a.oid
                WHERE d.refclassid = 'pg_opclass'::regclass AND d.refobjid = c.oid),
            'functions', (
                SELECT json_agg({AMPROC} ORDER BY a.amprocnum) FROM pg_amproc a
                JOIN pg_depend d ON d.classid = 'pg_amproc'::regclass AND d.objid = a.oid
                WHERE d.refclassid = 'pg_opclass'::regclass AND d.refobjid = c.oid),
            'owner', pg_get_userbyid(c.opcowner), 'creator', current_user,
            'superuser', current_setting('is_superuser') = 'on',
            'may_alter', pg_has_role(c.opcowner, 'USAGE'))
        FROM pg_opclass c JOIN pg_namespace n ON n.oid = c.opcnamespace
        JOIN pg_am m ON m.oid = c.opcmethod JOIN pg_opfamily f ON f.oid = c.opcfamily
        JOIN pg_namespace fn ON fn.oid = f.opfnamespace WHERE c.oid = o.objid)
      WHEN 'pg_amop'::regclass THEN (
        SELECT json_build_object(
            'member', {AMOP}, 'called', 'operator',
            'of_class', {OF_CLASS}, 'method', m.amname,
            'family', json_build_array(n.nspname, f.opfname),
            'superuser', current_setting('is_superuser') = 'on',
            'may_alter', pg_has_role(f.opfowner, 'USAGE'))
        FROM pg_amop a JOIN pg_opfamily f ON f.oid = a.amopfamily
        JOIN pg_namespace n ON n.oid = f.opfnamespace JOIN pg_am m ON m.oid = f.opfmethod
        WHERE a.oid = o.objid)
      WHEN 'pg_amproc'::regclass THEN (
        SELECT json_build_object(
            'member', {AMPROC}, 'called', 'function',
            'of_class', {OF_CLASS}, 'method', m.amname,
            'family', json_build_array(n.nspname, f.opfname),
            'superuser', current_setting('is_superuser') = 'on',
            'may_alter', pg_has_role(f.opfowner, 'USAGE'))
        FROM pg_amproc a JOIN pg_opfamily f ON f.oid = a.amprocfamily
        JOIN pg_namespace n ON n.oid = f.opfnamespace JOIN pg_am m ON m.oid = f.opfmethod
        WHERE a.oid = o.objid)
      WHEN 'pg_transform'::regclass THEN (
        SELECT json_build_object(
            'type', format_type(t.trftype, NULL), 'language', l.lanname,
            'from', CASE WHEN t.trffromsql <> 0 THEN t.trffromsql::regprocedure::text END,
            'to', CASE WHEN t.trftosql <> 0 THEN t.trftosql::regprocedure::text END,
            'may_alter', pg_has_role(y.typowner, 'USAGE'))
        FROM pg_transform t JOIN pg_language l ON l.oid = t.trflang
        JOIN pg_type y ON y.oid = t.trftype WHERE t.oid = o.objid)
      WHEN 'pg_type'::regclass THEN (
        SELECT json_build_object(
            'typtype', t.typtype, 'relation', t.typrelid::bigint, 'name', t.typname,
            'schema', (SELECT n.nspname FROM pg_namespace n WHERE n.oid = t.typnamespace),
            'array', t.typelem <> 0 AND t.typcategory = 'A',
            'may_alter', pg_has_role(t.typowner, 'USAGE'),
            'relkind', (SELECT c.relkind FROM pg_class c WHERE c.oid = t.typrelid),
            'base_oid', t.typbasetype::bigint,
            'base', CASE WHEN t.typbasetype <> 0 THEN format_type(t.typbasetype, t.typtypmod) END,
            'default', pg_get_expr(t.typdefaultbin, 0), 'not_null', t.typnotnull,
            'range', (SELECT json_build_object(
                'superuser', current_setting('is_superuser') = 'on',
                'subtype', format_type(r.rngsubtype, NULL), 'multirange', mt.typname,
                'multirange_schema', mn.nspname,
                'plain', r.rngcanonical = 0 AND r.rngsubdiff = 0 AND oc.opcdefault)
                FROM pg_range r JOIN pg_type mt ON mt.oid = r.rngmultitypid
                JOIN pg_namespace mn ON mn.oid = mt.typnamespace
                JOIN pg_opclass oc ON oc.oid = r.rngsubopc WHERE r.rngtypid = t.oid),
            'constraints', (
                SELECT json_agg(json_build_object(
                    'name', k.conname, 'definition', pg_get_constraintdef(k.oid),
                    'comment', obj_description(k.oid, 'pg_constraint')) ORDER BY k.conname)
                FROM pg_constraint k WHERE k.contypid = t.oid),
            'attributes', (
                SELECT json_agg(json_build_object(
                    'name', a.attname, 'type', format_type(a.atttypid, a.atttypmod),
                    'comment', col_description(a.attrelid, a.attnum),
                    'collated', a.attcollation <> (SELECT x.typcollation FROM pg_type x
                                                   WHERE x.oid = a.atttypid)) ORDER BY a.attnum)
                FROM pg_attribute a
                WHERE a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped))
        FROM pg_type t WHERE t.oid = o.objid)
    END
"""
