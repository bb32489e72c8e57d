-- Columns that models declare as enums and that are strings, with every CHECK that names one of them
-- alone.
--
-- :wanted  the columns as JSON: position, schema, table, column
SELECT w.position, a.attrelid::bigint AS relation, a.attnum::int AS number,
       quote_ident(a.attname) AS quoted, format_type(a.atttypid, NULL) AS type,
       t.typtype = 'd' AS is_domain,
       CASE WHEN a.atttypmod > 4 THEN a.atttypmod - 4 END AS width,
       a.attnotnull AS not_null, a.attinhcount > 0 AS inherited, c.relhassubclass AS has_children,
       c.relkind IN ('r', 'p') AS holds_rows, a.attgenerated <> '' AS generated,
       pg_has_role(c.relowner, 'USAGE') AS may_alter,
       (SELECT pg_get_expr(d.adbin, d.adrelid) FROM pg_attrdef d
        WHERE d.adrelid = a.attrelid AND d.adnum = a.attnum AND a.attgenerated = '') AS default,
       ARRAY(SELECT DISTINCT w.ev_class::regclass::text
             FROM pg_depend p JOIN pg_rewrite w ON w.oid = p.objid
             WHERE p.classid = 'pg_rewrite'::regclass AND p.refclassid = 'pg_class'::regclass
               AND p.refobjid = a.attrelid AND p.refobjsubid = a.attnum
             ORDER BY 1) AS views,
       ARRAY(SELECT DISTINCT o.type || ' ' || o.identity
             FROM pg_depend p
             CROSS JOIN LATERAL pg_identify_object(p.classid, p.objid, p.objsubid) o
             WHERE p.refclassid = 'pg_class'::regclass AND p.refobjid = a.attrelid
               AND p.refobjsubid = a.attnum
               AND p.classid IN ('pg_policy'::regclass, 'pg_trigger'::regclass)
             ORDER BY 1) AS fixed,
       (SELECT json_agg(json_build_object('name', k.conname,
                                          'definition', pg_get_constraintdef(k.oid),
                                          'local', k.conislocal AND k.coninhcount = 0,
                                          'comment', obj_description(k.oid, 'pg_constraint'))
                        ORDER BY k.conname)::text
        FROM pg_constraint k
        WHERE k.conrelid = a.attrelid AND k.contype = 'c' AND k.conkey = ARRAY[a.attnum]) AS checks,
       ARRAY(SELECT k.conname::text FROM pg_constraint k WHERE k.conrelid = a.attrelid ORDER BY 1)
         AS taken,
       (SELECT json_agg(json_build_object('name', k.conname,
                                          'definition', pg_get_constraintdef(k.oid))
                        ORDER BY k.conname)::text
        FROM pg_constraint k
        WHERE k.conrelid = a.attrelid AND k.contype = 'c' AND cardinality(k.conkey) > 1
          AND a.attnum = ANY (k.conkey)) AS others
FROM json_to_recordset(CAST(:wanted AS json))
       AS w (position int, schema text, "table" text, "column" text)
JOIN pg_namespace n ON n.nspname = w.schema
JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = w."table"
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = w."column" AND NOT a.attisdropped
JOIN pg_type t ON t.oid = a.atttypid
ORDER BY w.position
