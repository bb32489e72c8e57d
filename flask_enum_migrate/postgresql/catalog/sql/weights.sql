-- What of the tables and views that hang on some types holds rows, and how much.
--
-- A column of a type of theirs makes a table count with its indexes and TOAST, and a materialized
-- view on any of these counts too: that much is rewritten, indexed or refreshed when a type is
-- replaced. One that isn't populated holds nothing.
--
-- :types   types as JSON: schema, name
-- :tables  tables as JSON: schema, name
WITH RECURSIVE
    made (base, type) AS (
        SELECT t.typbasetype, t.oid FROM pg_type t WHERE t.typtype = 'd'
        UNION ALL
        SELECT r.rngsubtype, m.type FROM pg_range r, unnest(ARRAY[r.rngtypid, r.rngmultitypid]) m (type)
        UNION ALL
        SELECT a.atttypid, c.reltype FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
        WHERE a.atttypid >= 16384 AND a.attnum > 0 AND NOT a.attisdropped
          AND c.relkind IN ('c', 'r', 'p', 'f', 'v', 'm')
        UNION ALL
        SELECT t.oid, t.typarray FROM pg_type t WHERE t.typarray <> 0
    ),
    holder (type) AS (
        SELECT t.oid
        FROM json_to_recordset(CAST(:types AS json)) w (schema text, name text)
        JOIN pg_namespace n ON n.nspname = w.schema
        JOIN pg_type t ON t.typnamespace = n.oid AND t.typname = w.name
      UNION
        SELECT m.type FROM holder h JOIN made m ON m.base = h.type
    ),
    holding (relation) AS (
        SELECT a.attrelid FROM pg_attribute a JOIN holder h ON h.type = a.atttypid
        WHERE a.attnum > 0 AND NOT a.attisdropped
      UNION
        SELECT c.oid
        FROM json_to_recordset(CAST(:tables AS json)) w (schema text, name text)
        JOIN pg_namespace n ON n.nspname = w.schema
        JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = w.name
      UNION
        SELECT i.inhrelid FROM holding h JOIN pg_inherits i ON i.inhparent = h.relation
    ),
    viewed (relation) AS (
        SELECT relation FROM holding
      UNION
        SELECT r.ev_class FROM viewed v
        JOIN pg_depend d ON d.refclassid = 'pg_class'::regclass AND d.refobjid = v.relation
            AND d.classid = 'pg_rewrite'::regclass
        JOIN pg_rewrite r ON r.oid = d.objid AND r.rulename = '_RETURN'
    )
SELECT DISTINCT n.nspname::text AS schema, c.relname::text AS name,
       pg_total_relation_size(c.oid)::bigint AS total,
       c.relkind IN ('r', 'm') AND has_table_privilege(c.oid, 'SELECT')
         AND NOT row_security_active(c.oid) AS countable
FROM viewed v JOIN pg_class c ON c.oid = v.relation
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'r' OR c.relkind = 'm' AND c.relispopulated
