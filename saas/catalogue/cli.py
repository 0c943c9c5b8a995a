"""The commands ``saas catalogue …``: check and compare the files that say what is sold."""

from collections.abc import Sequence, Sized
from pathlib import Path

import click

from saas.catalogue.comparing import compare
from saas.catalogue.reading import WrongCatalogue, path_of, read, shipped
from saas.catalogue.terms import Catalogue
from saas.core.console import mark, say, table


@click.group("catalogue")
def group() -> None:
    """Catalogues: the files that say what plans cost and allow."""


@group.command("check")
@click.argument("files", nargs=-1)
def check(files: Sequence[str]) -> None:
    """Check catalogues (files, or names of those that come along; without any, all of these); exit code 1 if one is wrong."""
    wrong = 0
    for name in files or shipped():
        try:
            catalogue = read(path_of(name))
            say(f"{mark('ok')}  {name}: {_counted(catalogue)}")
        except WrongCatalogue as error:
            wrong += 1
            say(f"{mark('fail')}  {name}\n{error}")
    if wrong:
        raise click.exceptions.Exit(1)


def _counted(catalogue: Catalogue) -> str:
    counts: dict[str, Sized] = {"plan": catalogue.plans, "meter": catalogue.meters, "feature": catalogue.features}
    if catalogue.themes:
        counts["theme"] = catalogue.themes
    told = (f"{len(found)} {name}{'' if len(found) == 1 else 's'}" for name, found in counts.items())
    return f"prices in {catalogue.currency}; {', '.join(told)}"


@group.command("diff")
@click.argument("old")
@click.argument("new")
def diff(old: str, new: str) -> None:
    """What differs between two catalogues; exit code 1 if anything does."""
    differences = compare(_read(old), _read(new))
    if not differences:
        say("Both say the same.")
        return
    say(table(("Key", "Before", "After"), [(one.key, _shown(one.before), _shown(one.after)) for one in differences]))
    if plans := dict.fromkeys(one.plan for one in differences if one.plan and one.before is not None):
        say(f"\nWho has a plan keeps its terms until moved: {', '.join(plans)}.")
    raise click.exceptions.Exit(1)


def _read(name: str) -> Catalogue:
    try:
        return read(path_of(name))
    except WrongCatalogue as error:
        raise click.ClickException(f"{Path(name).name} is no catalogue.\n{error}") from None


def _shown(value: object) -> str:
    if value is None or value == []:
        return "–"
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
