"""The house's own rules: which way imports run, how large files and functions are, what every template holds."""

import ast
import os
import re
import statistics
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from jinja2 import nodes

from tests.processes import ROOT, checking_types

SOURCES = sorted((ROOT / "saas").rglob("*.py"))
TEMPLATES = sorted([*(ROOT / "saas").glob("templates/**/*.html"), *(ROOT / "saas").glob("**/templates/**/*.html")])


def test_imports_run_downwards() -> None:
    answer = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"], cwd=ROOT, capture_output=True, text=True
    )
    assert answer.returncode == 0, answer.stdout[-4000:]


def test_types_hold() -> None:
    with checking_types() as cached:
        command = [sys.executable, "-m", "mypy"]
        answer = subprocess.run(command, cwd=ROOT, env=os.environ | cached, capture_output=True, text=True)
    assert answer.returncode == 0, answer.stdout[-4000:]


def test_style_holds() -> None:
    answer = subprocess.run([sys.executable, "-m", "ruff", "check", "."], cwd=ROOT, capture_output=True, text=True)
    assert answer.returncode == 0, answer.stdout[-4000:]


def test_files_stay_small() -> None:
    sizes = {path: path.read_text().count("\n") for path in SOURCES}
    assert [str(path) for path, lines in sizes.items() if lines > 400] == []
    assert statistics.median(sizes.values()) <= 100


def _functions() -> Iterator[tuple[str, int]]:
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield f"{path.relative_to(ROOT)}:{node.name}", (node.end_lineno or node.lineno) - node.lineno + 1


def test_functions_stay_small() -> None:
    sizes = dict(_functions())
    assert {name: lines for name, lines in sizes.items() if lines > 40} == {}
    assert statistics.median(sizes.values()) <= 8


def test_no_import_hides_in_a_function() -> None:
    hidden = [
        f"{path.relative_to(ROOT)}:{inner.lineno}"
        for path in SOURCES
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        for inner in ast.walk(node)
        if isinstance(inner, ast.Import | ast.ImportFrom)
    ]
    assert hidden == []


def test_public_names_say_what_they_promise() -> None:
    silent = [
        f"{path.relative_to(ROOT)}:{node.lineno} {node.name}"
        for path in SOURCES
        for node in ast.parse(path.read_text()).body
        if isinstance(node, ast.FunctionDef | ast.ClassDef)
        and not node.name.startswith("_")
        and not ast.get_docstring(node)
    ]
    assert silent == []


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT / "saas")))
def test_templates_compile_and_pages_have_titles(app: Flask, path: Path) -> None:
    tree = app.jinja_env.parse(path.read_text())
    extends = tree.find(nodes.Extends)
    if extends and isinstance(extends.template, nodes.Const) and str(extends.template.value).startswith("layouts/"):
        assert any(block.name == "title" for block in tree.find_all(nodes.Block)), "the page has no title"


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT / "saas")))
def test_templates_keep_to_the_content_security_policy(path: Path) -> None:
    text = path.read_text()
    if "emails" in path.parts:
        return
    assert not re.search(r"\sstyle=|<style|\son[a-z]+=\"|<script(?![^>]*\ssrc=)|javascript:", text)
    assert not re.search(r"\|\s*safe\b", text)


def _texts() -> dict[str, str]:
    """The files that people write, by their names."""
    names = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    endings = (".py", ".md", ".html", ".txt", ".css", ".js", ".cfg", ".toml", ".conf")
    return {name: (ROOT / name).read_text() for name in names if name.endswith(endings) and "/vendor/" not in name}


def test_no_line_speaks_of_the_place_where_it_was_written() -> None:
    words = re.compile("/wor" + "k/|/tm" + r"p/[a-z]")
    assert [name for name, text in _texts().items() if words.search(text)] == []


def test_nothing_is_left_of_a_merge() -> None:
    marks = re.compile(r"^(<{7}|>{7}) ", re.MULTILINE)
    assert [name for name, text in _texts().items() if marks.search(text)] == []
