-- What keeps rows of tables from getting other labels, or lets only some of them get them; the
-- triggers that fire for those that do; and the constraints whose names are like ours.
--
-- :tables  the tables as JSON: schema, name
WITH RECURSIVE wanted AS (
    SELECT c.oid, n.nspname, c.relname
    FROM json_to_recordset(CAST(:tables AS json)) AS w (schema text, name text)
    JOIN pg_namespace n ON n.nspname = w.schema
    JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = w.name
),
tree (root, relation) AS (
    SELECT oid, oid FROM wanted
    UNION
    SELECT tree.root, h.inhrelid FROM pg_inherits h JOIN tree ON h.inhparent = tree.relation
),
found AS (
    SELECT tree.root, tree.relation, NULL::smallint[] AS columns, 'row security' AS what,
           tree.relation::regclass::text AS name
    FROM tree WHERE row_security_active(tree.relation)
    UNION ALL
    SELECT tree.root, tree.relation, NULL, 'rule', r.rulename || ' of ' || tree.relation::regclass::text
    FROM tree JOIN pg_rewrite r ON r.ev_class = tree.relation
        AND r.ev_type = '2' AND r.is_instead AND r.ev_enabled <> 'D'
    UNION ALL
    SELECT tree.root, tree.relation, NULL, 'trigger',
           t.tgname || ' of ' || tree.relation::regclass::text
    FROM tree JOIN pg_class c ON c.oid = tree.relation AND c.relkind = 'r'
    JOIN pg_trigger t ON t.tgrelid = tree.relation AND NOT t.tgisinternal
        AND t.tgtype & 16 <> 0 AND t.tgenabled IN ('O', 'A')
    UNION ALL
    SELECT tree.root, tree.relation, NULL, 'publication',
           p.pubname || ' of ' || tree.relation::regclass::text
    FROM tree
    JOIN pg_class c ON c.oid = tree.relation AND c.relkind = 'r' AND c.relpersistence = 'p'
        AND (c.relreplident = 'n' OR (c.relreplident = 'd' AND NOT EXISTS (
            SELECT FROM pg_index WHERE indrelid = c.oid AND indisprimary)))
    JOIN pg_publication p ON p.pubupdate AND (p.puballtables
        OR EXISTS (SELECT FROM pg_publication_rel r WHERE r.prpubid = p.oid AND (
            r.prrelid = c.oid
            OR r.prrelid IN (SELECT relid FROM pg_partition_ancestors(c.oid))))
        OR EXISTS (SELECT FROM pg_publication_namespace s
                   WHERE s.pnpubid = p.oid AND s.pnnspid = c.relnamespace))
    UNION ALL
    SELECT tree.root, tree.relation,
           CASE k.conrelid WHEN tree.relation THEN k.conkey ELSE k.confkey END, 'foreign key',
           k.conname || ' of ' || k.conrelid::regclass::text
    FROM tree JOIN pg_constraint k ON k.contype = 'f' AND k.conparentid = 0
        AND tree.relation IN (k.conrelid, k.confrelid)
    UNION ALL
    SELECT tree.root, tree.relation, NULL, 'constraint', k.conname
    FROM tree JOIN pg_constraint k ON k.conrelid = tree.relation AND k.conname LIKE '%\_not\_%'
)
SELECT DISTINCT w.nspname::text AS schema, w.relname::text AS table, f.what, f.name,
       ARRAY(SELECT a.attname::text FROM pg_attribute a
             WHERE a.attrelid = f.relation AND a.attnum = ANY (f.columns)
             ORDER BY a.attnum) AS columns
FROM found f JOIN wanted w ON w.oid = f.root
ORDER BY 1, 2, 3, 4
