-- PL/pgSQL routines whose compiled form in open sessions may hold a type: no catalog knows what a
-- body mentions, but its text does; and triggers get rows of their table. Materialized, lest the
-- bodies of all other routines be searched too.
--
-- :names  types and tables as JSON: schema, name
WITH wanted AS (
    SELECT schema, name, lower(name) AS lower_name
    FROM json_to_recordset(CAST(:names AS json)) AS w (schema text, name text)),
routine AS MATERIALIZED (
    SELECT p.oid, p.prosecdef, p.proowner, lower(p.prosrc) AS body
    FROM pg_proc p JOIN pg_language l ON l.oid = p.prolang WHERE l.lanname = 'plpgsql')
SELECT p.oid::bigint AS oid, p.oid::regprocedure::text AS identity,
       p.prosecdef AS security_definer, pg_has_role(p.proowner, 'USAGE') AS may_alter
FROM routine p
WHERE EXISTS (SELECT FROM wanted w WHERE position(w.lower_name IN p.body) > 0)
    OR p.oid IN (
        SELECT t.tgfoid FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
        JOIN pg_namespace n ON n.oid = c.relnamespace
        JOIN wanted w ON w.name = c.relname AND w.schema = n.nspname)
ORDER BY 2
