"""What can hang on a type: the statements that make one of each kind, and what they look like."""

from __future__ import annotations

from tests.project import Project

MODEL = """
class Entry(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    mood = db.Column(db.Enum(*LABELS, name="mood"), nullable=False, server_default="ok")
    other = db.Column(db.Enum(*LABELS, name="mood"))
    tags = db.Column(db.ARRAY(db.Enum(*LABELS, name="mood")))
"""
ROWS = "INSERT INTO entry (mood, other, tags) VALUES ('bad', 'ok', '{bad}'), ('ok', NULL, NULL)"

_COMPARISONS = (("lt", "<"), ("le", "<="), ("eq", "="), ("ge", ">="), ("gt", ">"))

KINDS = {
    "check": [
        "ALTER TABLE entry ADD CONSTRAINT c1 CHECK (mood <> 'good')",
        "ALTER TABLE entry ADD CONSTRAINT c2 CHECK (mood IN ('bad', 'ok')) NO INHERIT",
        "ALTER TABLE entry ADD CONSTRAINT c3 CHECK (other = ANY ('{bad,ok}'::mood[])) NOT VALID",
        "ALTER TABLE entry ADD CONSTRAINT c4 CHECK (mood IS NOT NULL AND mood::text <> 'x')",
        "ALTER TABLE entry ADD CONSTRAINT c5 CHECK (mood < 'good' OR other > 'bad')",
        "COMMENT ON CONSTRAINT c1 ON entry IS 'not ''good'': 100% :true'",
    ],
    "partial and expression indexes": [
        "CREATE INDEX i1 ON entry (id) WHERE mood = 'ok'",
        "CREATE UNIQUE INDEX i2 ON entry (id) INCLUDE (other) WHERE mood <> 'good'",
        "CREATE INDEX i3 ON entry ((mood = 'bad'), other DESC NULLS LAST) WITH (fillfactor = 50)",
        "CREATE INDEX i4 ON entry USING gin (tags)",
        "CREATE INDEX i5 ON entry USING hash (mood)",
        "CREATE INDEX i6 ON entry ((CASE WHEN mood = 'ok' THEN 1 ELSE 2 END))",
        "CREATE UNIQUE INDEX i7 ON entry (other, id) NULLS NOT DISTINCT",
        "COMMENT ON INDEX i1 IS 'one'",
        "COMMENT ON INDEX i4 IS 'four'",
        "ALTER INDEX i3 ALTER COLUMN 1 SET STATISTICS 77",
        "ALTER TABLE entry CLUSTER ON i3",
        "ALTER TABLE entry REPLICA IDENTITY USING INDEX entry_pkey",
    ],
    "index marks": [
        "CREATE UNIQUE INDEX u ON entry (mood, id)",
        "CREATE INDEX x ON entry (mood, (id + 1))",
        "ALTER INDEX x ALTER COLUMN 2 SET STATISTICS 99",
        "ALTER TABLE entry REPLICA IDENTITY USING INDEX u",
        "ALTER TABLE entry CLUSTER ON u",
    ],
    "exclusion": [
        "ALTER TABLE entry ADD CONSTRAINT e1 EXCLUDE USING btree (id WITH =) WHERE (mood = 'ok')",
        "ALTER TABLE entry ADD CONSTRAINT e2 EXCLUDE USING btree (id WITH =, mood WITH =)",
        "COMMENT ON CONSTRAINT e1 ON entry IS 'exclusive'",
    ],
    "foreign keys": [
        "CREATE TABLE lookup (mood mood PRIMARY KEY, label text)",
        "INSERT INTO lookup VALUES ('bad', 'b'), ('ok', 'o')",
        "ALTER TABLE entry ADD CONSTRAINT f1 FOREIGN KEY (mood) REFERENCES lookup"
        " ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED",
        "ALTER TABLE entry ADD CONSTRAINT f2 FOREIGN KEY (other) REFERENCES lookup NOT VALID",
        "CREATE TABLE pair (a mood, b mood, PRIMARY KEY (a, b))",
        "INSERT INTO pair VALUES ('bad', 'ok')",
        "ALTER TABLE pair ADD FOREIGN KEY (b, a) REFERENCES pair NOT VALID",
        "ALTER TABLE pair ADD FOREIGN KEY (a) REFERENCES lookup MATCH FULL",
        "COMMENT ON CONSTRAINT f1 ON entry IS 'f'",
    ],
    "views": [
        "CREATE VIEW v1 AS SELECT * FROM entry WHERE mood = 'ok'",
        "CREATE VIEW v2 WITH (security_barrier) AS SELECT id, mood AS m FROM v1"
        " WITH LOCAL CHECK OPTION",
        "CREATE VIEW v3 WITH (security_invoker) AS SELECT count(*) FROM v2 GROUP BY m",
        "CREATE VIEW v4 AS SELECT 'bad'::mood AS constant, enum_range(NULL::mood) AS range",
        "CREATE VIEW v5 AS SELECT id FROM entry ORDER BY other",
        "ALTER VIEW v2 ALTER COLUMN m SET DEFAULT 'ok'",
        "COMMENT ON VIEW v2 IS 'second'",
        "COMMENT ON COLUMN v2.m IS 'mood; 50% :m'",
        "GRANT SELECT ON v1 TO enum_reader_{n}",
        "GRANT UPDATE (m), SELECT (id) ON v2 TO enum_reader_{n} WITH GRANT OPTION",
        "ALTER VIEW v3 OWNER TO enum_reader_{n}",
        "REVOKE DELETE, TRUNCATE ON v4 FROM CURRENT_USER",
        "GRANT SELECT ON v4 TO PUBLIC",
        "ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO enum_owner_{n}",
        "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT EXECUTE ON FUNCTIONS TO enum_owner_{n}",
        "CREATE FUNCTION instead() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
        "CREATE TRIGGER t INSTEAD OF INSERT ON v2 FOR EACH ROW EXECUTE FUNCTION instead()",
        "CREATE RULE r AS ON DELETE TO v1 DO INSTEAD NOTHING",
        "CREATE VIEW untouched AS SELECT count(id) FROM entry",
    ],
    "materialized views": [
        "CREATE MATERIALIZED VIEW m1 AS SELECT id, mood, other FROM entry",
        "CREATE UNIQUE INDEX m1_id ON m1 (id)",
        "CREATE INDEX m1_mood ON m1 (mood) WHERE mood = 'ok'",
        "ALTER MATERIALIZED VIEW m1 CLUSTER ON m1_id",
        "ALTER MATERIALIZED VIEW m1 ALTER COLUMN id SET STATISTICS 33",
        "COMMENT ON MATERIALIZED VIEW m1 IS 'mat'",
        "CREATE MATERIALIZED VIEW m2 AS SELECT mood, count(*) FROM m1 GROUP BY mood WITH NO DATA",
        "CREATE VIEW over AS SELECT * FROM m1",
    ],
    "rules and triggers": [
        "CREATE TABLE log (mood mood)",
        "CREATE RULE r1 AS ON UPDATE TO entry WHERE NEW.mood = 'bad' DO ALSO"
        " INSERT INTO log VALUES (NEW.mood)",
        "ALTER TABLE entry DISABLE RULE r1",
        "COMMENT ON RULE r1 ON entry IS 'rule'",
        "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
        "CREATE TRIGGER t1 BEFORE UPDATE OF mood ON entry FOR EACH ROW EXECUTE FUNCTION f()",
        "CREATE TRIGGER t2 AFTER INSERT ON entry FOR EACH ROW WHEN (NEW.mood = 'ok')"
        " EXECUTE FUNCTION f('a', 'bad')",
        "CREATE CONSTRAINT TRIGGER t3 AFTER UPDATE ON entry DEFERRABLE FOR EACH ROW"
        " WHEN (OLD.mood IS DISTINCT FROM NEW.mood) EXECUTE FUNCTION f()",
        "CREATE TRIGGER t4 BEFORE INSERT ON entry FOR EACH ROW EXECUTE FUNCTION f()",
        "ALTER TABLE entry DISABLE TRIGGER t1",
        "ALTER TABLE entry ENABLE ALWAYS TRIGGER t2",
        "ALTER TABLE entry ENABLE REPLICA TRIGGER t3",
        "COMMENT ON TRIGGER t1 ON entry IS 'trigger'",
    ],
    "policies": [
        "ALTER TABLE entry ENABLE ROW LEVEL SECURITY",
        "CREATE POLICY p1 ON entry USING (mood = 'ok') WITH CHECK (mood <> 'good')",
        "CREATE POLICY p2 ON entry AS RESTRICTIVE FOR SELECT TO enum_reader_{n}, CURRENT_USER"
        " USING (other IS NULL)",
        "CREATE POLICY p3 ON entry FOR INSERT WITH CHECK (mood = 'bad')",
        "CREATE TABLE elsewhere (id int)",
        "ALTER TABLE elsewhere ENABLE ROW LEVEL SECURITY",
        "CREATE POLICY p4 ON elsewhere FOR DELETE USING"
        " (EXISTS (SELECT FROM entry e WHERE e.id = elsewhere.id AND e.mood = 'ok'))",
        "COMMENT ON POLICY p1 ON entry IS 'policy'",
    ],
    "publications and statistics": [
        "CREATE PUBLICATION pub FOR TABLE entry (id, mood) WHERE (id > 7)",
        "CREATE PUBLICATION all_of_it FOR TABLE entry",
        "CREATE STATISTICS s1 ON mood, other FROM entry",
        "CREATE STATISTICS s2 (mcv) ON (mood = 'ok'), id FROM entry",
        "ALTER STATISTICS s1 SET STATISTICS 55",
        "COMMENT ON STATISTICS s1 IS 'stats'",
    ],
    "routines": [
        "CREATE FUNCTION f1(m mood DEFAULT 'ok', VARIADIC r mood[] DEFAULT '{bad}') RETURNS mood"
        " LANGUAGE sql IMMUTABLE AS 'SELECT $1; -- 100% of :word \\t'",
        "CREATE FUNCTION f2() RETURNS SETOF mood LANGUAGE sql"
        " BEGIN ATOMIC SELECT mood FROM entry WHERE mood = 'ok'; END",
        "CREATE PROCEDURE p1(m mood) LANGUAGE plpgsql AS 'BEGIN RAISE NOTICE ''%'', m; END'",
        "CREATE FUNCTION f3(OUT a mood, OUT b int) LANGUAGE sql AS $$SELECT 'ok'::mood, 1$$",
        "ALTER TABLE entry ADD CONSTRAINT k CHECK (f1(mood) IS NOT NULL)",
        "CREATE INDEX fi ON entry (f1(mood))",
        "CREATE VIEW fv AS SELECT f1(mood) FROM entry",
        "REVOKE ALL ON FUNCTION f1 FROM PUBLIC",
        "GRANT EXECUTE ON FUNCTION f1 TO enum_reader_{n} WITH GRANT OPTION",
        "ALTER PROCEDURE p1(mood) OWNER TO enum_reader_{n}",
        "COMMENT ON FUNCTION f2() IS 'function'",
        "ALTER TABLE entry ALTER other SET DEFAULT f1('ok')",
        "CREATE VIEW later AS SELECT mood FROM entry",
        "CREATE FUNCTION a_first() RETURNS SETOF mood LANGUAGE sql"
        " AS 'SELECT mood FROM public.later'",
    ],
    "other defaults": [
        "CREATE TABLE defaults (id int, kind text DEFAULT 'ok'::mood::text,"
        " n int DEFAULT array_length(enum_range(NULL::mood), 1))",
    ],
    "inheritance": [
        "CREATE TABLE child (extra mood DEFAULT 'bad') INHERITS (entry)",
        "ALTER TABLE child ALTER mood SET DEFAULT 'bad'",
        "ALTER TABLE child ADD CHECK (mood <> 'good')",
        "ALTER TABLE child ADD CONSTRAINT merged CHECK (other <> 'good')",
        "ALTER TABLE entry ADD CONSTRAINT merged CHECK (other <> 'good')",
        "ALTER TABLE entry ADD CONSTRAINT inherited CHECK (mood <> 'good')",
        "INSERT INTO child (id, mood) VALUES (100, 'bad')",
    ],
    "partitions": [
        "CREATE TABLE parts (id int, mood mood DEFAULT 'ok', PRIMARY KEY (id))"
        " PARTITION BY RANGE (id)",
        "CREATE TABLE part1 (mood mood DEFAULT 'bad', id int NOT NULL)",
        "ALTER TABLE parts ATTACH PARTITION part1 FOR VALUES FROM (0) TO (10)",
        "CREATE TABLE part2 PARTITION OF parts FOR VALUES FROM (10) TO (20) PARTITION BY HASH (id)",
        "CREATE TABLE part2a PARTITION OF part2 FOR VALUES WITH (MODULUS 1, REMAINDER 0)",
        "CREATE INDEX pi ON parts (mood)",
        "ALTER INDEX part1_mood_idx RENAME TO part1_renamed",
        "COMMENT ON INDEX part1_renamed IS 'renamed'",
        "INSERT INTO parts VALUES (1, 'bad'), (11, 'ok')",
        "ALTER TABLE parts ADD CONSTRAINT parts_check CHECK (mood <> 'good')",
        "CREATE UNIQUE INDEX pu ON parts (id, mood)",
        "CREATE INDEX px ON parts ((mood = 'ok')) WHERE mood <> 'good'",
        "COMMENT ON INDEX part1_expr_idx IS 'of part1'",
    ],
    "arrays": [
        "ALTER TABLE entry ADD cube mood[3][3], ALTER tags SET STORAGE EXTERNAL",
        "UPDATE entry SET cube = '[0:1][1:1]={{bad},{NULL}}'",
        "ALTER TABLE entry ALTER cube SET DEFAULT ARRAY['ok'::mood, NULL]",
        "ALTER TABLE entry ALTER cube SET STATISTICS 5",
        "CREATE INDEX ON entry (cube)",
    ],
    "domains": [
        "CREATE DOMAIN d1 AS mood DEFAULT 'ok' CONSTRAINT d1_check CHECK (VALUE <> 'good')",
        "CREATE DOMAIN d2 AS d1 NOT NULL",
        "CREATE DOMAIN d3 AS mood[] CHECK (VALUE[1] <> 'good')",
        "CREATE TABLE held (a d1, b d2 DEFAULT 'ok', c d3, d d1[], e d1 DEFAULT 'bad')",
        "INSERT INTO held VALUES ('bad', 'ok', '{ok,bad}', '{bad,NULL}'), (NULL, 'ok', NULL, NULL)",
        "CREATE INDEX ON held (a)",
        "CREATE VIEW dv AS SELECT a::text, b FROM held WHERE a::mood = 'ok'",
        "CREATE FUNCTION df(d1) RETURNS d3 LANGUAGE sql AS 'SELECT NULL::d3'",
        "COMMENT ON DOMAIN d1 IS 'domain'",
        "COMMENT ON CONSTRAINT d1_check ON DOMAIN d1 IS 'check'",
        "REVOKE USAGE ON DOMAIN d2 FROM PUBLIC",
        "GRANT USAGE ON DOMAIN d2 TO enum_reader_{n}",
        "ALTER DOMAIN d3 OWNER TO enum_owner_{n}",
    ],
    "composite types": [
        "CREATE TYPE ct AS (n int, m mood)",
        'CREATE TYPE outer_ct AS (inside ct, list mood[], "odd name" text)',
        "CREATE TABLE holder (a ct, b ct[], c outer_ct)",
        "INSERT INTO holder VALUES ('(1,ok)', '{\"(2,bad)\"}', '(\"(3,ok)\",\"{bad,ok}\",x)')",
        "CREATE FUNCTION cf(ct) RETURNS outer_ct LANGUAGE sql AS 'SELECT NULL::outer_ct'",
        "CREATE VIEW cv AS SELECT (a).m FROM holder",
        "COMMENT ON TYPE ct IS 'composite'",
        "COMMENT ON COLUMN ct.m IS 'attribute'",
        "ALTER TYPE outer_ct OWNER TO enum_owner_{n}",
    ],
    "two parents": [
        "CREATE TABLE p1 (id int, m mood DEFAULT 'ok', CHECK (m <> 'good'))",
        "CREATE TABLE p2 (m mood, id int)",
        "CREATE TABLE both_of_them (own mood) INHERITS (p1, p2)",
        "INSERT INTO both_of_them VALUES (1, 'bad', 'ok')",
        "INSERT INTO p2 VALUES ('ok', 2)",
    ],
    "typed tables": [
        "CREATE TYPE shape AS (n int, m mood)",
        "CREATE TABLE shaped OF shape (n PRIMARY KEY, m WITH OPTIONS DEFAULT 'ok' NOT NULL)",
        "INSERT INTO shaped VALUES (1, 'bad')",
        "CREATE VIEW tv AS SELECT m FROM shaped",
    ],
    "range types": [
        "CREATE TYPE span AS RANGE (SUBTYPE = mood)",
        "CREATE TABLE spans (a span DEFAULT '[bad,ok]', b span[], c span_multirange)",
        "INSERT INTO spans VALUES (DEFAULT, '{\"[bad,ok)\"}', '{[bad,bad],[ok,ok]}')",
        "CREATE INDEX ON spans USING gist (a)",
        "CREATE VIEW sv AS SELECT a FROM spans WHERE a @> 'ok'::mood",
        "COMMENT ON TYPE span IS 'span'",
    ],
    "rows in columns": [
        "CREATE TABLE a_keeper (id int, e entry, es entry[])",
        "INSERT INTO a_keeper SELECT 1, e, ARRAY[e, NULL] FROM entry e",
        "CREATE TABLE keeper_child (x int) INHERITS (a_keeper)",
        "INSERT INTO keeper_child SELECT 2, e, ARRAY[e], 3 FROM entry e",
        "CREATE VIEW kv AS SELECT (e).mood FROM a_keeper",
        "CREATE MATERIALIZED VIEW km AS SELECT e FROM a_keeper",
        "CREATE MATERIALIZED VIEW kn AS SELECT e, ARRAY[e] AS es FROM entry e",
        "CREATE TABLE parted_keeper (id int, e entry) PARTITION BY LIST (id)",
        "CREATE TABLE keeper_part PARTITION OF parted_keeper DEFAULT",
        "INSERT INTO parted_keeper SELECT 1, e FROM entry e",
    ],
    "row constants": [
        "CREATE TABLE rowed (id int, mood mood, other mood, tags mood[])",
        "CREATE TYPE ct2 AS (n int, m mood)",
        "CREATE VIEW rv AS SELECT '(1,ok)'::ct2 AS c, '(1,bad,ok,{bad})'::rowed AS e",
        "CREATE TABLE rc (id int, CHECK (('(1,bad,ok,{bad})'::rowed).id > 0))",
        "CREATE FUNCTION rf() RETURNS int LANGUAGE sql BEGIN ATOMIC"
        " SELECT ('(1,bad,ok,{bad})'::rowed).id; END",
    ],
    "casts, operators, aggregates": [
        "CREATE FUNCTION rank(mood) RETURNS int LANGUAGE sql IMMUTABLE"
        " AS 'SELECT CASE $1 WHEN ''ok'' THEN 1 ELSE 2 END'",
        "CREATE CAST (mood AS int) WITH FUNCTION rank(mood) AS ASSIGNMENT",
        "CREATE CAST (mood AS varchar) WITH INOUT AS IMPLICIT",
        "COMMENT ON CAST (mood AS int) IS 'cast'",
        "CREATE FUNCTION same(mood, text) RETURNS bool LANGUAGE sql AS 'SELECT $1::text = $2'",
        "CREATE OPERATOR === (FUNCTION = same, LEFTARG = mood, RIGHTARG = text,"
        " RESTRICT = eqsel, JOIN = eqjoinsel)",
        "COMMENT ON OPERATOR === (mood, text) IS 'operator'",
        "CREATE FUNCTION later(mood, mood) RETURNS mood LANGUAGE sql AS 'SELECT $2'",
        "CREATE AGGREGATE latest(mood) (SFUNC = later, STYPE = mood, INITCOND = 'ok')",
        "COMMENT ON AGGREGATE latest(mood) IS 'aggregate'",
        "CREATE VIEW av AS SELECT latest(mood), bool_or(mood === 'ok') FROM entry",
    ],
    "foreign tables": [
        "CREATE FOREIGN DATA WRAPPER nowhere",
        "CREATE SERVER nowhere FOREIGN DATA WRAPPER nowhere",
        "CREATE FOREIGN TABLE ft (id int, m mood OPTIONS (x 'y') DEFAULT 'ok', l mood[])"
        " SERVER nowhere",
        "ALTER FOREIGN TABLE ft ADD CHECK (m <> 'good')",
    ],
    "generated columns": [
        "CREATE TABLE gen (id int PRIMARY KEY, mood mood NOT NULL)",
        "INSERT INTO gen VALUES (1, 'bad'), (2, 'ok')",
        "ALTER TABLE gen ADD g text NOT NULL GENERATED ALWAYS AS"
        " (CASE mood WHEN 'ok' THEN 'y' ELSE 'n' END) STORED",
        'ALTER TABLE gen ADD "h %" text GENERATED ALWAYS AS'
        " (CASE WHEN mood = 'bad' THEN 'x' END) STORED",
        "ALTER TABLE gen ADD UNIQUE (g, id), ADD CHECK (g IS NOT NULL)",
        'ALTER TABLE gen ADD CONSTRAINT nulls UNIQUE NULLS NOT DISTINCT ("h %", id)',
        "CREATE TABLE by_g (g text, id int, FOREIGN KEY (g, id) REFERENCES gen (g, id))",
        "INSERT INTO by_g VALUES ('n', 1)",
        "CREATE INDEX of_g ON gen (g DESC) WHERE g <> 'z'",
        "CREATE VIEW gv AS SELECT g FROM gen",
        "CREATE STATISTICS gs ON g, mood FROM gen",
        "ALTER TABLE gen ALTER g SET STATISTICS 5, ALTER g SET STORAGE EXTERNAL,"
        " ALTER g SET (n_distinct = 2, n_distinct_inherited = 3), ALTER g SET COMPRESSION pglz",
        "COMMENT ON COLUMN gen.g IS 'generated: 100%'",
        "GRANT SELECT (g) ON gen TO PUBLIC",
    ],
    "generated columns of the type": [
        "CREATE TABLE gent (id int PRIMARY KEY, mood mood NOT NULL, other mood)",
        "INSERT INTO gent VALUES (1, 'bad', 'ok'), (2, 'ok', NULL)",
        "ALTER TABLE gent ADD g mood NOT NULL GENERATED ALWAYS AS"
        " (CASE mood WHEN 'ok' THEN 'bad' ELSE mood END) STORED",
        "ALTER TABLE gent ADD ga mood[] GENERATED ALWAYS AS (ARRAY[other, 'ok']) STORED",
        "CREATE INDEX ON gent (g)",
        "CREATE VIEW gtv AS SELECT ga FROM gent WHERE g <> 'good'",
        "CREATE DOMAIN gd AS mood CHECK (VALUE <> 'good')",
        "CREATE TYPE gc AS (n int, m mood)",
        "CREATE TABLE made (m mood, g gd GENERATED ALWAYS AS (m::gd) STORED,"
        " gc gc GENERATED ALWAYS AS (ROW(1, m)::gc) STORED)",
        "INSERT INTO made VALUES ('ok')",
    ],
    "generated columns of families": [
        "CREATE TABLE gp (id int, m mood, g text NOT NULL GENERATED ALWAYS AS"
        " (CASE m WHEN 'ok' THEN 'y' ELSE 'n' END) STORED, h text GENERATED ALWAYS AS"
        " (CASE WHEN m = 'bad' THEN 'b' END) STORED) PARTITION BY RANGE (id)",
        "CREATE TABLE gp1 PARTITION OF gp FOR VALUES FROM (0) TO (10)",
        "CREATE TABLE gp2 (m mood, id int, g text NOT NULL GENERATED ALWAYS AS"
        " (CASE m WHEN 'ok' THEN 'y' ELSE 'n' END) STORED, h text GENERATED ALWAYS AS"
        " (CASE WHEN m = 'bad' THEN 'b' END) STORED)",
        "ALTER TABLE gp ATTACH PARTITION gp2 FOR VALUES FROM (10) TO (20)",
        "INSERT INTO gp VALUES (1, 'ok'), (11, 'good')",
        "CREATE INDEX gpi ON gp (g)",
        "ALTER INDEX gp1_g_idx RENAME TO called",
        "COMMENT ON INDEX called IS 'called'",
        "COMMENT ON COLUMN gp2.g IS 'of gp2'",
        "CREATE TABLE gi (m mood, g text NOT NULL GENERATED ALWAYS AS"
        " (CASE m WHEN 'ok' THEN 'y' ELSE 'n' END) STORED)",
        "CREATE TABLE gi1 () INHERITS (gi)",
        "CREATE TABLE gi2 (m mood, g text NOT NULL) INHERITS (gi)",
        "CREATE TABLE gi3 () INHERITS (gi2)",
        "INSERT INTO gi VALUES ('ok')",
        "INSERT INTO gi1 VALUES ('bad')",
        "INSERT INTO gi3 VALUES ('ok')",
    ],
    "marks of partitions": [
        "CREATE TABLE gm (id int NOT NULL, m mood NOT NULL, CONSTRAINT gk PRIMARY KEY (id, m))"
        " PARTITION BY RANGE (id)",
        "CREATE UNIQUE INDEX gu ON gm (m, id)",
        "CREATE TABLE gm1 PARTITION OF gm FOR VALUES FROM (0) TO (10)",
        "CREATE TABLE gm2 PARTITION OF gm FOR VALUES FROM (10) TO (20)",
        "INSERT INTO gm VALUES (1, 'ok'), (11, 'bad')",
        "ALTER TABLE gm1 REPLICA IDENTITY USING INDEX gm1_pkey",
        "ALTER TABLE gm1 CLUSTER ON gm1_m_id_idx",
        "ALTER TABLE gm2 REPLICA IDENTITY USING INDEX gm2_m_id_idx",
        "COMMENT ON CONSTRAINT gm2_pkey ON gm2 IS 'key of gm2'",
        "COMMENT ON INDEX gm2_pkey IS 'index of gm2'",
    ],
    "triggers of partitions": [
        "CREATE TABLE tp (id int, m mood) PARTITION BY RANGE (id)",
        "CREATE TABLE tp1 PARTITION OF tp FOR VALUES FROM (0) TO (10) PARTITION BY RANGE (id)",
        "CREATE TABLE tp11 PARTITION OF tp1 FOR VALUES FROM (0) TO (10)",
        "CREATE TABLE tp2 PARTITION OF tp FOR VALUES FROM (10) TO (20)",
        "CREATE FUNCTION tf() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
        "CREATE TRIGGER t1 BEFORE UPDATE OF m ON tp FOR EACH ROW EXECUTE FUNCTION tf()",
        "CREATE TRIGGER t2 BEFORE INSERT ON tp FOR EACH ROW WHEN (NEW.m = 'ok')"
        " EXECUTE FUNCTION tf()",
        "ALTER TABLE tp11 DISABLE TRIGGER t1",
        "ALTER TABLE tp2 ENABLE ALWAYS TRIGGER t1",
        "ALTER TABLE tp DISABLE TRIGGER t2",
        "ALTER TABLE tp2 ENABLE TRIGGER t2",
        "COMMENT ON TRIGGER t1 ON tp11 IS 'sleeps'",
        "ALTER TRIGGER t1 ON tp DEPENDS ON EXTENSION plpgsql",
    ],
    "storage of children": [
        "CREATE TABLE sp (l mood[])",
        "CREATE TABLE sp1 () INHERITS (sp)",
        "CREATE TABLE sp2 () INHERITS (sp)",
        "ALTER TABLE sp ALTER l SET STORAGE MAIN",
        "ALTER TABLE sp1 ALTER l SET STORAGE EXTERNAL, ALTER l SET COMPRESSION pglz",
        "ALTER TABLE sp2 ALTER l SET STORAGE EXTENDED",
        "INSERT INTO sp1 VALUES ('{ok,bad}')",
    ],
    "properties of materialized views": [
        "CREATE MATERIALIZED VIEW mp WITH (fillfactor = 50, toast.autovacuum_enabled = false)"
        " AS SELECT id, mood::text AS t, 'ok'::mood AS m FROM entry",
        "ALTER MATERIALIZED VIEW mp ALTER t SET STORAGE EXTERNAL",
        "ALTER MATERIALIZED VIEW mp ALTER t SET COMPRESSION pglz",
        "ALTER MATERIALIZED VIEW mp ALTER t SET (n_distinct = 3)",
        "ALTER MATERIALIZED VIEW mp DEPENDS ON EXTENSION plpgsql",
    ],
    "comments of children": [
        "CREATE TABLE cc (m mood, CONSTRAINT ck CHECK (m <> 'good'))",
        "CREATE TABLE cc1 () INHERITS (cc)",
        "COMMENT ON CONSTRAINT ck ON cc1 IS 'of cc1'",
        "ALTER TABLE entry ADD CONSTRAINT ce EXCLUDE USING btree (id WITH =) WHERE (mood = 'ok')",
        "COMMENT ON INDEX ce IS 'of ce'",
        "CREATE TABLE cr (m mood PRIMARY KEY)",
        "CREATE TABLE cq (id int, m mood, CONSTRAINT cf FOREIGN KEY (m) REFERENCES cr)"
        " PARTITION BY RANGE (id)",
        "CREATE TABLE cq1 PARTITION OF cq FOR VALUES FROM (0) TO (10)",
        "COMMENT ON CONSTRAINT cf ON cq1 IS 'of cq1'",
    ],
    "names of NOT NULL": [
        "CREATE TABLE np (id int, m mood NOT NULL DEFAULT 'ok') PARTITION BY RANGE (id)",
        "CREATE TABLE np1 PARTITION OF np FOR VALUES FROM (0) TO (10)",
        "CREATE TABLE np2 (m mood NOT NULL, id int)",
        "ALTER TABLE np ATTACH PARTITION np2 FOR VALUES FROM (10) TO (20)",
        "CREATE TABLE ni (id int, m mood NOT NULL)",
        "CREATE TABLE ni1 (m mood NOT NULL DEFAULT 'bad', id int)",
        "ALTER TABLE ni1 INHERIT ni",
        "CREATE TABLE ni2 () INHERITS (ni1)",
        "CREATE TABLE ni3 (m mood NOT NULL) INHERITS (ni1)",
        "INSERT INTO np VALUES (1, 'ok'), (11, 'bad')",
        "INSERT INTO ni3 (m) VALUES ('ok')",
    ],
    "checks of families": [
        "CREATE TABLE cp (id int, m mood, CONSTRAINT ck CHECK (m <> 'good'))",
        "CREATE TABLE c1 (CONSTRAINT ck CHECK (m <> 'good')) INHERITS (cp)",
        "CREATE TABLE c2 () INHERITS (c1)",
        "CREATE TABLE a3 (CONSTRAINT ck CHECK (m <> 'good')) INHERITS (c2)",
        "COMMENT ON CONSTRAINT ck ON c1 IS 'c1'",
    ],
    "domains that mention the type": [
        "CREATE DOMAIN md AS text DEFAULT 'ok'::mood::text"
        " CONSTRAINT mc CHECK (VALUE <> 'good'::mood::text) CHECK (length(VALUE) > 0)",
        "CREATE DOMAIN md2 AS md CHECK (VALUE <> 'x')",
        "CREATE TABLE mentions (a md, b md2)",
        "INSERT INTO mentions VALUES ('a', 'b')",
        "CREATE VIEW mv AS SELECT a FROM mentions",
        "COMMENT ON CONSTRAINT mc ON DOMAIN md IS 'mentions'",
    ],
    "domains that call routines": [
        "CREATE FUNCTION fine(mood) RETURNS bool LANGUAGE sql IMMUTABLE AS 'SELECT true'",
        "CREATE FUNCTION usual() RETURNS mood LANGUAGE sql AS $$SELECT 'ok'::public.mood$$",
        "CREATE DOMAIN rd AS mood DEFAULT usual() CONSTRAINT one CHECK (fine(VALUE))"
        " CONSTRAINT two CHECK (VALUE <> 'good')",
        "CREATE DOMAIN rd2 AS rd NOT NULL CHECK (fine(VALUE::mood))",
        "CREATE DOMAIN rd3 AS int CHECK (fine('bad') AND VALUE > 0) DEFAULT length(usual()::text)",
        "CREATE TABLE routed (a rd, b rd2, c rd3)",
        "INSERT INTO routed VALUES (DEFAULT, 'bad', DEFAULT)",
        "CREATE FUNCTION rf2(rd) RETURNS rd3 LANGUAGE sql AS 'SELECT 1::public.rd3'",
        "COMMENT ON CONSTRAINT one ON DOMAIN rd IS 'one'",
    ],
    "linked operators": [
        *(
            f"CREATE FUNCTION op_{name}(mood, mood) RETURNS bool LANGUAGE sql IMMUTABLE"
            f" AS 'SELECT enum_cmp($1, $2) {sign} 0'"
            for name, sign in _COMPARISONS
        ),
        "CREATE OPERATOR <<| (FUNCTION = op_lt, LEFTARG = mood, RIGHTARG = mood,"
        " COMMUTATOR = |>>, NEGATOR = |>=)",
        "CREATE OPERATOR <=| (FUNCTION = op_le, LEFTARG = mood, RIGHTARG = mood,"
        " COMMUTATOR = |>=, NEGATOR = |>>)",
        "CREATE OPERATOR =|= (FUNCTION = op_eq, LEFTARG = mood, RIGHTARG = mood,"
        " COMMUTATOR = =|=, MERGES)",
        "CREATE OPERATOR |>= (FUNCTION = op_ge, LEFTARG = mood, RIGHTARG = mood,"
        " COMMUTATOR = <=|, NEGATOR = <<|)",
        "CREATE OPERATOR |>> (FUNCTION = op_gt, LEFTARG = mood, RIGHTARG = mood,"
        " COMMUTATOR = <<|, NEGATOR = <=|)",
        "COMMENT ON OPERATOR <<| (mood, mood) IS 'before'",
    ],
    "operator classes": [
        "CREATE FUNCTION oc_cmp(mood, mood) RETURNS int LANGUAGE sql IMMUTABLE"
        " AS 'SELECT enum_cmp($1, $2)'",
        *(
            f"CREATE FUNCTION oc_{name}(mood, mood) RETURNS bool LANGUAGE sql IMMUTABLE"
            f" AS 'SELECT enum_cmp($1, $2) {sign} 0'"
            for name, sign in _COMPARISONS
        ),
        *(
            f"CREATE OPERATOR {sign}# (FUNCTION = oc_{name}, LEFTARG = mood, RIGHTARG = mood)"
            for name, sign in _COMPARISONS
        ),
        "CREATE OPERATOR FAMILY fam USING btree",
        "CREATE OPERATOR CLASS oc FOR TYPE mood USING btree FAMILY fam AS OPERATOR 1 <#,"
        " OPERATOR 2 <=#, OPERATOR 3 =#, OPERATOR 4 >=#, OPERATOR 5 >#,"
        " FUNCTION 1 oc_cmp(mood, mood)",
        "CREATE INDEX oc_index ON entry (id, mood oc)",
        "COMMENT ON OPERATOR CLASS oc USING btree IS 'class'",
        "CREATE OPERATOR FAMILY loose USING btree",
        "ALTER OPERATOR FAMILY loose USING btree"
        " ADD OPERATOR 1 <# (mood, mood), OPERATOR 2 <=# (mood, mood), OPERATOR 3 =# (mood, mood),"
        " OPERATOR 4 >=# (mood, mood), OPERATOR 5 ># (mood, mood), FUNCTION 1 oc_cmp(mood, mood)",
        "CREATE OPERATOR CLASS och FOR TYPE mood USING hash AS OPERATOR 1 =(anyenum, anyenum),"
        " FUNCTION 1 hashenum(anyenum)",
        "CREATE TRANSFORM FOR mood LANGUAGE plpgsql"
        " (FROM SQL WITH FUNCTION varchar_support(internal))",
        "COMMENT ON TRANSFORM FOR mood LANGUAGE plpgsql IS 'transform'",
    ],
    "other aggregates": [
        "CREATE FUNCTION oa_next(mood, mood) RETURNS mood LANGUAGE sql AS 'SELECT $2'",
        "CREATE FUNCTION oa_one(mood) RETURNS mood LANGUAGE sql AS 'SELECT $1'",
        "CREATE FUNCTION oa_final(mood, f float8) RETURNS mood LANGUAGE sql AS 'SELECT $1'",
        "CREATE FUNCTION oa_rank(mood, mood) RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "CREATE AGGREGATE moving(m mood) (SFUNC = oa_next, STYPE = mood, INITCOND = 'ok',"
        " MSFUNC = oa_next, MINVFUNC = oa_next, MSTYPE = mood, MINITCOND = 'bad', PARALLEL = SAFE)",
        "CREATE AGGREGATE ordered(f float8 ORDER BY m mood)"
        " (SFUNC = oa_next, STYPE = mood, FINALFUNC = oa_final)",
        "CREATE AGGREGATE hypothetical(a mood ORDER BY b mood)"
        " (SFUNC = oa_next, STYPE = mood, FINALFUNC = oa_rank, HYPOTHETICAL)",
        "CREATE AGGREGATE counted(*) (SFUNC = oa_one, STYPE = mood, INITCOND = 'ok')",
        "COMMENT ON AGGREGATE ordered(float8 ORDER BY mood) IS 'ordered'",
        "REVOKE ALL ON FUNCTION hypothetical FROM PUBLIC",
        "CREATE VIEW oav AS SELECT ordered(0.5) WITHIN GROUP (ORDER BY mood), moving(other),"
        " counted(*) FROM entry",
    ],
    "disabled foreign keys": [
        "ALTER TABLE entry ADD CONSTRAINT of_key UNIQUE (mood, id)",
        "ALTER TABLE entry ADD CONSTRAINT self FOREIGN KEY (other, id)"
        " REFERENCES entry (mood, id) NOT VALID",
        "ALTER TABLE entry DISABLE TRIGGER ALL",
        "CREATE TABLE referrer (m mood, id int,"
        ' CONSTRAINT "it\'s %k" FOREIGN KEY (m, id) REFERENCES entry (mood, id))',
        "DO $$ DECLARE t text; BEGIN SELECT tgname INTO t FROM pg_trigger"
        " WHERE tgrelid = 'referrer'::regclass AND tgfoid = '\"RI_FKey_check_ins\"'::regproc;"
        " EXECUTE format('ALTER TABLE referrer ENABLE ALWAYS TRIGGER %I', t); END $$",
    ],
    "foreign children": [
        "CREATE EXTENSION file_fdw",
        "CREATE SERVER files FOREIGN DATA WRAPPER file_fdw",
        "CREATE TABLE fp (id int, m mood DEFAULT 'ok' NOT NULL, l mood[], CHECK (m <> 'good'))"
        " PARTITION BY RANGE (id)",
        "CREATE TABLE fp1 PARTITION OF fp FOR VALUES FROM (0) TO (10)",
        "CREATE FOREIGN TABLE fp2 PARTITION OF fp (m DEFAULT 'bad') FOR VALUES FROM (10) TO (20)"
        " SERVER files OPTIONS (filename '/dev/null')",
        "INSERT INTO fp VALUES (1, 'ok', '{ok,NULL}')",
        "CREATE TABLE fo (m mood)",
        "CREATE FOREIGN TABLE fo1 (x mood) INHERITS (fo) SERVER files"
        " OPTIONS (filename '/dev/null')",
        "CREATE TABLE fo2 () INHERITS (fo)",
        "INSERT INTO fo2 VALUES ('ok'), (NULL)",
    ],
    "parents of different columns": [
        "CREATE TABLE ma (x int, m mood DEFAULT 'ok', am mood, ms mood[])",
        "CREATE TABLE mb (m mood NOT NULL, y int, ms mood[])",
        "CREATE TABLE mc (z mood DEFAULT 'bad') INHERITS (ma, mb)",
        "CREATE TABLE mdd (q int) INHERITS (mc)",
        "CREATE TABLE me (m mood)",
        "CREATE TABLE mf (w int) INHERITS (mb, me)",
        "CREATE INDEX ON mc (m) WHERE m = 'ok'",
        "INSERT INTO mc VALUES (1, 'ok', 'bad', NULL, 2, 'ok')",
        "INSERT INTO mf VALUES ('bad', 3, NULL, 5)",
        "CREATE TABLE dia1 (x int) INHERITS (me)",
        "CREATE TABLE dia2 (y int) INHERITS (me)",
        "CREATE TABLE diamond () INHERITS (dia1, dia2)",
    ],
    "type properties": [
        "GRANT CREATE ON SCHEMA public TO enum_owner_{n}",
        "ALTER TYPE mood OWNER TO enum_owner_{n}",
        "REVOKE ALL ON TYPE mood FROM PUBLIC",
        "GRANT USAGE ON TYPE mood TO enum_reader_{n} WITH GRANT OPTION",
        "COMMENT ON TYPE mood IS 'how ''it'' is: 100% \\ :fine'",
        "ALTER DEFAULT PRIVILEGES GRANT USAGE ON TYPES TO enum_reader_{n}",
    ],
}


_CATALOGS = [
    "SELECT tgrelid::regclass::text, tgfoid::regproc::text, tgenabled::text, tgtype, tgisinternal"
    " FROM pg_trigger",
    "SELECT attrelid::regclass::text, attname, attstorage::text, attcompression::text, attnotnull,"
    " attinhcount, attislocal, attstattarget, attoptions::text,"
    " ARRAY(SELECT unnest(attacl)::text ORDER BY 1),"
    # An array column's dimensions, of which PostgreSQL tells children nothing.
    " CASE attinhcount WHEN 0 THEN attndims END FROM pg_attribute"
    " JOIN pg_class c ON c.oid = attrelid WHERE relnamespace = 'public'::regnamespace"
    " AND attnum > 0 AND relkind <> 'i' AND NOT attisdropped",
    "SELECT conrelid::regclass::text, contypid::regtype::text, conname, contype::text,"
    " convalidated, condeferred, coninhcount, conislocal FROM pg_constraint"
    " WHERE connamespace = 'public'::regnamespace AND contype <> 'n'",
    "SELECT indexrelid::regclass::text, indisvalid, indisclustered, indisreplident, indisunique"
    " FROM pg_index WHERE indrelid::regclass::text !~ '^pg_'",
    "SELECT ev_class::regclass::text, rulename, ev_enabled::text FROM pg_rewrite",
    "SELECT matviewname, ispopulated FROM pg_matviews",
    "SELECT oid::regprocedure::text, proowner::regrole::text, prosecdef,"
    " ARRAY(SELECT unnest(proacl)::text ORDER BY 1)"
    " FROM pg_proc WHERE pronamespace = 'public'::regnamespace",
    "SELECT relname, x.grantee::regrole::text, x.privilege_type, x.is_grantable"
    " FROM pg_class, aclexplode(coalesce(relacl, acldefault('r', relowner))) x"
    " WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'v', 'm')",
    "SELECT i.type, i.identity, d.description FROM pg_description d,"
    " pg_identify_object(d.classoid, d.objoid, d.objsubid) i WHERE d.objoid >= 16384",
    "SELECT i.type, i.identity, refobjid FROM pg_depend,"
    " pg_identify_object(classid, objid, objsubid) i WHERE deptype = 'x'",
    "SELECT c.oid::regclass::text, t.reloptions::text FROM pg_class c"
    " JOIN pg_class t ON t.oid = c.reltoastrelid WHERE c.oid >= 16384",
    "SELECT amopopr::regoperator::text, amopstrategy FROM pg_amop WHERE oid >= 16384",
    "SELECT castsource::regtype::text, casttarget::regtype::text, castcontext::text FROM pg_cast"
    " WHERE oid >= 16384",
]


def catalogs(project: Project) -> dict[str, list[tuple[object, ...]]]:
    """Return what pg_dump doesn't show, and what materialized views hold."""
    views = project.rows("SELECT format('%I', matviewname) FROM pg_matviews WHERE ispopulated")
    queries = [*_CATALOGS, *(f"SELECT m::text FROM {view} m" for (view,) in views)]
    return {query: sorted(project.rows(query), key=repr) for query in queries}


def labels_apart(dump: str) -> str:
    """Return a dump without the labels of enum types."""
    return "\n".join(line for line in dump.splitlines() if not line.startswith("    '"))
