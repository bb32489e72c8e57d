-- Who looks at what; all enum types in the same round trip, if they are wanted; and the settings
-- of before, which restore_session.sql gives back.
--
-- With an empty search path everything that PostgreSQL deparses comes out schema-qualified; with
-- one schema in it, all but what is in that schema. To compile queries (jit) would take longer than
-- to run them. The others are those of pg_dump: by them constants mean the same wherever they are
-- read.
--
-- This query itself runs under the app's search path: what a stranger has put into it is not called,
-- because schemas are written, or types are those that PostgreSQL has an operator for.
--
-- :schema      the schema whose objects come out unqualified nevertheless, or ''
-- :with_enums  whether to read the enum types
SELECT current_user::text AS role, current_schemas(false)::text[] AS schemas,
       current_setting('server_version_num')::int AS version,
       current_setting('server_encoding') AS encoding,
       current_setting('is_superuser') = 'on' AS is_superuser,
       (SELECT pg_catalog.json_object_agg(s.name, current_setting(s.name))
        FROM pg_catalog.unnest('{search_path,jit,standard_conforming_strings,quote_all_identifiers,datestyle,
                      intervalstyle,extra_float_digits}'::text[]) s (name))::text AS settings,
       CASE WHEN CAST(:with_enums AS boolean) THEN (
           SELECT pg_catalog.json_agg(pg_catalog.row_to_json(e)) FROM (
               SELECT t.oid::bigint AS oid, n.nspname::text AS schema, t.typname::text AS name,
                      ARRAY(SELECT l.enumlabel::text FROM pg_enum l
                            WHERE l.enumtypid = t.oid ORDER BY l.enumsortorder) AS labels,
                      pg_get_userbyid(t.typowner)::text AS owner,
                      pg_has_role(t.typowner, 'USAGE') AS may_alter,
                      has_schema_privilege(n.oid, 'CREATE') AS may_create,
                      coalesce((SELECT x.extname::text
                                FROM pg_depend d JOIN pg_extension x ON x.oid = d.refobjid
                                WHERE d.classid = 'pg_type'::regclass::oid AND d.objid = t.oid
                                  AND d.refclassid = 'pg_extension'::regclass::oid
                                  AND d.deptype = 'e'),
                               '') AS extension,
                      obj_description(t.oid, 'pg_type'::name) AS comment,
                      CASE WHEN t.typacl IS NOT NULL THEN coalesce((
                          SELECT pg_catalog.json_agg(pg_catalog.json_build_array(
                              pg_get_userbyid(a.grantor)::text,
                              CASE WHEN a.grantee = 0::oid THEN ''
                                   ELSE pg_get_userbyid(a.grantee)::text END,
                              a.is_grantable) ORDER BY a.grantor <> t.typowner, a.ordinality)
                          FROM aclexplode(t.typacl) WITH ORDINALITY a)::text, '[]') END
                        AS privileges,
                      ARRAY(SELECT DISTINCT pg_get_userbyid(a.grantor)::text
                            FROM aclexplode(t.typacl) a
                            WHERE a.grantor <> t.typowner AND NOT pg_has_role(a.grantor, 'MEMBER')
                            ORDER BY 1) AS strangers,
                      EXISTS (SELECT FROM pg_depend d
                              WHERE d.refclassid = 'pg_type'::regclass::oid
                                AND d.refobjid IN (t.oid, t.typarray) AND d.deptype <> 'i')
                        AS has_dependents
               FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
               WHERE t.typtype = 'e' AND n.nspname NOT IN ('pg_catalog', 'information_schema')
                 AND n.nspname !~ '^pg_(toast|temp_)'::text
               ORDER BY n.nspname, t.typname) e)::text END AS enums,
       set_config('search_path', CASE CAST(:schema AS text) WHEN '' THEN ''
                                 ELSE quote_ident(CAST(:schema AS text)) END, false),
       set_config('jit', 'off', false), set_config('standard_conforming_strings', 'on', false),
       set_config('quote_all_identifiers', 'off', false), set_config('datestyle', 'ISO', false),
       set_config('intervalstyle', 'postgres', false),
       set_config('extra_float_digits', '1', false)
