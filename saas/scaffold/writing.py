"""Writing a new module: all of its files or none."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from string import Template

from alembic.script import ScriptDirectory

from saas.core.clock import now
from saas.core.errors import Conflict
from saas.scaffold.names import Names

ROOT = Path(__file__).resolve().parents[2]
FILES = Path(__file__).with_name("files")


def plan_files(names: Names, root: Path = ROOT) -> dict[Path, str]:
    """The files of a new module with their text; raises Conflict when something of that name is there."""
    _refuse_existing(names, root)
    homes = {
        "module": root / "saas" / "modules" / names.name,
        "templates": root / "saas" / "modules" / names.name / "templates" / names.name,
        "tests": root / "tests" / "modules" / names.name,
    }
    files = {
        home / source.name.removesuffix(".txt"): Template(source.read_text()).substitute(names.words)
        for folder, home in homes.items()
        for source in sorted((FILES / folder).iterdir())
    }
    return files | dict([_migration(names, root / "migrations" / "tenant")])


def write_files(files: Mapping[Path, str]) -> None:
    """Write files that are not there yet; takes all back, folders too, when one cannot be written (OSError)."""
    made: list[Path] = []
    try:
        for path, text in files.items():
            for folder in [folder for folder in reversed(path.parents) if not folder.exists()]:
                folder.mkdir()
                made.append(folder)
            with path.open("x") as file:
                made.append(path)
                file.write(text)
    except OSError:
        for path in reversed(made):
            path.rmdir() if path.is_dir() else path.unlink()
        raise


def _refuse_existing(names: Names, root: Path) -> None:
    if not (root / "migrations" / "tenant").is_dir():
        raise Conflict("A module is added to the project's source tree, and this is not one.")
    for place in _places(names, root):
        if place.exists():
            raise Conflict(f"{place.relative_to(root)} is there already. Please choose another name.")
    for migration in (root / "migrations" / "tenant" / "versions").glob("*.py"):
        if re.search(rf"create_table\(\s*['\"]{names.name}['\"]", migration.read_text()):
            raise Conflict(f"{migration.relative_to(root)} makes a table “{names.name}” already.")


def _places(names: Names, root: Path) -> Iterator[Path]:
    yield root / "saas" / names.name
    yield root / "saas" / "modules" / names.name
    yield root / "tests" / "modules" / names.name


def _migration(names: Names, folder: Path) -> tuple[Path, str]:
    heads = ScriptDirectory(str(folder)).get_heads()
    if len(heads) != 1:
        raise Conflict(f"Tenant migrations have the heads {', '.join(heads) or '(none)'}: merge them to one first.")
    revision, moment = _next_revision(heads[0]), now()
    text = Template((FILES / "migration.py.txt").read_text()).substitute(
        names.words, revision=revision, previous=heads[0], moment=moment.isoformat(timespec="seconds")
    )
    return folder / "versions" / f"{moment:%Y%m%d_%H%M}_{revision}_{names.name}_create.py", text


def _next_revision(head: str) -> str:
    """t0007 follows t0006; after a head that is numbered otherwise, the moment serves."""
    numbered = re.fullmatch(r"t(\d{4})", head)
    return f"t{int(numbered[1]) + 1:04}" if numbered else f"t{now():%Y%m%d%H%M%S}"
