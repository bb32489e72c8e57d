-- Casts.
--
-- :oids  the casts
SELECT k.oid::bigint AS oid, format_type(k.castsource, NULL) AS source,
       format_type(k.casttarget, NULL) AS target,
       CASE WHEN k.castfunc <> 0 THEN k.castfunc::regprocedure::text ELSE '' END AS function,
       k.castmethod::text AS method, k.castcontext::text AS context
FROM pg_cast k WHERE k.oid = ANY (CAST(:oids AS oid[]))
