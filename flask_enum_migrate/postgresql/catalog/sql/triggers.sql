-- Triggers, with the states of their clones in partitions.
--
-- :oids  the triggers
SELECT t.oid::bigint AS oid, pg_get_triggerdef(t.oid) AS definition, t.tgenabled::text AS enabled,
       t.tgisinternal AS internal, t.tgparentid <> 0 AS derived,
       (SELECT c.relkind = 'v' FROM pg_class c WHERE c.oid = t.tgrelid) AS of_view,
       (WITH RECURSIVE down (oid) AS (
            SELECT x.oid FROM pg_trigger x WHERE x.tgparentid = t.oid
            UNION SELECT x.oid FROM pg_trigger x JOIN down ON x.tgparentid = down.oid)
        SELECT json_agg(json_build_array(n.nspname, c.relname, x.tgenabled) ORDER BY x.oid)
        FROM down JOIN pg_trigger x ON x.oid = down.oid JOIN pg_class c ON c.oid = x.tgrelid
        JOIN pg_namespace n ON n.oid = c.relnamespace)::text AS clones
FROM pg_trigger t WHERE t.oid = ANY (CAST(:oids AS oid[]))
