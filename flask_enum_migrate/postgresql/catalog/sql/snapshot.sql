-- How everything reads that hangs on some types or tables: what pg_dump shows, and what it doesn't.
--
-- One row for each property of each object, by the object's identity, so that two readings can be
-- compared whatever OIDs have become. An ACL that is NULL comes as the default one that it means;
-- one that is empty is '{}'. Triggers of foreign keys are known by their constraint: their names
-- hold OIDs.
--
-- :types   types as JSON: schema, name
-- :tables  tables as JSON: schema, name
WITH RECURSIVE
    made (base, type) AS (
        SELECT t.typbasetype, t.oid FROM pg_type t WHERE t.typtype = 'd'
        UNION ALL
        SELECT r.rngsubtype, m.type FROM pg_range r, unnest(ARRAY[r.rngtypid, r.rngmultitypid]) m (type)
        UNION ALL
        SELECT a.atttypid, c.reltype FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
        WHERE a.atttypid >= 16384 AND a.attnum > 0 AND NOT a.attisdropped
          AND c.relkind IN ('c', 'r', 'p', 'f', 'v', 'm')
        UNION ALL
        SELECT t.oid, t.typarray FROM pg_type t WHERE t.typarray <> 0
    ),
    holder (type) AS (
        SELECT t.oid
        FROM json_to_recordset(CAST(:types AS json)) w (schema text, name text)
        JOIN pg_namespace n ON n.nspname = w.schema
        JOIN pg_type t ON t.typnamespace = n.oid AND t.typname = w.name
      UNION
        SELECT m.type FROM holder h JOIN made m ON m.base = h.type
    ),
    holding (relation) AS (
        SELECT a.attrelid FROM pg_attribute a JOIN holder h ON h.type = a.atttypid
        WHERE a.attnum > 0 AND NOT a.attisdropped
      UNION
        SELECT c.oid
        FROM json_to_recordset(CAST(:tables AS json)) w (schema text, name text)
        JOIN pg_namespace n ON n.nspname = w.schema
        JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = w.name
    ),
    family (relation) AS (
        SELECT h.relation FROM holding h JOIN pg_class c ON c.oid = h.relation
        WHERE c.relkind IN ('r', 'p', 'f', 'v', 'm', 'c')
      UNION
        SELECT CASE f.relation WHEN i.inhparent THEN i.inhrelid ELSE i.inhparent END
        FROM family f JOIN pg_inherits i ON f.relation IN (i.inhparent, i.inhrelid)
        JOIN pg_class c ON c.oid = i.inhrelid AND c.relkind IN ('r', 'p', 'f')
    ),
    thing (classid, objid) AS (
        SELECT 'pg_type'::regclass::oid, h.type FROM holder h
        UNION SELECT 'pg_class'::regclass::oid, f.relation FROM family f
      UNION
        SELECT s.* FROM thing g CROSS JOIN LATERAL (
            SELECT d.classid, d.objid FROM pg_depend d
            WHERE d.refclassid = g.classid AND d.refobjid = g.objid
              AND d.deptype IN ('n', 'a', 'i', 'P', 'S')
            UNION ALL
            SELECT 'pg_class'::regclass::oid, r.ev_class FROM pg_rewrite r
            WHERE g.classid = 'pg_rewrite'::regclass AND r.oid = g.objid AND r.rulename = '_RETURN'
        ) s
    ),
    o AS MATERIALIZED (
        SELECT g.classid, g.objid, i.type AS kind, i.identity
        FROM thing g CROSS JOIN LATERAL pg_identify_object(g.classid, g.objid, 0) i
        LEFT JOIN pg_class c ON g.classid = 'pg_class'::regclass AND c.oid = g.objid
        LEFT JOIN pg_type t ON g.classid = 'pg_type'::regclass AND t.oid = g.objid
        LEFT JOIN pg_class tc ON tc.oid = t.typrelid
        LEFT JOIN pg_trigger r ON g.classid = 'pg_trigger'::regclass AND r.oid = g.objid
        LEFT JOIN pg_type base ON base.typarray = t.oid
        WHERE i.identity IS NOT NULL AND c.relkind IS DISTINCT FROM 't'
          AND (c.oid IS NULL OR c.relnamespace <> 'pg_toast'::regnamespace)
          AND base.oid IS NULL AND coalesce(tc.relkind, 'c') = 'c'
          AND r.tgisinternal IS NOT TRUE
    ),
    owned (kind, identity, owner, code, acl) AS (
        SELECT o.kind, o.identity, c.relowner,
               CASE WHEN c.relkind = 'S' THEN 's' WHEN c.relkind IN ('r', 'p', 'f', 'v', 'm') THEN 'r'
               END::"char", c.relacl
        FROM o JOIN pg_class c ON o.classid = 'pg_class'::regclass AND c.oid = o.objid
        UNION ALL SELECT o.kind, o.identity, t.typowner,
               -- A multirange type has no privileges to grant: the range's count (newer servers refuse).
               CASE WHEN t.typtype <> 'm' THEN 'T'::"char" END, t.typacl
        FROM o JOIN pg_type t ON o.classid = 'pg_type'::regclass AND t.oid = o.objid
        UNION ALL SELECT o.kind, o.identity, f.proowner, 'f', f.proacl
        FROM o JOIN pg_proc f ON o.classid = 'pg_proc'::regclass AND f.oid = o.objid
        UNION ALL SELECT o.kind, o.identity, s.stxowner, NULL, NULL
        FROM o JOIN pg_statistic_ext s ON o.classid = 'pg_statistic_ext'::regclass AND s.oid = o.objid
        UNION ALL SELECT o.kind, o.identity, p.oprowner, NULL, NULL
        FROM o JOIN pg_operator p ON o.classid = 'pg_operator'::regclass AND p.oid = o.objid
        UNION ALL SELECT o.kind, o.identity, p.opcowner, NULL, NULL
        FROM o JOIN pg_opclass p ON o.classid = 'pg_opclass'::regclass AND p.oid = o.objid
        UNION ALL SELECT o.kind, o.identity, p.opfowner, NULL, NULL
        FROM o JOIN pg_opfamily p ON o.classid = 'pg_opfamily'::regclass AND p.oid = o.objid
    )
