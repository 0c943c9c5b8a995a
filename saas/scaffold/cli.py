"""``saas module``: commands for those who build on the platform."""

from textwrap import indent

import click

from saas.core.console import facts, faint, say
from saas.scaffold.names import Names, names_of
from saas.scaffold.writing import ROOT, plan_files, write_files


@click.group("module")
def group() -> None:
    """Add product modules."""


@group.command("new")
@click.argument("name")
@click.option("--label", help="What people read, such as “Purchase orders”.")
@click.option("--singular", help="One of them, where leaving out the s does not do: people, person.")
def new(name: str, label: str | None, singular: str | None) -> None:
    """Write a small module that works: a list with pages to show, make, change and delete.

    NAME is a plural such as purchase_orders.
    """
    names = names_of(name, singular=singular, label=label)
    files = plan_files(names)
    write_files(files)
    say(f"The module “{names.label}” is there:\n")
    for path in files:
        say(f"  {path.relative_to(ROOT)}")
    say("\nWhat comes next:\n")
    say(indent(facts(_next_steps(names)), "  "))
    say(faint("\nThen make it yours: docs/adding-a-module.md goes through it file by file."))


def _next_steps(names: Names) -> list[tuple[str, str]]:
    return [
        ("saas tenants migrate", "give every organisation its table"),
        (f"pytest tests/modules/{names.name}", "see that it works"),
        ("saas/catalogues/…", f'offer it: add "{names.name}" to `modules` of the catalogue you sell by'),
        ("saas run", f"and open /{names.words['path']} on the site of an organisation"),
    ]
