-- Aggregates: pg_get_functiondef refuses them. The keys of the options are those of CREATE
-- AGGREGATE; an option without a value is ''.
--
-- :oids  the aggregates
SELECT p.oid::bigint AS oid, n.nspname::text AS schema, p.proname::text AS name,
       pg_get_function_arguments(p.oid) AS arguments,
       json_strip_nulls(json_build_object(
           'sfunc', g.aggtransfn::regproc::text, 'stype', format_type(g.aggtranstype, NULL),
           'sspace', nullif(g.aggtransspace, 0)::text,
           'finalfunc', nullif(g.aggfinalfn::regproc::text, '-'),
           'finalfunc_extra', CASE WHEN g.aggfinalextra THEN '' END,
           'finalfunc_modify', CASE g.aggfinalmodify WHEN 's' THEN 'SHAREABLE'
                               WHEN 'w' THEN 'READ_WRITE' ELSE 'READ_ONLY' END,
           'combinefunc', nullif(g.aggcombinefn::regproc::text, '-'),
           'serialfunc', nullif(g.aggserialfn::regproc::text, '-'),
           'deserialfunc', nullif(g.aggdeserialfn::regproc::text, '-'),
           'initcond', g.agginitval,
           'msfunc', nullif(g.aggmtransfn::regproc::text, '-'),
           'minvfunc', nullif(g.aggminvtransfn::regproc::text, '-'),
           'mstype', CASE WHEN g.aggmtranstype <> 0 THEN format_type(g.aggmtranstype, NULL) END,
           'msspace', nullif(g.aggmtransspace, 0)::text,
           'mfinalfunc', nullif(g.aggmfinalfn::regproc::text, '-'),
           'mfinalfunc_extra', CASE WHEN g.aggmfinalextra THEN '' END,
           'mfinalfunc_modify', CASE WHEN g.aggmtransfn <> 0 THEN
               CASE g.aggmfinalmodify WHEN 's' THEN 'SHAREABLE'
               WHEN 'w' THEN 'READ_WRITE' ELSE 'READ_ONLY' END END,
           'minitcond', g.aggminitval,
           'hypothetical', CASE WHEN g.aggkind = 'h' THEN '' END,
           'parallel', CASE p.proparallel WHEN 's' THEN 'SAFE' WHEN 'r' THEN 'RESTRICTED'
                       ELSE 'UNSAFE' END))::text AS options,
       sn.nspname::text AS sort_schema, so.oprname::text AS sort_operator
FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
JOIN pg_aggregate g ON g.aggfnoid = p.oid
LEFT JOIN pg_operator so ON so.oid = g.aggsortop
LEFT JOIN pg_namespace sn ON sn.oid = so.oprnamespace
WHERE p.oid = ANY (CAST(:oids AS oid[]))
