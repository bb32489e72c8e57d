-- Views and materialized views, with what their columns have of their own.
--
-- :oids  the views
SELECT c.oid::bigint AS oid, c.relkind::text AS relkind, c.relpersistence::text AS persistence,
       c.relpersistence = 't' AND pg_is_other_temp_schema(c.relnamespace) AS other_temp,
       coalesce(c.reloptions || ARRAY(
           SELECT 'toast.' || x FROM pg_class t, unnest(t.reloptions) x
           WHERE t.oid = c.reltoastrelid), '{}') AS options,
       coalesce((SELECT s.spcname::text FROM pg_tablespace s WHERE s.oid = c.reltablespace), '')
         AS tablespace,
       pg_get_viewdef(c.oid) AS definition,
       (SELECT json_agg(json_build_array(
                   a.attname, pg_get_expr(d.adbin, d.adrelid), a.attstattarget, a.attoptions,
                   CASE WHEN c.relkind = 'm' AND a.attstorage <> t.typstorage THEN
                       CASE a.attstorage WHEN 'p' THEN 'PLAIN' WHEN 'e' THEN 'EXTERNAL'
                            WHEN 'm' THEN 'MAIN' ELSE 'EXTENDED' END END,
                   CASE a.attcompression WHEN 'p' THEN 'pglz' WHEN 'l' THEN 'lz4' END)
               ORDER BY a.attnum)
        FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
        LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
        WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped)::text AS columns
FROM pg_class c WHERE c.oid = ANY (CAST(:oids AS oid[]))
