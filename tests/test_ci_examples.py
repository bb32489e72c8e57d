"""The files of ``examples/ci`` and the pre-commit hook, run in a clone of the example app."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from flask_enum_migrate.terminal import commands

ROOT = Path(__file__).parent.parent
CI = ROOT / "examples" / "ci"
GIT = ("git", "-c", "user.name=somebody", "-c", "user.email=somebody@example.invalid")
COMMAND = "flask db enum check --from-migrations"


def load(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def origin(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example app as a repository of its own."""
    folder = tmp_path_factory.mktemp("origin") / "app"
    shutil.copytree(
        ROOT / "examples" / "audit_log", folder, ignore=shutil.ignore_patterns("__pycache__")
    )
    git(folder, "init", "--quiet", "--initial-branch=main")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message=first")
    return folder


@pytest.fixture
def clone(origin: Path, tmp_path: Path) -> Path:
    git(tmp_path, "clone", "--quiet", str(origin), "app")
    return tmp_path / "app"


def git(folder: Path, *args: str) -> None:
    subprocess.run([*GIT, *args], cwd=folder, check=True, capture_output=True)


def drift(clone: Path) -> None:
    models = clone / "audit_log" / "models.py"
    source = models.read_text()
    assert source.count("    OTHER = ") == 1
    models.write_text(source.replace("    OTHER = ", '    NEW = "new"\n    OTHER = '))


