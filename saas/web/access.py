"""Access marks: every endpoint carries exactly one of ``@public``, ``@signed_in`` and ``@requires(PERMISSION)``.

Further marks narrow that (``@confirmed``, ``@feature``, ``@costly`` …). The marks are data on the view; ``saas.web.request``
checks them before the view runs, and tests list endpoints without one.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeVar

from saas.core.module import Permission

_PRODUCT = "saas.modules."
View = TypeVar("View", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Access:
    """Who may come in. ``confirmed`` wants a recently typed password; ``even_suspended`` stays open for suspended tenants.

    ``somewhere`` lets in who holds the permission in one team only: the operation decides about the team in question.
    ``even_keys`` lets API keys in where no permission is asked: elsewhere that is for people alone. A ``signed`` request proves
    by its body from whom it comes: no cookie and no form's token count, and it is not limited as strangers are.
    The plan must hold ``features``. ``module`` is the product module that the view belongs to: the organisation must work with
    it. A ``costly`` one may be asked for less often than others. A body may have ``most`` bytes; 0: as many as anywhere.
    That parts of a page ask a ``watched`` one again and again is no use of the session.
    """

    kind: Literal["public", "signed_in", "requires"] | None = None
    permission: Permission | None = None
    confirmed: bool = False
    even_suspended: bool = False
    somewhere: bool = False
    even_keys: bool = False
    signed: bool = False
    features: tuple[str, ...] = ()
    costly: bool = False
    module: str = ""
    most: int = 0
    watched: bool = False

    @property
    def for_people(self) -> bool:
        """Whether an API key cannot come in, whatever it may do."""
        return self.confirmed or (self.kind == "signed_in" and not self.even_keys)


def access_of(view: Callable[..., Any] | None) -> Access:
    """The marks of a view; none at all when it carries none."""
    mark: Access = getattr(view, "access", Access())
    name = getattr(view, "__module__", "")
    return replace(mark, module=name.split(".")[2]) if name.startswith(_PRODUCT) else mark


def public(view: View) -> View:
    """Anybody may come in."""
    return _mark(view, kind="public")


def signed_in(view: View) -> View:
    """Whoever has an account in this organisation may come in."""
    return _mark(view, kind="signed_in")


def requires(permission: Permission, *, somewhere: bool = False) -> Callable[[View], View]:
    """Whoever holds the permission may come in; with ``somewhere`` also who holds it in one team only."""
    return lambda view: _mark(view, kind="requires", permission=permission, somewhere=somewhere)


def confirmed(view: View) -> View:
    """Ask for the password again unless it was typed within the last minutes (setting REAUTH_MINUTES)."""
    return _mark(view, confirmed=True)


def even_suspended(view: View) -> View:
    """Stay open while the organisation is suspended."""
    return _mark(view, even_suspended=True)


def even_keys(view: View) -> View:
    """Let API keys in too, where whoever has an account may come in: the view asks the actor, not the account."""
    return _mark(view, even_keys=True)


def signed(view: View) -> View:
    """Let machines of others in, which sign what they send; the view checks that before anything else."""
    return _mark(view, kind="public", signed=True)


def feature(name: str) -> Callable[[View], View]:
    """Whoever comes in needs a plan that holds a feature of the catalogue; others see which plan does."""
    return lambda view: _mark(view, features=(*access_of(view).features, name))


def costly(view: View) -> View:
    """Each organisation may ask for this only so often in a minute, as its plan says."""
    return _mark(view, costly=True)


def takes(most: int) -> Callable[[View], View]:
    """Take bodies of up to so many bytes, for files."""
    return lambda view: _mark(view, most=most)


def watched(view: View) -> View:
    """Pages ask by themselves, without end, what is new here: that alone keeps nobody signed in."""
    return _mark(view, watched=True)


def _mark(view: View, **changes: Any) -> View:
    before = access_of(view)
    if changes.get("kind") and before.kind:
        raise ValueError(f"{view.__name__} carries two access marks")
    view.access = replace(before, **changes)  # type: ignore[attr-defined]  # a mark on a function
    return view
