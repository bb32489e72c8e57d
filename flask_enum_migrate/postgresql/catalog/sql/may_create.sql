-- In which schemas, of those that exist, the current role may create types.
--
-- :schemas  their names as JSON
SELECT n.nspname::text AS name, has_schema_privilege(n.oid, 'CREATE') AS may_create
FROM json_array_elements_text(CAST(:schemas AS json)) AS w (name)
JOIN pg_namespace n ON n.nspname = w.name
