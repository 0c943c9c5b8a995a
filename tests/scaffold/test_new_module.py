"""``saas module new``: what it writes works at once, and it never writes half of it."""

import re
from pathlib import Path

import pytest

from saas.core.errors import Conflict
from saas.scaffold.names import names_of
from saas.scaffold.writing import plan_files, write_files
from tests.scaffold.conftest import ROOT, Run

LONG = "quarterly_statements"


def test_a_new_module_is_listed_and_well_formed_however_long_its_name(run: Run, tree: Path):
    made = run('saas module new purchase_orders --label "Purchase orders"')
    assert made.returncode == 0, made.stderr
    assert "The module “Purchase orders” is there:" in made.stdout
    listed = [line.strip() for line in made.stdout.splitlines() if line.endswith((".py", ".html"))]
    assert len(listed) == len(plan_files(names_of("others"), tree))
    assert all((tree / path).is_file() for path in listed)
    assert "pytest tests/modules/purchase_orders" in made.stdout
    assert run(f"saas module new {LONG}").returncode == 0
    for check in ("ruff check", "ruff format --check"):
        answer = run(f"{check} saas/modules tests/modules migrations")
        assert answer.returncode == 0, answer.stdout


def test_migrations_form_one_chain(run: Run, tree: Path):
    assert run("saas module new shipments").returncode == 0
    assert run("saas module new receipts").returncode == 0
    found = {}
    for path in (tree / "migrations/tenant/versions").glob("*.py"):
        text = path.read_text()
        revision, before = (
            re.search(rf"^{name} = ['\"]?(\w+)", text, re.MULTILINE)[1] for name in ("revision", "down_revision")
        )
        found[revision] = (before, path.name)
    newest = max(found)
    assert found[newest][1].endswith(f"_{newest}_receipts_create.py")
    assert found[found[newest][0]][1].endswith("_shipments_create.py")
    assert sorted(before for before, _ in found.values()) == sorted({*found, "None"} - {newest})


def test_a_refusal_is_one_line_and_exit_code_1(run: Run):
    refused = run("saas module new workflows")
    assert refused.returncode == 1
    assert refused.stderr == "Error: saas/modules/workflows is there already. Please choose another name.\n"


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("workflows", "saas/modules/workflows is there already"),
        ("tenancy", "saas/tenancy is there already"),
        ("job_receipts", "makes a table “job_receipts” already"),
    ],
)
def test_what_is_there_already_is_refused(name: str, reason: str):
    with pytest.raises(Conflict, match=reason):
        plan_files(names_of(name, singular="thing"))
    assert plan_files(names_of("shipments"))


def test_what_cannot_be_written_whole_is_taken_back(tree: Path):
    files = plan_files(names_of("shipments"), tree)
    before = sorted(tree.rglob("*"))
    with pytest.raises(OSError, match=r"setup\.cfg"):
        write_files(files | {tree / "setup.cfg": "is there already"})
    assert sorted(tree.rglob("*")) == before
    write_files(files)
    assert all(path.read_text() == text for path, text in files.items())


def test_a_module_needs_a_source_tree(tmp_path: Path):
    with pytest.raises(Conflict, match="source tree"):
        plan_files(names_of("shipments"), tmp_path)


def test_two_heads_must_be_merged_first(tree: Path):
    versions = tree / "migrations/tenant/versions"
    first = next(versions.glob("*t0001*"))
    other = first.read_text().replace("t0001", "t9001")
    (versions / "20260101_0000_t9001_other.py").write_text(other)
    with pytest.raises(Conflict, match="merge them"):
        plan_files(names_of("shipments"), tree)


def test_the_templates_of_the_generator_name_only_known_words():
    words = names_of("shipments").words
    planned = plan_files(names_of("shipments"), ROOT)
    assert not [path for path, text in planned.items() if "$" in text]
    assert words["Class"] in "".join(planned.values())
