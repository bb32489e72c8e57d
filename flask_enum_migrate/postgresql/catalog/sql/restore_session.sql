-- Give the settings back that session.sql found.
--
-- :names   their names
-- :values  their values
SELECT set_config(s.name, s.value, false)
FROM unnest(CAST(:names AS text[]), CAST(:values AS text[])) s (name, value)
