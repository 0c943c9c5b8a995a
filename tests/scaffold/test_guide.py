"""docs/adding-a-module.md: its commands work in the order given, and what it names is there."""

import re
from pathlib import Path

from tests.scaffold.conftest import ROOT, Run

GUIDE = (ROOT / "docs" / "adding-a-module.md").read_text()
PREPARE = "python -c 'from saas import create_app; from saas.tenancy import platform; create_app(); platform.migrate_platform()'"


def blocks(language: str) -> list[str]:
    """The fenced examples in a language."""
    return re.findall(rf"```{language}\n(.*?)```", GUIDE, re.DOTALL)


def test_every_command_works_so_a_new_module_passes_every_check_and_equals_its_migrations(run: Run, tree: Path):
    assert run(PREPARE).returncode == 0
    *first, change = blocks("sh")
    for line in "".join(first).splitlines():
        answer = run(line)
        assert answer.returncode == 0, f"{line}\n{answer.stdout[-2000:]}{answer.stderr[-2000:]}"
    model = tree / "saas/modules/shipments/models.py"
    (column,) = blocks("python")
    text = model.read_text().replace("import UTC, datetime\n", "import UTC, date, datetime\n")
    model.write_text(re.sub(r"(    notes: .*\n)", rf"\g<1>{column}", text))
    for line in change.splitlines():
        answer = run(line)
        assert answer.returncode == 0, f"{line}\n{answer.stdout[-2000:]}{answer.stderr[-2000:]}"
    (migration,) = (tree / "migrations/tenant/versions").glob("*_shipments_add_due_on.py")
    upgrade = migration.read_text().partition("def upgrade")[2].partition("def downgrade")[0]
    assert re.findall(r"op\.(\w+)\('?(\w*)", upgrade) == [("add_column", "shipments")]


def test_every_file_it_names_is_there():
    named = set(re.findall(r"`((?:saas|tests|docs|migrations)/[\w./-]+)`", GUIDE))
    assert named
    assert sorted(path for path in named if not (ROOT / path).exists()) == []


def test_every_name_it_explains_is_in_the_example():
    example = "".join(path.read_text() for path in (ROOT / "saas/modules/workflows").rglob("*.py"))
    for name in (
        *("start_run", "started_by_id", "fault", "kinds", "simulator", "running", "figures"),
        *("record", "changes_of", "fields_of", "target_of", "RUNNER", "CHANGED"),
    ):
        assert name in GUIDE
        assert name in example
