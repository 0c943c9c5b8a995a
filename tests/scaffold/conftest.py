"""A copy of the source tree, in which modules can be made and commands run."""

import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path

import pytest

from saas.sandbox.postgres import Server, ensure_database
from tests.processes import ROOT, checking_types

TREE = ("saas", "migrations", "tests", "docs", "setup.cfg", "ruff.toml", "pyproject.toml", "wsgi.py")
LEFT_BEHIND = shutil.ignore_patterns("__pycache__", ".*_cache")
COMMANDS = {"saas": ["-m", "saas"], "pytest": ["-m", "pytest"], "ruff": ["-m", "ruff"], "mypy": ["-m", "mypy"]}

Run = Callable[[str], subprocess.CompletedProcess[str]]


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """The copy."""
    for name in TREE:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, tmp_path / name, ignore=LEFT_BEHIND)
        else:
            shutil.copy(source, tmp_path)
    return tmp_path


@pytest.fixture
def run(tree: Path, server: Server, worker_name: str) -> Run:
    """Run a command of the project in the copy, on a database of its own: ``run("saas module new shipments")``."""
    url = ensure_database(server, f"scaffold_{worker_name}")

    def run_command(line: str) -> subprocess.CompletedProcess[str]:
        program, *arguments = shlex.split(line)
        known = COMMANDS.get(program)
        command = [sys.executable, *known] if known else [str(Path(sys.executable).with_name(program))]
        environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
        environment |= {"DATABASE_URL": url}
        with checking_types() if program == "mypy" else nullcontext({}) as cached:
            return subprocess.run(
                [*command, *arguments], cwd=tree, env=environment | cached, capture_output=True, text=True
            )

    return run_command
