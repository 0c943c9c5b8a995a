""".env.example names every setting once, with the default that the code has, and works when it is copied."""

import re
from collections import Counter
from pathlib import Path

import pytest
from pydantic import SecretStr

from saas.core.settings import Settings

EXAMPLE = Path(__file__).resolve().parents[2] / ".env.example"
LINES = EXAMPLE.read_text().splitlines()
GIVEN = [match.groups() for line in LINES if (match := re.match(r"^#([A-Z_]+)=(.*)$", line))]
NOT_TOLD = {"secret_key", "jwt_secret", "master_keys"}
"""Secrets, whose defaults are for development and not worth copying."""


def written(default: object) -> str:
    """A default as it stands in a file of settings."""
    if isinstance(default, SecretStr):
        default = default.get_secret_value()
    if isinstance(default, bool):
        return str(default).lower()
    if isinstance(default, tuple):
        default = list(default)
    return "" if default is None else str(default)


def test_every_setting_is_there_once_and_nothing_else() -> None:
    told = Counter(name.lower() for name, _ in GIVEN)
    assert set(told) == set(Settings.model_fields)
    assert {name for name, times in told.items() if times > 1} == set()


def test_the_defaults_are_those_of_the_code() -> None:
    wrong = {
        name: value
        for name, value in GIVEN
        if value != ("" if name.lower() in NOT_TOLD else written(Settings.model_fields[name.lower()].default))
    }
    assert wrong == {}


def test_each_setting_has_a_comment_above_it() -> None:
    bare, explained = [], False
    for line in LINES:
        if line.startswith("# "):
            explained = True
        elif not line:
            explained = False
        elif not explained:
            bare.append(line)
    assert bare == []


def test_no_value_is_set_by_a_mere_copy(tmp_path: Path) -> None:
    copy = tmp_path / "settings.env"
    copy.write_text(EXAMPLE.read_text())
    assert Settings(_env_file=copy, database_url="postgresql:///x").port == 8000


@pytest.mark.parametrize("name", ["PRODUCT_NAME", "LOG_FORMAT", "DB_POOL_TIMEOUT"])
def test_a_line_works_without_its_mark(tmp_path: Path, name: str) -> None:
    changed = {"PRODUCT_NAME": "Arch", "LOG_FORMAT": "json", "DB_POOL_TIMEOUT": "4.5"}[name]
    copy = tmp_path / "settings.env"
    copy.write_text(re.sub(rf"(?m)^#{name}=.*$", f"{name}={changed}", EXAMPLE.read_text()))
    read = Settings(_env_file=copy, database_url="postgresql:///x")
    assert str(getattr(read, name.lower())) == changed
