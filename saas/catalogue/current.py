"""The catalogue of this process: what is sold here, today."""

from saas.catalogue.terms import Catalogue

_installed: list[Catalogue] = []


def install_catalogue(catalogue: Catalogue) -> None:
    """Make a catalogue the one of this process; the composition root calls this."""
    _installed[:] = [catalogue]


def catalogue() -> Catalogue:
    """What is sold; raises RuntimeError before the application is made."""
    if not _installed:
        raise RuntimeError("create_app() has not run in this process.")
    return _installed[0]
