-- Extended statistics.
--
-- :oids  the statistics
SELECT s.oid::bigint AS oid, pg_get_statisticsobjdef(s.oid) AS definition,
       s.stxstattarget::int AS target
FROM pg_statistic_ext s WHERE s.oid = ANY (CAST(:oids AS oid[]))
