"""What the composition root made for this process: settings, registry, keys, mail, files. One process, one deployment."""

from collections.abc import Callable
from dataclasses import dataclass

from saas.core.crypto import KeyRing
from saas.core.look import PLAIN, Look
from saas.core.mail import Postbox
from saas.core.registry import Registry
from saas.core.settings import Settings
from saas.core.storage import Storage


@dataclass(frozen=True, slots=True)
class Runtime:
    """The parts that every floor may ask for. ``look`` tells that of the organisation in scope,
    ``plain`` that of who has none."""

    settings: Settings
    registry: Registry
    keys: KeyRing
    postbox: Postbox
    storage: Storage
    look: Callable[[], Look] = lambda: PLAIN
    plain: Callable[[], Look] = lambda: PLAIN


_installed: list[Runtime] = []


def install(runtime: Runtime) -> None:
    """Make a runtime the one of this process; the composition root calls this."""
    _installed[:] = [runtime]


def runtime() -> Runtime:
    """The runtime of this process; raises RuntimeError before the application is made."""
    if not _installed:
        raise RuntimeError("create_app() has not run in this process.")
    return _installed[0]


def settings() -> Settings:
    """The settings of this process."""
    return runtime().settings
