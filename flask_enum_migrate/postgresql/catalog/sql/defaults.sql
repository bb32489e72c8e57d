-- Defaults of columns, and the expressions of generated columns with all that a column which is
-- dropped and added again has: before PostgreSQL 17 only a new one can have another expression.
--
-- :oids  the defaults
SELECT d.oid::bigint AS oid, pg_get_expr(d.adbin, d.adrelid) AS definition,
       a.attgenerated <> '' AS generated, c.relkind::text AS relkind,
       a.attinhcount > 0 AS inherited,
       CASE WHEN t.typcategory = 'A' THEN t.typelem ELSE t.oid END::bigint AS holds,
       a.attrelid::bigint AS relation, a.attnum::int AS number,
       format_type(a.atttypid, a.atttypmod) AS type,
       CASE WHEN a.attcollation <> t.typcollation THEN a.attcollation::regcollation::text ELSE ''
       END AS collation,
       a.attislocal AS local, a.attnotnull AS not_null,
       -- whether a domain says so, or one that it is over; other CHECKs are taken to let NULL pass
       a.attgenerated <> '' AND (a.attnotnull OR (
           WITH RECURSIVE base (oid) AS (
               SELECT t.oid
               UNION SELECT b.typbasetype FROM pg_type b JOIN base ON b.oid = base.oid
               WHERE b.typtype = 'd')
           SELECT coalesce(bool_or(b.typnotnull OR EXISTS (
               SELECT FROM pg_constraint k
               WHERE k.contypid = b.oid AND pg_get_constraintdef(k.oid) ~* 'IS NOT NULL')), false)
           FROM base JOIN pg_type b ON b.oid = base.oid WHERE b.typtype = 'd')) AS rejects_null,
       EXISTS (SELECT FROM pg_inherits h JOIN pg_attribute p ON p.attrelid = h.inhparent
               WHERE h.inhrelid = a.attrelid AND p.attname = a.attname AND p.attnotnull) AS follows,
       a.attstattarget::int AS target, coalesce(a.attoptions, '{}') AS options,
       CASE WHEN a.attstorage = t.typstorage THEN ''
            ELSE (CASE a.attstorage WHEN 'p' THEN 'PLAIN' WHEN 'e' THEN 'EXTERNAL'
                  WHEN 'm' THEN 'MAIN' ELSE 'EXTENDED' END) END AS storage,
       CASE a.attcompression WHEN 'p' THEN 'pglz' WHEN 'l' THEN 'lz4' ELSE '' END AS compression,
       ARRAY(SELECT l.attnum::int FROM pg_attribute l
             WHERE l.attrelid = a.attrelid AND l.attnum > a.attnum AND NOT l.attisdropped
             ORDER BY 1) AS later,
       (SELECT json_agg(json_build_array(pd.oid::bigint, pg_get_expr(pd.adbin, pd.adrelid)))
        FROM pg_inherits h JOIN pg_attribute p ON p.attrelid = h.inhparent
        JOIN pg_attrdef pd ON pd.adrelid = p.attrelid AND pd.adnum = p.attnum
        WHERE h.inhrelid = a.attrelid AND p.attname = a.attname)::text AS parents
FROM pg_attrdef d JOIN pg_class c ON c.oid = d.adrelid
JOIN pg_attribute a ON a.attrelid = d.adrelid AND a.attnum = d.adnum
JOIN pg_type t ON t.oid = a.atttypid
WHERE d.oid = ANY (CAST(:oids AS oid[]))
