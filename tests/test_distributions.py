"""What the wheel and the sdist hold."""

from __future__ import annotations

import tarfile
import zipfile
from importlib import import_module
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
BACKEND = import_module("flit_core.buildapi")  # as pyproject.toml names it
PACKAGE = ROOT / "flask_enum_migrate"
HELD = {
    file.relative_to(ROOT).as_posix()
    for file in PACKAGE.rglob("*")
    if file.is_file() and file.suffix != ".pyc"
}


def test_every_file_of_the_package_is_in_both(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert {".sql", ".jinja", ".json", ".typed"} <= {Path(name).suffix for name in HELD}
    monkeypatch.chdir(ROOT)
    wheel = zipfile.ZipFile(tmp_path / BACKEND.build_wheel(str(tmp_path)))
    assert {name for name in wheel.namelist() if ".dist-info/" not in name} == HELD
    with tarfile.open(tmp_path / BACKEND.build_sdist(str(tmp_path))) as sdist:
        names = {name.partition("/")[2] for name in sdist.getnames()}
    assert names >= HELD
    assert {"README.md", "CHANGELOG.md", "LICENSE", "Makefile", "tests/conftest.py"} <= names
