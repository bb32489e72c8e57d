-- What refers to columns that get another type, and whether PostgreSQL carries it along: see
-- ATExecAlterColumnType and RememberAllDependentForRebuilding in its tablecmds.c.
--
-- :wanted  the columns as JSON: position, schema, table, column
WITH RECURSIVE family (position, relation, number, name, "array", descends) AS (
      SELECT w.position, c.oid, a.attnum, a.attname, a.attndims > 0, false
      FROM json_to_recordset(CAST(:wanted AS json))
             AS w (position int, schema text, "table" text, "column" text)
      JOIN pg_namespace n ON n.nspname = w.schema
      JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = w."table"
      JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = w."column" AND a.attnum > 0
    UNION
      SELECT f.position, i.inhrelid, a.attnum, a.attname, f.array, true
      FROM family f JOIN pg_inherits i ON i.inhparent = f.relation
      JOIN pg_attribute a ON a.attrelid = i.inhrelid AND a.attname = f.name AND a.attnum > 0
  )

  SELECT DISTINCT f.position, o.type AS kind, o.identity,
         CASE WHEN k.contype = 'c' AND k.coninhcount > 0 AND NOT k.conislocal THEN 'copy'
              WHEN d.classid = 'pg_constraint'::regclass THEN k.contype::text
              WHEN d.classid = 'pg_class'::regclass AND NOT x.mentioned THEN
                  CASE WHEN x.fits AND x.am = 'gin' THEN 'gin'
                       WHEN x.fits THEN 'fits' ELSE 'class' END
              WHEN s.oid IS NOT NULL AND coalesce(s.stxexprs::text, '')
                   !~ ('[:]varattno ' || f.number || ' ') THEN 'fits'
              ELSE '' END AS what,
         CASE WHEN k.contype = 'c' THEN pg_get_constraintdef(k.oid) ELSE '' END AS definition,
         CASE WHEN k.contype = 'c' AND k.coninhcount = 0 AND NOT f.descends
                   AND obj_description(k.oid, 'pg_constraint') IS NULL
              THEN k.conname::text ELSE '' END AS name
  FROM family f
  JOIN pg_depend d ON d.refclassid = 'pg_class'::regclass AND d.refobjid = f.relation
                  AND d.refobjsubid = f.number AND d.deptype IN ('n', 'a', 'i')
                  AND NOT (d.classid = 'pg_class'::regclass AND d.objid = f.relation)
  LEFT JOIN pg_constraint k ON d.classid = 'pg_constraint'::regclass AND k.oid = d.objid
  LEFT JOIN pg_rewrite r ON d.classid = 'pg_rewrite'::regclass AND r.oid = d.objid
  LEFT JOIN pg_attrdef e ON d.classid = 'pg_attrdef'::regclass AND e.oid = d.objid
  LEFT JOIN pg_statistic_ext s ON d.classid = 'pg_statistic_ext'::regclass AND s.oid = d.objid
  LEFT JOIN LATERAL (
      SELECT (coalesce(i.indpred::text, '') || coalesce(i.indexprs::text, ''))
               ~ ('[:]varattno ' || f.number || ' ') AS mentioned, m.amname::text AS am,
             (m.amname IN ('btree', 'hash') OR m.amname = 'gin' AND f.array) AND (
                 SELECT bool_and(p.opcdefault AND i.indcollation[u.at - 1] IN (0, a.attcollation))
                 FROM unnest(i.indkey::int2[]) WITH ORDINALITY u (number, at)
                 JOIN pg_opclass p ON p.oid = i.indclass[u.at - 1]
                 JOIN pg_attribute a ON a.attrelid = f.relation AND a.attnum = f.number
                 WHERE u.number = f.number AND u.at <= i.indnkeyatts) IS NOT FALSE AS fits
      FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_am m ON m.oid = c.relam
      WHERE d.classid = 'pg_class'::regclass AND i.indexrelid = d.objid
  ) x ON true
  CROSS JOIN LATERAL pg_identify_object(
      CASE WHEN r.rulename = '_RETURN' THEN 'pg_class'::regclass
           WHEN e.oid IS NOT NULL THEN 'pg_class'::regclass ELSE d.classid END,
      CASE WHEN r.rulename = '_RETURN' THEN r.ev_class
           WHEN e.oid IS NOT NULL THEN e.adrelid ELSE d.objid END,
      coalesce(e.adnum, 0)::int) o
  WHERE NOT (e.oid IS NOT NULL AND e.adnum = f.number AND e.adrelid = f.relation)
UNION
  SELECT f.position, 'column', format('%I.%I.%I', n.nspname, c.relname, a.attname), '', '', ''
  FROM family f
  JOIN pg_class o ON o.oid = f.relation
  JOIN pg_type t ON t.oid = o.reltype
  JOIN pg_attribute a ON a.atttypid IN (t.oid, t.typarray) AND NOT a.attisdropped
  JOIN pg_class c ON c.oid = a.attrelid
  JOIN pg_namespace n ON n.oid = c.relnamespace
  ORDER BY 1, 2, 3
