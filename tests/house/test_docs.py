"""What the documents point at is there: files, headings, commands, make targets, settings."""

import re
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import pytest
from click import Context
from flask import Flask
from flask.cli import ScriptInfo

from saas.__main__ import group
from saas.core.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]
EXAMPLE = "saas/modules/notes/__init__.py"
"""The module that the README tells how to write."""

DECISIONS = sorted((ROOT / "docs" / "decisions").glob("0*.md"))


def name_of(page: Path) -> str:
    return str(page.relative_to(ROOT))


def spoken(page: Path) -> Iterator[str]:
    """What a page shows as typed: code between backticks and indented lines."""
    for line in page.read_text().splitlines():
        yield from re.findall(r"`([^`]+)`", line)
        if line.startswith("    "):
            yield line.strip()


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_links_lead_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)#\s]+)", page.read_text())
    dead = [link for link in links if "://" not in link and not (page.parent / link).exists()]
    assert dead == []


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_commands_exist(app: Flask, page: Path) -> None:
    known = set(group.list_commands(Context(group, obj=ScriptInfo(create_app=lambda: app))))
    named = {match[1] for text in spoken(page) if (match := re.match(r"saas ([a-z][a-z-]+)", text))}
    assert named <= known


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_make_targets_exist(page: Path) -> None:
    known = set(re.findall(r"(?m)^([a-z-]+):", (ROOT / "Makefile").read_text()))
    named = {match[1] for text in spoken(page) if (match := re.match(r"make ([a-z-]+)", text))}
    assert named <= known


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_settings_exist(page: Path) -> None:
    known = {name.upper() for name in Settings.model_fields}
    given = {match[1] for text in spoken(page) if (match := re.match(r"([A-Z]+_[A-Z_]+)(=|$)", text))}
    assert given <= known | {"TENANT_DATABASE_BASE_URL", "NAME_FILE"}


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_files_that_are_named_are_there(page: Path) -> None:
    named = {match[0] for text in spoken(page) if (match := re.match(r"(saas|migrations|tests)/[\w./*]+", text))}
    gone = [path for path in named if not any(ROOT.glob(path.rstrip("/")))]
    assert [path for path in gone if path != EXAMPLE] == []


def test_decisions_are_numbered_listed_and_short() -> None:
    listed = (ROOT / "docs" / "decisions" / "README.md").read_text()
    for number, path in enumerate(DECISIONS, 1):
        text = path.read_text()
        assert path.name.startswith(f"{number:04}-")
        assert text.startswith(f"# {number:04} ")
        assert f"]({path.name})" in listed
        assert [part in text for part in ("**Decision.**", "**Why.**", "**Price.**")] == [True] * 3
        assert len(text) < 2000


def test_the_picture_is_well_formed_and_described() -> None:
    picture = ElementTree.parse(ROOT / "docs" / "architecture.svg").getroot()
    names = {child.tag.rpartition("}")[2] for child in picture}
    assert {"title", "desc"} <= names
    assert "script" not in names