SELECT kind, identity, property, value FROM (
    SELECT o.kind, o.identity, p.property, p.value
    FROM o CROSS JOIN LATERAL (VALUES
        ('is there', ''),
        ('comment', obj_description(o.objid, o.classid::regclass::name)),
        ('security labels', (
            SELECT string_agg(provider || '=' || label, ' ' ORDER BY provider)
            FROM pg_seclabel WHERE classoid = o.classid AND objoid = o.objid AND objsubid = 0)),
        ('extensions', (
            SELECT string_agg(d.deptype::text || ' ' || x.extname, ', ' ORDER BY x.extname)
            FROM pg_depend d JOIN pg_extension x ON x.oid = d.refobjid
            WHERE d.classid = o.classid AND d.objid = o.objid
              AND d.refclassid = 'pg_extension'::regclass AND d.deptype IN ('e', 'x')))
    ) p (property, value)
    UNION ALL
    SELECT a.kind, a.identity, p.property, p.value
    FROM owned a CROSS JOIN LATERAL (VALUES
        ('owner', pg_get_userbyid(a.owner)::text),
        ('privileges', CASE WHEN a.code IS NOT NULL THEN (
            SELECT '{' || coalesce(string_agg(i::text, ',' ORDER BY i::text), '') || '}'
            FROM unnest(coalesce(a.acl, acldefault(a.code, a.owner))) i) END)
    ) p (property, value)
    UNION ALL
    SELECT o.kind, o.identity, p.property, p.value
    FROM o JOIN pg_type t ON o.classid = 'pg_type'::regclass AND t.oid = o.objid
    LEFT JOIN pg_range r ON r.rngtypid = t.oid
    CROSS JOIN LATERAL (VALUES
        ('labels', CASE t.typtype WHEN 'e' THEN ARRAY(
            SELECT enumlabel FROM pg_enum WHERE enumtypid = t.oid ORDER BY enumsortorder)::text END),
        ('base type', CASE t.typtype WHEN 'd' THEN format_type(t.typbasetype, t.typtypmod) END),
        ('NOT NULL', CASE t.typtype WHEN 'd' THEN t.typnotnull::text END),
        ('default', CASE t.typtype WHEN 'd' THEN
            coalesce(pg_get_expr(t.typdefaultbin, 0), t.typdefault) END),
        ('collation', CASE t.typtype WHEN 'd' THEN nullif(t.typcollation, 0)::regcollation::text END),
        ('range', CASE WHEN r.rngtypid IS NOT NULL THEN concat_ws(' ',
            format_type(r.rngsubtype, NULL), format_type(r.rngmultitypid, NULL),
            nullif(r.rngcollation, 0)::regcollation, r.rngcanonical, r.rngsubdiff,
            (SELECT opcname FROM pg_opclass WHERE oid = r.rngsubopc)) END)
    ) p (property, value)
    UNION ALL
    SELECT o.kind, o.identity, p.property, p.value
    FROM o JOIN pg_class c ON o.classid = 'pg_class'::regclass AND c.oid = o.objid
    LEFT JOIN pg_class toast ON toast.oid = c.reltoastrelid
    LEFT JOIN pg_index i ON i.indexrelid = c.oid
    CROSS JOIN LATERAL (VALUES
        ('definition', CASE WHEN c.relkind IN ('v', 'm') THEN pg_get_viewdef(c.oid)
                       WHEN c.relkind IN ('i', 'I') THEN pg_get_indexdef(c.oid)
                       WHEN c.relkind = 'p' THEN pg_get_partkeydef(c.oid) END),
        ('options', (SELECT string_agg(x, ', ' ORDER BY x) FROM unnest(c.reloptions) x)),
        ('options of TOAST', (SELECT string_agg(x, ', ' ORDER BY x) FROM unnest(toast.reloptions) x)),
        ('persistence', c.relpersistence::text),
        ('tablespace', (SELECT spcname::text FROM pg_tablespace WHERE oid = c.reltablespace)),
        ('access method', (SELECT amname::text FROM pg_am WHERE oid = c.relam)),
        ('row security', CASE WHEN c.relkind IN ('r', 'p') THEN
            c.relrowsecurity::text || ', forced ' || c.relforcerowsecurity::text END),
        ('replica identity', CASE WHEN c.relkind IN ('r', 'p', 'm') THEN c.relreplident::text END),
        ('bound', pg_get_expr(c.relpartbound, c.oid)),
        ('parents', (SELECT string_agg(inhparent::regclass::text, ', ' ORDER BY inhseqno)
                     FROM pg_inherits WHERE inhrelid = c.oid)),
        ('type of rows', nullif(c.reloftype, 0)::regtype::text),
        ('populated', CASE c.relkind WHEN 'm' THEN c.relispopulated::text END),
        ('marks', CASE WHEN i.indexrelid IS NOT NULL THEN concat_ws(', ',
            CASE WHEN i.indisclustered THEN 'clustered' END,
            CASE WHEN i.indisreplident THEN 'replica identity' END,
            CASE WHEN i.indisprimary THEN 'primary' END,
            CASE WHEN NOT i.indimmediate THEN 'deferrable' END,
            CASE WHEN NOT i.indisvalid THEN 'invalid' END) END),
        ('server', (SELECT s.srvname || coalesce(f.ftoptions::text, '')
                    FROM pg_foreign_table f JOIN pg_foreign_server s ON s.oid = f.ftserver
                    WHERE f.ftrelid = c.oid))
    ) p (property, value)
    UNION ALL
    SELECT o.kind, o.identity, 'column ' || quote_ident(a.attname) || ': ' || p.property, p.value
    FROM o JOIN pg_class c ON o.classid = 'pg_class'::regclass AND c.oid = o.objid
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
    CROSS JOIN LATERAL (VALUES
        ('type', format_type(a.atttypid, a.atttypmod)),
        ('NOT NULL', a.attnotnull::text),
        (CASE a.attgenerated WHEN '' THEN 'default' ELSE 'generated' END,
         pg_get_expr(d.adbin, d.adrelid)),
        ('generated as', nullif(a.attgenerated::text, '')),
        ('identity', nullif(a.attidentity::text, '')),
        ('collation', nullif(a.attcollation, 0)::regcollation::text),
        ('storage', a.attstorage::text),
        ('compression', nullif(a.attcompression::text, '')),
        ('statistics', nullif(coalesce(a.attstattarget, -1), -1)::text),
        ('options', (SELECT string_agg(x, ', ' ORDER BY x) FROM unnest(a.attoptions) x)),
        ('options of the server',
         (SELECT string_agg(x, ', ' ORDER BY x) FROM unnest(a.attfdwoptions) x)),
        ('inheritance', CASE WHEN c.relkind IN ('r', 'p', 'f') THEN
            a.attinhcount::text || CASE WHEN a.attislocal THEN ', local' ELSE '' END END),
        ('privileges', (SELECT '{' || string_agg(i::text, ',' ORDER BY i::text) || '}'
                        FROM unnest(a.attacl) i)),
        ('comment', col_description(c.oid, a.attnum)),
        ('security labels', (
            SELECT string_agg(provider || '=' || label, ' ' ORDER BY provider) FROM pg_seclabel
            WHERE classoid = 'pg_class'::regclass AND objoid = c.oid AND objsubid = a.attnum))
    ) p (property, value)
    WHERE c.relkind IN ('r', 'p', 'f', 'v', 'm', 'c')
       OR c.relkind IN ('i', 'I') AND p.property IN ('statistics', 'options')
    UNION ALL
    SELECT o.kind, o.identity, 'column ' || a.attnum || ': ' || p.property, p.value
    FROM o JOIN pg_class c ON o.classid = 'pg_class'::regclass AND c.oid = o.objid AND c.relkind = 'c'
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    CROSS JOIN LATERAL (VALUES ('name', a.attname::text)) p (property, value)
    UNION ALL
    SELECT o.kind, o.identity, p.property, p.value
    FROM o JOIN pg_constraint k ON o.classid = 'pg_constraint'::regclass AND k.oid = o.objid
    CROSS JOIN LATERAL (VALUES
        ('definition', pg_get_constraintdef(k.oid)),
        -- that of NOT NULL is the column's; of others than CHECK, PostgreSQL decides anew
        ('inheritance', CASE WHEN k.contype <> 'n' THEN k.coninhcount::text || CASE WHEN k.conislocal THEN ', local' ELSE '' END
                        || CASE WHEN k.contype = 'c' AND k.connoinherit THEN ', not handed on' ELSE '' END END),
        ('validated', k.convalidated::text),
        ('index', CASE WHEN k.contype IN ('p', 'u', 'x') THEN
            (SELECT relname::text FROM pg_class WHERE oid = k.conindid) END)
    ) p (property, value)
    UNION ALL
    SELECT 'trigger of a foreign key', i.identity || ' on ' || t.tgrelid::regclass::text,
           t.tgfoid::regproc::text, t.tgenabled::text
    FROM o JOIN pg_trigger t ON o.classid = 'pg_constraint'::regclass AND t.tgconstraint = o.objid
    CROSS JOIN LATERAL pg_identify_object('pg_constraint'::regclass, t.tgconstraint, 0) i
    WHERE t.tgisinternal
    UNION ALL
    SELECT o.kind, o.identity, p.property, p.value
    FROM o JOIN pg_trigger t ON o.classid = 'pg_trigger'::regclass AND t.oid = o.objid
    CROSS JOIN LATERAL (VALUES
        ('definition', pg_get_triggerdef(t.oid)), ('enabled', t.tgenabled::text)
    ) p (property, value)
    UNION ALL
    SELECT o.kind, o.identity, p.property, p.value
    FROM o JOIN pg_rewrite r ON o.classid = 'pg_rewrite'::regclass AND r.oid = o.objid
    CROSS JOIN LATERAL (VALUES
        ('definition', CASE r.rulename WHEN '_RETURN' THEN NULL ELSE pg_get_ruledef(r.oid) END),
        ('enabled', r.ev_enabled::text)
    ) p (property, value)
    UNION ALL
    SELECT o.kind, o.identity, p.property, p.value
    FROM o JOIN pg_policy y ON o.classid = 'pg_policy'::regclass AND y.oid = o.objid
    CROSS JOIN LATERAL (VALUES
        ('command', y.polcmd::text || CASE WHEN y.polpermissive THEN '' ELSE ', restrictive' END),
        ('roles', (SELECT string_agg(CASE r WHEN 0 THEN 'PUBLIC' ELSE pg_get_userbyid(r) END, ', '
                                     ORDER BY r) FROM unnest(y.polroles) r)),
        ('USING', pg_get_expr(y.polqual, y.polrelid)),
        ('WITH CHECK', pg_get_expr(y.polwithcheck, y.polrelid))
    ) p (property, value)
    UNION ALL
    SELECT o.kind, o.identity, p.property, p.value
    FROM o JOIN pg_publication_rel r ON o.classid = 'pg_publication_rel'::regclass
        AND r.oid = o.objid
    CROSS JOIN LATERAL (VALUES
        ('WHERE', pg_get_expr(r.prqual, r.prrelid)),
        ('columns', (SELECT string_agg(quote_ident(a.attname), ', ' ORDER BY a.attname)
                     FROM unnest(r.prattrs) n (n)
                     JOIN pg_attribute a ON a.attrelid = r.prrelid AND a.attnum = n.n))
    ) p (property, value)
    UNION ALL
    SELECT o.kind, o.identity, p.property, p.value
    FROM o JOIN pg_statistic_ext s ON o.classid = 'pg_statistic_ext'::regclass AND s.oid = o.objid
    CROSS JOIN LATERAL (VALUES
        ('definition', pg_get_statisticsobjdef(s.oid)),
        ('statistics', nullif(coalesce(s.stxstattarget, -1), -1)::text)
    ) p (property, value)
    UNION ALL
    SELECT o.kind, o.identity, p.property, p.value
    FROM o JOIN pg_proc f ON o.classid = 'pg_proc'::regclass AND f.oid = o.objid
    LEFT JOIN pg_aggregate g ON g.aggfnoid = f.oid
    CROSS JOIN LATERAL (VALUES
        ('definition', CASE f.prokind WHEN 'a' THEN concat_ws(' ',
            g.aggkind, g.aggnumdirectargs, g.aggtransfn, g.aggfinalfn, g.aggcombinefn,
            g.aggserialfn, g.aggdeserialfn, g.aggmtransfn, g.aggminvtransfn, g.aggmfinalfn,
            g.aggfinalextra, g.aggmfinalextra, g.aggfinalmodify, g.aggmfinalmodify,
            nullif(g.aggsortop, 0)::regoperator, g.aggtranstype::regtype, g.aggtransspace,
            nullif(g.aggmtranstype, 0)::regtype, g.aggmtransspace, g.agginitval, g.aggminitval,
            f.proparallel) ELSE pg_get_functiondef(f.oid) END)
    ) p (property, value)
    UNION ALL
    SELECT o.kind, o.identity, 'definition', concat_ws(' ', p.oprcode, nullif(p.oprrest, 0),
        nullif(p.oprjoin, 0), nullif(p.oprcom, 0)::regoperator, nullif(p.oprnegate, 0)::regoperator,
        p.oprcanhash, p.oprcanmerge)
    FROM o JOIN pg_operator p ON o.classid = 'pg_operator'::regclass AND p.oid = o.objid
    UNION ALL
    SELECT o.kind, o.identity, 'definition', concat_ws(' ', p.opcintype::regtype, p.opcdefault,
        nullif(p.opckeytype, 0)::regtype)
    FROM o JOIN pg_opclass p ON o.classid = 'pg_opclass'::regclass AND p.oid = o.objid
    UNION ALL
    SELECT o.kind, o.identity, 'definition', concat_ws(' ', p.castcontext, p.castmethod,
        nullif(p.castfunc, 0)::regprocedure)
    FROM o JOIN pg_cast p ON o.classid = 'pg_cast'::regclass AND p.oid = o.objid
    UNION ALL
    SELECT o.kind, o.identity, 'definition', concat_ws(' ', nullif(p.trffromsql, 0)::regprocedure,
        nullif(p.trftosql, 0)::regprocedure)
    FROM o JOIN pg_transform p ON o.classid = 'pg_transform'::regclass AND p.oid = o.objid
    UNION ALL
    -- What a plan puts aside, and would have to take away again.
    SELECT 'schema', quote_ident(w.schema), 'enum types', string_agg(quote_ident(t.typname), ', '
        ORDER BY t.typname)
    FROM (SELECT DISTINCT schema FROM json_to_recordset(CAST(:types AS json)) w (schema text)) w
    JOIN pg_namespace n ON n.nspname = w.schema
    JOIN pg_type t ON t.typnamespace = n.oid AND t.typtype = 'e' GROUP BY w.schema
) read WHERE value IS NOT NULL
