"""What differs between the database of ``sync`` and the one where its revision runs.

Who may, who owns and what it is commented with belongs to a database, and stays. What an object is
belongs to the schema: another one is refused before anything is changed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
from sqlalchemy.engine import make_url

from flask_enum_migrate.postgresql.sql.block import require_version
from tests.project import Project
from tests.revision.test_transactions import fails
from tests.revision.test_transactions import sqlstate
from tests.servers import Server
from tests.servers import create_database
from tests.servers import drop_database

MODELS = """
class Job(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    state = db.Column(db.Enum(*labels, name="state"), server_default="a", nullable=False)
    owner_id = db.Column(db.Integer)
    tags = db.Column(db.ARRAY(db.Enum(*labels, name="state")))
"""
OBJECTS = (
    "CREATE VIEW v AS SELECT id, state FROM job WHERE state = 'a'",
    "CREATE MATERIALIZED VIEW m AS SELECT id, state, state::text AS told FROM job"
    " WHERE state <> 'b'",
    "CREATE INDEX i ON job (id) WHERE state = 'a'",
    "CREATE INDEX e ON job ((state = 'a'), id)",
    "ALTER TABLE job ADD CONSTRAINT c CHECK (state <> 'b' OR id > 0)",
    "CREATE FUNCTION f(state) RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "CREATE PROCEDURE pr(state) LANGUAGE sql AS 'SELECT 1'",
    "CREATE AGGREGATE ag(state) (SFUNC = array_append, STYPE = state[], INITCOND = '{}')",
    "CREATE FUNCTION tf() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
    "CREATE TRIGGER t BEFORE UPDATE ON job FOR EACH ROW WHEN (NEW.state = 'a')"
    " EXECUTE FUNCTION tf()",
    "ALTER TABLE job ENABLE ROW LEVEL SECURITY",
    "CREATE POLICY p ON job USING (state <> 'b')",
    "CREATE STATISTICS s ON state, id FROM job",
    "CREATE DOMAIN d AS state CHECK (VALUE <> 'b')",
    "CREATE DOMAIN da AS state[]",
    "CREATE TABLE by_domain (tags da)",
    "CREATE UNIQUE INDEX u ON job (id, state) WHERE state = 'a'",
    "ALTER TABLE job ADD CONSTRAINT x EXCLUDE USING btree (id WITH =) WHERE (state = 'a')",
    "INSERT INTO job (state) VALUES ('a'), ('b')",
    "REFRESH MATERIALIZED VIEW m",
    "CREATE MATERIALIZED VIEW n AS SELECT state, 'x'::text AS x FROM job WITH NO DATA",
)
KEPT = {
    "a readonly role": "GRANT SELECT ON v, m TO {reader}",
    "columns": "GRANT SELECT (id), UPDATE (state) ON v TO {reader} WITH GRANT OPTION",
    "nothing for the owner": "REVOKE ALL ON v FROM postgres",
    "nothing for anybody": "REVOKE ALL ON v, m FROM postgres; REVOKE ALL ON TYPE state FROM PUBLIC,"
    " postgres; REVOKE ALL ON ROUTINE f, pr, ag FROM PUBLIC, postgres",
    "the type": "GRANT USAGE ON TYPE state TO {reader} WITH GRANT OPTION",
    "a domain": "REVOKE ALL ON DOMAIN d FROM PUBLIC; GRANT USAGE ON DOMAIN d TO {reader}",
    "a function": "REVOKE ALL ON FUNCTION f FROM PUBLIC; GRANT EXECUTE ON FUNCTION f TO {reader}",
    "owners": "ALTER VIEW v OWNER TO {reader}; ALTER MATERIALIZED VIEW m OWNER TO {reader};"
    " ALTER TYPE state OWNER TO {reader}; ALTER FUNCTION f OWNER TO {reader};"
    " ALTER STATISTICS s OWNER TO {reader}; ALTER DOMAIN d OWNER TO {reader}",
    "comments": "COMMENT ON VIEW v IS 'it''s; 50% :a'; COMMENT ON COLUMN v.id IS E'two\\nlines';"
    " COMMENT ON MATERIALIZED VIEW m IS 'm'; COMMENT ON INDEX i IS 'i';"
    " COMMENT ON CONSTRAINT c ON job IS 'c'; COMMENT ON TRIGGER t ON job IS 't';"
    " COMMENT ON POLICY p ON job IS 'p'; COMMENT ON STATISTICS s IS 's'; COMMENT ON TYPE state IS"
    " 'type'; COMMENT ON DOMAIN d IS 'd'; COMMENT ON FUNCTION f IS 'f'; COMMENT ON INDEX u IS 'u'",
    "whom a policy is for": "ALTER POLICY p ON job TO {reader}, CURRENT_USER",
    "what is in materialized views": "REFRESH MATERIALIZED VIEW n",
    "how columns are stored": "ALTER TABLE job ALTER tags SET STORAGE EXTERNAL, ALTER tags"
    " SET COMPRESSION pglz; ALTER TABLE by_domain ALTER tags SET STORAGE MAIN",
    "what is in none": "REFRESH MATERIALIZED VIEW m WITH NO DATA",
    "default privileges": "ALTER DEFAULT PRIVILEGES GRANT ALL ON TABLES TO {reader};"
    " ALTER DEFAULT PRIVILEGES GRANT ALL ON TYPES TO {reader};"
    " ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC",
}
REFUSED = {
    "an option": ("VIEW public.v", "ALTER VIEW v SET (security_barrier = true)"),
    "another view": (
        "VIEW public.v",
        "CREATE OR REPLACE VIEW v AS SELECT id, state FROM job WHERE state = 'a' AND id > 1",
    ),
    "a default of a view": ("VIEW public.v", "ALTER VIEW v ALTER id SET DEFAULT 7"),
    "another materialized view": (
        "MATERIALIZED VIEW public.m",
        "DROP MATERIALIZED VIEW m; CREATE MATERIALIZED VIEW m AS SELECT id, state,"
        " state::text AS told FROM job WHERE state = 'a'",
    ),
    "another index": (
        "INDEX public.i",
        "DROP INDEX i; CREATE INDEX i ON job (id DESC) WHERE state = 'a'",
    ),
    "an option of what is stored beside it": (
        "MATERIALIZED VIEW public.n",
        "ALTER MATERIALIZED VIEW n SET (toast.autovacuum_enabled = false)",
    ),
    "an index of the same columns": (
        "INDEX public.u",
        "DROP INDEX u; CREATE INDEX u ON job (id, state) WHERE state = 'a'",
    ),
    "an index's option": ("INDEX public.i", "ALTER INDEX i SET (fillfactor = 50)"),
    "an index's statistics": ("INDEX public.e", "ALTER INDEX e ALTER COLUMN 1 SET STATISTICS 9"),
    "clustered": (
        "INDEX public.u",
        "DROP INDEX u; CREATE INDEX u ON job (id, state); ALTER TABLE job CLUSTER ON u",
    ),
    "another check": (
        "CONSTRAINT c ON public.job",
        "ALTER TABLE job DROP CONSTRAINT c, ADD CONSTRAINT c CHECK (state <> 'b' OR id > 1)"
        " NOT VALID",
    ),
    "not validated": (
        "CONSTRAINT c ON public.job",
        "ALTER TABLE job DROP CONSTRAINT c, ADD CONSTRAINT c CHECK (state <> 'b' OR id > 0)"
        " NOT VALID",
    ),
    "a disabled trigger": ("TRIGGER t ON public.job", "ALTER TABLE job DISABLE TRIGGER t"),
    "another trigger": (
        "TRIGGER t ON public.job",
        "DROP TRIGGER t ON job; CREATE TRIGGER t BEFORE INSERT ON job FOR EACH ROW"
        " WHEN (NEW.state = 'a') EXECUTE FUNCTION tf()",
    ),
    "another policy": ("POLICY p ON public.job", "ALTER POLICY p ON job USING (state = 'a')"),
    "a restrictive policy": (
        "POLICY p ON public.job",
        "DROP POLICY p ON job; CREATE POLICY p ON job AS RESTRICTIVE USING (state <> 'b')",
    ),
    "a statistics target": ("STATISTICS public.s", "ALTER STATISTICS s SET STATISTICS 12"),
    "another body": (
        "FUNCTION public.f(public.state)",
        "CREATE OR REPLACE FUNCTION f(state) RETURNS int LANGUAGE sql AS 'SELECT 2'",
    ),
    "another default": (
        "DEFAULT of public.job.state",
        "ALTER TABLE job ALTER state SET DEFAULT 'b'",
    ),
    "another domain": (
        "DOMAIN public.d",
        "ALTER DOMAIN d DROP CONSTRAINT d_check; ALTER DOMAIN d ADD CONSTRAINT d_check CHECK"
        " (VALUE <> 'a')",
    ),
}

RARELY = {
    "statistics of a materialized view": (
        "MATERIALIZED VIEW public.m",
        "ALTER MATERIALIZED VIEW m ALTER id SET STATISTICS 9",
    ),
    "its storage": (
        "MATERIALIZED VIEW public.m",
        "ALTER MATERIALIZED VIEW m ALTER told SET STORAGE EXTERNAL",
    ),
    "its compression": (
        "MATERIALIZED VIEW public.m",
        "ALTER MATERIALIZED VIEW m ALTER told SET COMPRESSION pglz",
    ),
    "its options": (
        "MATERIALIZED VIEW public.m",
        "ALTER MATERIALIZED VIEW m SET (fillfactor = 50)",
    ),
    "another exclusion constraint": (
        "CONSTRAINT x ON public.job",
        "ALTER TABLE job DROP CONSTRAINT x, ADD CONSTRAINT x EXCLUDE USING btree (id WITH =)"
        " WHERE (state = 'b')",
    ),
    "its option": ("CONSTRAINT x ON public.job", "ALTER INDEX x SET (fillfactor = 50)"),
    "another column name": ("VIEW public.v", "ALTER VIEW v RENAME state TO other"),
    "columns of a trigger": (
        "TRIGGER t ON public.job",
        "DROP TRIGGER t ON job; CREATE TRIGGER t BEFORE UPDATE OF id ON job FOR EACH ROW"
        " WHEN (NEW.state = 'a') EXECUTE FUNCTION tf()",
    ),
    "a function's properties": (
        "FUNCTION public.f(public.state)",
        "ALTER FUNCTION f(state) SECURITY DEFINER IMMUTABLE SET search_path = public COST 7",
    ),
}

NO_DEFAULT = 'default value for column "state" of relation "public.job" does not exist'
MISSING = {
    'relation "public.v" does not exist': "DROP VIEW v",
    'relation "public.m" does not exist': "DROP MATERIALIZED VIEW m",
    'relation "public.i" does not exist': "DROP INDEX i",
    'constraint "c" for table "job" does not exist': "ALTER TABLE job DROP CONSTRAINT c",
    'trigger "t" for table "job" does not exist': "DROP TRIGGER t ON job",
    'policy "p" for table "job" does not exist': "DROP POLICY p ON job",
    'statistics object "public.s" does not exist': "DROP STATISTICS s",
    "function public.f(public.state) does not exist": "DROP FUNCTION f",
    'type "public.d" does not exist': "DROP DOMAIN d",
    NO_DEFAULT: "ALTER TABLE job ALTER state DROP DEFAULT",
}


@pytest.fixture
def reader(project: Project) -> Iterator[str]:
    role = "enum_reader_" + project.rows("SELECT current_database()")[0][0]
    project.sql(f"CREATE ROLE {role}", f"GRANT CREATE, USAGE ON SCHEMA public TO {role}")
    try:
        yield role
    finally:
        project.close()
        project.sql(
            f"REASSIGN OWNED BY {role} TO postgres", f"DROP OWNED BY {role}", f"DROP ROLE {role}"
        )


def removal(project: Project) -> None:
    project.start(MODELS, *OBJECTS, labels=["a", "b", "gone"])
    project.models(MODELS, labels=["a", "b"])
    project.sync()


# Owners and privileges, which pg_dump may write in several orders.
GRANTED = (
    "SELECT concat(relname, CASE WHEN relispopulated THEN ' filled' END), relowner::regrole::text,"
    " ARRAY(SELECT unnest(coalesce(relacl,"
    " acldefault('r', relowner)))::text ORDER BY 1) FROM pg_class WHERE relkind IN ('v', 'm')"
    " AND relnamespace = 'public'::regnamespace UNION ALL SELECT typname::text,"
    " typowner::regrole::text, ARRAY(SELECT unnest(coalesce(typacl, acldefault('T', typowner)))"
    "::text ORDER BY 1) FROM pg_type WHERE typtype IN ('e', 'd') AND typnamespace ="
    " 'public'::regnamespace UNION ALL SELECT proname::text, proowner::regrole::text,"
    " ARRAY(SELECT unnest(coalesce(proacl, acldefault('f', proowner)))::text ORDER BY 1)"
    " FROM pg_proc WHERE pronamespace = 'public'::regnamespace UNION ALL SELECT attname::text,"
    " attrelid::regclass::text, ARRAY(SELECT unnest(attacl)::text ORDER BY 1) FROM pg_attribute"
    " WHERE attacl IS NOT NULL AND attrelid::regclass::text IN ('v', 'm') ORDER BY 1, 2, 3"
)


def granted(project: Project) -> list[tuple[object, ...]]:
    return project.rows(GRANTED)


@pytest.mark.parametrize("difference", KEPT)
def test_who_may_and_comments_stay(project: Project, reader: str, difference: str) -> None:
    removal(project)
    project.sql(KEPT[difference].format(reader=reader))
    before = project.dump(), project.contents(), granted(project)
    project.db("upgrade")
    assert granted(project) == before[2]
    assert project.dump() == before[0].replace(",\n    'gone'", "")
    assert project.contents() == before[1]
    project.db("downgrade")
    assert (project.dump(), project.contents(), granted(project)) == before


@pytest.mark.parametrize("difference", REFUSED)
def test_another_object_is_refused(project: Project, difference: str) -> None:
    removal(project)
    named, sql = REFUSED[difference]
    project.sql(sql)
    before = project.dump(), project.contents()
    error = fails(project, "upgrade")
    told = str(error)
    assert sqlstate(error) == "55000"
    assert f"{named} is here: " in told
    assert "in this revision: " in told
    assert "No table was changed." in told
    assert (project.dump(), project.contents()) == before


@pytest.mark.parametrize("missing", MISSING)
def test_an_object_that_is_not_there_is_refused(project: Project, missing: str) -> None:
    removal(project)
    project.sql(MISSING[missing])
    before = project.dump(), project.contents()
    error = fails(project, "upgrade")
    told = str(error)
    assert sqlstate(error) == "55000"
    assert f"{missing}. No table was changed." in told
    assert "Run flask db enum sync against a copy of this database" in told
    assert (project.dump(), project.contents()) == before


def test_the_lock_is_free_after_a_refusal(project: Project) -> None:
    removal(project)
    project.sql("ALTER VIEW v SET (security_barrier = true)")
    fails(project, "upgrade")
    with psycopg.connect(project.url) as other:
        other.execute("LOCK TABLE job IN ACCESS EXCLUSIVE MODE NOWAIT")
    project.sql("ALTER VIEW v RESET (security_barrier)")
    project.db("upgrade")
    assert project.labels("state") == ["a", "b"]


def addition(project: Project) -> None:
    """Upgrade by a label which only the downgrade has to replace the type for."""
    project.start(MODELS, *OBJECTS, labels=["a", "b"])
    project.models(MODELS, labels=["a", "b", "new"])
    project.sync()
    project.db("upgrade")


@pytest.mark.parametrize("difference", KEPT)
def test_they_stay_on_the_way_back(project: Project, reader: str, difference: str) -> None:
    addition(project)
    project.sql(KEPT[difference].format(reader=reader))
    before = project.dump(), project.contents(), granted(project)
    project.db("downgrade")
    assert granted(project) == before[2]
    assert project.dump() == before[0].replace(",\n    'new'", "")
    assert project.contents() == before[1]


@pytest.mark.parametrize("difference", REFUSED)
def test_it_is_refused_on_the_way_back(project: Project, difference: str) -> None:
    addition(project)
    named, sql = REFUSED[difference]
    project.sql(sql)
    before = project.dump(), project.contents()
    error = fails(project, "downgrade")
    assert sqlstate(error) == "55000"
    assert f"{named} is here: " in str(error)
    assert (project.dump(), project.contents()) == before


@pytest.fixture
def owner(project: Project, reader: str) -> Iterator[str]:
    """A role that is no superuser: the app's from now on."""
    role, admin = f"{reader}_owner", project.url
    project.sql(
        f"CREATE ROLE {role} LOGIN IN ROLE {reader}", f"GRANT CREATE ON SCHEMA public TO {role}"
    )
    project.url = make_url(admin).set(username=role).render_as_string(hide_password=False)
    try:
        yield role
    finally:
        project.close()
        project.url = admin
        project.sql(f"DROP OWNED BY {role} CASCADE", f"DROP ROLE {role}")


SAID = (
    "SELECT pg_describe_object(classoid, objoid, objsubid), description FROM pg_description"
    " WHERE objoid > 16383 UNION ALL SELECT polname::text, polroles::regrole[]::text FROM"
    " pg_policy ORDER BY 1, 2"
)


def block(project: Project, command: str) -> str:
    """Return the block of the newest revision, as it is with --sql."""
    back = re.findall(r"^Revis(?:ion ID|es): (\w+)$", project.revision(), re.MULTILINE)
    between = [f"{back[0]}:{back[1]}"] if command == "downgrade" else []
    script = project.db(command, "--sql", *between).stdout
    found: str
    (found,) = re.findall(r"^DO \$\$ DECLARE.*?END \$\$;$", script, re.MULTILINE | re.DOTALL)
    return found


@dataclass(frozen=True)
class Tried:
    """A block, run in a transaction for each difference, which is rolled back.

    :param owner: who owns what differs.
    :param schema: where it is, if the revision doesn't say so.
    """

    connection: psycopg.Connection
    sql: str
    owner: str
    reader: str
    schema: str = ""

    def differ(self, difference: str) -> None:
        made = difference.replace("postgres", self.owner).format(reader=self.reader)
        self.connection.execute(made.encode())

    def seen(self) -> list[object]:
        granted = GRANTED.replace("'public'", f"'{self.schema or 'public'}'")
        return [self.connection.execute(q.encode()).fetchall() for q in (granted, SAID)]

    def told(self, text: str) -> str:
        return text.replace("public.", "") if self.schema else text

    def run(self) -> None:
        self.connection.execute(self.sql.encode())

    def try_all(self) -> None:
        for difference in KEPT.values():
            with self.connection.transaction(force_rollback=True):
                self.differ(difference)
                before = self.seen()
                self.run()
                assert self.seen() == before, difference
        for named, difference in (*REFUSED.values(), *RARELY.values()):
            self._refuses(difference, f"{named} is here: ")
        for missing, difference in MISSING.items():
            self._refuses(difference, f"{missing}. No table was changed.")

    def _refuses(self, difference: str, text: str) -> None:
        with self.connection.transaction(force_rollback=True):
            self.differ(difference)
            with (
                pytest.raises(psycopg.errors.ObjectNotInPrerequisiteState) as refused,
                self.connection.transaction(),
            ):
                self.run()
            assert self.told(text) in str(refused.value), difference


@pytest.mark.parametrize("command", ["upgrade", "downgrade"])
def test_a_plain_owner_keeps_and_refuses_the_same(
    project: Project, owner: str, reader: str, command: str
) -> None:
    (removal if command == "upgrade" else addition)(project)
    assert project.rows("SELECT rolsuper FROM pg_roles WHERE rolname = user") == [(False,)]
    with psycopg.connect(project.url) as connection:
        Tried(connection, block(project, command), owner, reader).try_all()


TENANT = (
    "CREATE SCHEMA tenant",
    "SET search_path = tenant",
    "CREATE TYPE state AS ENUM ('a', 'b', 'gone')",
    "CREATE TABLE job (id serial PRIMARY KEY, state state DEFAULT 'a' NOT NULL, owner_id int,"
    " tags state[])",
)


def test_a_tenant_that_differs_keeps_and_refuses_the_same(project: Project, reader: str) -> None:
    """The revision of one schema, run in another where its own objects are."""
    project.config["ENUM_MIGRATE_QUALIFY"] = False
    removal(project)
    with psycopg.connect(project.url) as connection:
        for statement in (*TENANT, f"GRANT CREATE, USAGE ON SCHEMA tenant TO {reader}", *OBJECTS):
            connection.execute(statement.encode())
        Tried(connection, block(project, "upgrade"), "postgres", reader, "tenant").try_all()


@pytest.mark.parametrize(
    "labelled",
    [
        "'v'::regclass, 'pg_class'::regclass, 0",
        "'v'::regclass, 'pg_class'::regclass, 1",
        "'m'::regclass, 'pg_class'::regclass, 0",
        "'f'::regproc, 'pg_proc'::regclass, 0",
        "'state'::regtype, 'pg_type'::regclass, 0",
    ],
    ids=["view", "column of a view", "materialized view", "function", "type"],
)
def test_a_security_label(project: Project, labelled: str) -> None:
    """It is given back, which fails here for want of a module that has to do with it.

    The rehearsal tells so before.
    """
    project.start(MODELS, *OBJECTS, labels=["a", "b", "gone"])
    project.models(MODELS, labels=["a", "b"])
    project.sql(
        "SET allow_system_table_mods = on;"
        f" INSERT INTO pg_seclabel VALUES ({labelled}, 'p', 'it''s')"
    )
    missing = 'security label provider "p" is not loaded'
    assert missing in project.sync(expect=1).stderr
    project.sync("--no-rehearse")
    assert missing in str(fails(project, "upgrade"))
    assert project.rows("SELECT label FROM pg_seclabel") == [("it's",)]


MORE = (
    "CREATE VIEW w AS SELECT j.id, o.state FROM job j JOIN job o USING (id) WHERE j.state <> 'b'"
    " AND o.owner_id IN (SELECT k.id FROM job k WHERE k.state = 'a') ORDER BY o.state",
    "CREATE VIEW y AS SELECT state, count(*) AS n, CASE WHEN state = 'a' THEN 1 END AS one"
    " FROM job GROUP BY state UNION ALL SELECT 'b', 2, 3",
    "CREATE DOMAIN nn AS state NOT NULL CONSTRAINT nn_check CHECK (VALUE <> 'b')",
    "CREATE DOMAIN nnn AS nn NOT NULL",
    "CREATE TABLE of_nn (n nn, nn nnn)",
    "INSERT INTO of_nn VALUES ('a', 'a')",
)
# PostgreSQL 18 names NOT NULL, and a table that joins its kin later has names of its own.
FAMILIES = (
    "CREATE TABLE part (id int, m state NOT NULL) PARTITION BY RANGE (id)",
    "CREATE TABLE part1 PARTITION OF part FOR VALUES FROM (0) TO (10)",
    "CREATE TABLE part2 (m state NOT NULL, id int)",
    "ALTER TABLE part ATTACH PARTITION part2 FOR VALUES FROM (10) TO (20)",
    "CREATE TABLE base (id int NOT NULL, m state NOT NULL, n state NOT NULL DEFAULT 'b')",
    "CREATE TABLE child (m state NOT NULL, n state NOT NULL, id int NOT NULL)",
    "ALTER TABLE child INHERIT base",
    "CREATE TABLE child2 () INHERITS (child)",
    "CREATE TABLE child3 (m state NOT NULL) INHERITS (child)",
    "CREATE TABLE p1 (x int, m state NOT NULL)",
    "CREATE TABLE p2 (y int, m state NOT NULL)",
    "CREATE TABLE of_both (own state) INHERITS (p1, p2)",
    "CREATE TABLE p3 (x int, m state NOT NULL)",
    "CREATE TABLE p4 (y int, m state NOT NULL)",
    "CREATE TABLE p5 () INHERITS (p4)",
    "CREATE TABLE of_last () INHERITS (p5, p3)",
    "CREATE TABLE null_ (m state)",
    "CREATE TABLE not_null (m state NOT NULL)",
    "ALTER TABLE not_null INHERIT null_",
    "CREATE TABLE not_null2 (m state NOT NULL)",
    "ALTER TABLE not_null2 INHERIT not_null",
    "INSERT INTO part VALUES (1, 'a'), (11, 'b')",
    "INSERT INTO child3 VALUES ('a', 'b', 7)",
    "INSERT INTO of_both VALUES (1, 'a', 2, 'b')",
    "INSERT INTO of_last VALUES (1, 'a', 2)",
    "INSERT INTO not_null2 VALUES ('b')",
)
# That is what only PostgreSQL 18 knows.
ONLY_18 = (
    "COMMENT ON CONSTRAINT nn_not_null ON DOMAIN nn IS 'of a domain'",
    "COMMENT ON CONSTRAINT part2_m_not_null ON part2 IS 'of a partition'",
    "COMMENT ON CONSTRAINT part_m_not_null ON part1 IS 'of one whose name is its parent''s'",
    'CREATE TABLE one (m state CONSTRAINT "My One" NOT NULL)',
    "CREATE TABLE below () INHERITS (one)",
    "COMMENT ON CONSTRAINT \"My One\" ON below IS 'of a child'",
    "CREATE TABLE alone (m state NOT NULL NO INHERIT)",
    "CREATE TABLE joined (m state NOT NULL)",
    "ALTER TABLE joined INHERIT alone",
    "CREATE TABLE unproven (m state)",
    "INSERT INTO unproven VALUES (NULL)",
    "ALTER TABLE unproven ADD CONSTRAINT unproven NOT NULL m NOT VALID",
    "CREATE TABLE proven (m state NOT NULL)",
    "ALTER TABLE proven INHERIT unproven",
    "INSERT INTO proven VALUES ('a')",
)


def only_here(project: Project) -> tuple[str, ...]:
    """Return what only newer servers know, where the project's is one."""
    ((version,),) = project.rows("SELECT current_setting('server_version_num')::int / 10000")
    return ONLY_18 if version >= 18 else ()


def test_another_version_of_the_server_runs_it(
    project: Project, servers: dict[str, Server], tmp_path: Path
) -> None:
    """Each server runs what was written on the other; one that is alone runs its own elsewhere."""
    project.start(MODELS, *OBJECTS, *MORE, *FAMILIES, labels=["a", "b", "gone"])
    project.models(MODELS, labels=["a", "b"])
    project.sync()
    others = [one for one in servers.values() if one != project.server] or [project.server]
    for other in others:
        url = create_database(other)
        elsewhere = Project(tmp_path, other, url)
        try:
            elsewhere.models(MODELS, labels=["a", "b"])
            elsewhere.db("upgrade", "+1")
            elsewhere.sql("CREATE TYPE first AS ENUM ()")  # to have other OIDs
            elsewhere.sql(*OBJECTS, *MORE, *FAMILIES)
            elsewhere.sql(
                *(
                    one
                    for one in only_here(elsewhere)
                    if one.startswith("COMMENT") and '"' not in one
                )
            )
            before = elsewhere.dump(), elsewhere.contents()
            elsewhere.db("upgrade")
            assert elsewhere.labels("state") == ["a", "b"]
            names = [one for one in before[0].splitlines() if "NOT NULL" in one]
            assert [one for one in elsewhere.dump().splitlines() if "NOT NULL" in one] == names
            elsewhere.db("downgrade")
            assert (elsewhere.dump(), elsewhere.contents()) == before
        finally:
            elsewhere.close()
            drop_database(other, url)


def test_not_null_keeps_name_and_comment(project: Project) -> None:
    project.start(MODELS, *MORE[2:], *FAMILIES, labels=["a", "b", "gone"])
    project.sql(*only_here(project))
    project.models(MODELS, labels=["a", "b"])
    project.round_trip()


KEYS = (
    "CREATE TABLE base (m state PRIMARY KEY)",
    "CREATE TABLE child (m state PRIMARY KEY)",
    "ALTER TABLE child INHERIT base",
)
RENAMED = (
    "ALTER TABLE child NO INHERIT base",
    "ALTER TABLE child RENAME CONSTRAINT child_m_not_null TO base_m_not_null",
    "ALTER TABLE child INHERIT base",
)


def test_a_key_whose_not_null_has_a_name_of_its_own(project: Project) -> None:
    """PostgreSQL 18 can neither change it so nor drop it, and rename it only apart."""
    project.start(MODELS, *KEYS, labels=["a", "b", "gone"])
    project.models(MODELS, labels=["a", "b"])
    if only_here(project):
        said = project.sync(expect=1).stderr
        assert "child_m_not_null ON child. Hint: Take the table off its parent" in said
        project.sql(*RENAMED)
    project.round_trip()


def test_a_partition_that_had_its_own_key(project: Project) -> None:
    project.start(
        MODELS,
        "CREATE TABLE whole (id int, m state, PRIMARY KEY (id, m)) PARTITION BY RANGE (id)",
        "CREATE TABLE half (m state, id int, PRIMARY KEY (id, m))",
        labels=["a", "b", "gone"],
    )
    if only_here(project):
        project.sql("ALTER TABLE half RENAME CONSTRAINT half_m_not_null TO whole_m_not_null")
    project.sql("ALTER TABLE whole ATTACH PARTITION half FOR VALUES FROM (10) TO (20)")
    project.models(MODELS, labels=["a", "b"])
    project.round_trip()


def test_an_older_server_says_so(one_project: Project) -> None:
    with psycopg.connect(one_project.url) as connection:
        connection.execute(require_version(15).encode())
        with pytest.raises(psycopg.errors.FeatureNotSupported, match="PostgreSQL 99 or newer"):
            connection.execute(require_version(99).encode())