def run(
    clone: Path, script: str, variables: dict[str, str], shell: str
) -> subprocess.CompletedProcess[str]:
    """Run a script as a CI's runner does, with the packages of this environment installed."""
    environment = {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "HOME": str(clone.parent),
        "PIP_NO_INDEX": "1",  # whatever it wants is installed, or it fails
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "PIP_ROOT_USER_ACTION": "ignore",
        "PRE_COMMIT_HOME": str(clone.parent / "pre-commit"),
        **{key: value for key, value in os.environ.items() if key.startswith("XDG_")},
        **variables,
    }
    return subprocess.run(
        [*shell.split(), "-c", script],
        cwd=clone,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


def test_github_actions(clone: Path) -> None:
    workflow = load(CI / "github-actions.yml")
    (job,) = workflow["jobs"].values()
    assert job["permissions"] == {"contents": "read"}
    assert all(re.search(r"@[0-9a-f]{40}$", s["uses"]) for s in job["steps"] if "uses" in s)
    *before, check = [step["run"] for step in job["steps"] if "run" in step]
    assert check == f"{COMMAND} --format github"
    variables = {**job["env"], "GITHUB_WORKSPACE": str(clone)}
    shell = "bash --noprofile --norc -eo pipefail"
    for script in before:
        done = run(clone, script, variables, shell)
        assert done.returncode == 0, done.stdout + done.stderr
    done = run(clone, check, variables, shell)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout == "In sync: 1 enum type compared, no difference.\n"
    drift(clone)
    variables["GITHUB_STEP_SUMMARY"] = str(clone.parent / "summary.md")
    done = run(clone, check, variables, shell)
    assert done.returncode == 1, done.stdout + done.stderr
    assert done.stdout.startswith(
        "::error file=audit_log/models.py,line=10,title=flask db enum check::"
        "public.eventtype: add 'NEW' after 'PASSWORD_RESET'%0A"
        "Next: flask db enum sync --from-migrations\n"
    )
    said = (clone.parent / "summary.md").read_text()
    assert said.startswith("### flask db enum check: drift\n")


def test_the_urls_name_a_driver() -> None:
    (github,) = load(CI / "github-actions.yml")["jobs"].values()
    (gitlab,) = load(CI / "gitlab-ci.yml").values()
    hook = load(CI / "pre-commit-config.yaml")["repos"][0]["hooks"][0]["entry"]
    assert f" DATABASE_URL={URL} " in hook
    # Without a driver, SQLAlchemy 2.0 and 2.1 take different ones.
    assert {github["env"]["DATABASE_URL"], gitlab["variables"]["DATABASE_URL"]} == {URL}


# The runner takes bash where the image has it, else sh.
SHELLS = ["bash -eo pipefail", "sh -e"]


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize("differs", [False, True])
def test_gitlab(clone: Path, differs: bool, shell: str) -> None:
    if differs:
        drift(clone)
    done, file = run_gitlab(clone, shell)
    assert done.returncode == int(differs), done.stdout + done.stderr
    issues = json.loads(file.read_text())
    assert [(i["location"], i["description"]) for i in issues] == (
        [
            (
                {"path": "audit_log/models.py", "lines": {"begin": 10}},
                "public.eventtype: add 'NEW' after 'PASSWORD_RESET'; "
                "Next: flask db enum sync --from-migrations",
            )
        ]
        if differs
        else []
    )
    last = done.stderr.splitlines()[-1]  # the log is for people
    assert last.startswith("Drift: 1 of 1" if differs else "In sync: 1 enum type")


def test_gitlab_with_an_app_that_fails(clone: Path) -> None:
    (clone / "audit_log" / "__init__.py").write_text("raise RuntimeError('broken')\n")
    done, _ = run_gitlab(clone, SHELLS[0])
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == "RuntimeError: broken"


def run_gitlab(clone: Path, shell: str) -> tuple[subprocess.CompletedProcess[str], Path]:
    """Run the job's script, and return its report too."""
    (job,) = load(CI / "gitlab-ci.yml").values()
    assert any(COMMAND in line for line in job["script"])
    # The runner knows variables of its own, and runs all lines in one shell.
    variables = {
        name: value.replace("$CI_PROJECT_DIR", str(clone))
        for name, value in job["variables"].items()
    }
    variables["CI_PROJECT_DIR"] = str(clone)
    done = run(clone, "\n".join(job["script"]), variables, shell)
    assert job["artifacts"]["when"] == "always"
    return done, clone / job["artifacts"]["reports"]["codequality"]


URL = "postgresql+psycopg2://nobody@localhost/nowhere"
APP = {"FLASK_APP": "audit_log", "DATABASE_URL": URL}


def test_pre_commit(clone: Path) -> None:
    """In a real repository: the hook lets a push through, or stops it."""
    config = load(CI / "pre-commit-config.yaml")
    (hook,) = config["repos"][0]["hooks"]
    (shipped,) = load(ROOT / ".pre-commit-hooks.yaml")
    for key in ("id", "name", "language", "types", "pass_filenames"):
        assert hook[key] == shipped[key]
    assert hook["entry"].endswith(f" {shipped['entry']}")
    assert set(hook["stages"]) <= set(shipped["stages"])
    shutil.copy(CI / "pre-commit-config.yaml", clone / ".pre-commit-config.yaml")
    installed = run(clone, "pre-commit install -t pre-push", {}, "bash")
    assert installed.returncode == 0, installed.stdout + installed.stderr
    push = f"git push origin HEAD:refs/heads/{clone.parent.name}"
    models = clone / "audit_log" / "models.py"
    models.write_text(models.read_text() + "\n# nothing else\n")
    git(clone, "add", "--all")
    git(clone, "commit", "--quiet", "--message=same")
    done = run(clone, push, {}, "bash")
    assert done.returncode == 0, done.stdout + done.stderr
    drift(clone)
    git(clone, "commit", "--quiet", "--all", "--message=drift")
    done = run(clone, push, {}, "bash")
    assert done.returncode == 1, done.stdout + done.stderr
    assert "- exit code: 1" in done.stdout + done.stderr
    assert "+ add 'NEW' after 'PASSWORD_RESET'" in done.stdout + done.stderr


def test_the_hook_that_is_shipped(clone: Path, tmp_path: Path) -> None:
    package = tmp_path / "package"
    package.mkdir()
    shutil.copy(ROOT / ".pre-commit-hooks.yaml", package)
    git(package, "init", "--quiet")
    git(package, "add", "--all")
    git(package, "commit", "--quiet", "--message=first")
    command = f"pre-commit try-repo {package} flask-enum-check --all-files --verbose"
    done = run(clone, command, APP, "bash")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "In sync: 1 enum type compared, no difference." in done.stdout


def test_options_exist() -> None:
    known = {option for param in commands.enum.commands["check"].params for option in param.opts}
    for path in (*CI.iterdir(), ROOT / ".pre-commit-hooks.yaml"):
        text = path.read_text(encoding="utf-8")
        for line in re.findall(r"flask db enum check([^\n`]*)", text):
            assert set(re.findall(r"--[a-z-]+", line)) <= known
    readme = (CI / "README.md").read_text(encoding="utf-8")
    named = set(re.findall(r"\]\(([\w.-]+)\)", readme))
    assert named == {path.name for path in CI.iterdir()} - {"README.md"}


def test_workflows_run_targets_that_exist() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    made = set(re.findall(r"^([a-z0-9.-]+):", makefile, re.MULTILINE))
    workflows = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
    assert [path.name for path in workflows] == ["release.yml", "tests.yml"]
    ran: set[str] = set()
    for path in workflows:
        for job in load(path)["jobs"].values():
            ran |= {
                row["target"]
                for row in job.get("strategy", {}).get("matrix", {}).get("include", [])
            }
            for step in job["steps"]:
                words = step.get("run", "").split()
                if words[:1] == ["make"]:
                    ran |= {word for word in words[1:] if re.fullmatch(r"[a-z0-9.-]+", word)}
    assert {"test", "lint", "lint-workflows", "dist", "docs", "test-minimum"} <= ran
    assert ran <= made
