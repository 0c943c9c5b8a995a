"""Wrong passwords: what is said of them, and the note that outlives the refusal."""

from saas.accounts.models import User
from saas.accounts.module import PASSWORD_REFUSED, SIGN_IN_FAILED
from saas.accounts.passwords import verify_password
from saas.accounts.persons import target_of_address
from saas.accounts.queries import find_user
from saas.core.actor import Actor
from saas.core.audit import record
from saas.core.errors import Invalid


class WrongPassword(Invalid):
    """Somebody tried a password that is not the account's; whoever asks has to count it, and to note it afterwards."""


def note_wrong_password(email: str, *, actor: Actor) -> None:
    """Note that a password was refused for an address (canonical form), in a unit of work of its own.

    The log tells admins why; whoever tried was told the same in every case.
    """
    user = find_user(email)
    event = SIGN_IN_FAILED if actor.kind == "visitor" else PASSWORD_REFUSED
    record(event, actor=actor, target=target_of_address(email, user), email=email, reason=_reason(user))


def _reason(user: User | None) -> str:
    if user is None:
        return "nobody has this address"
    if user.is_active:
        return "wrong password"
    return "removed" if user.removed_at else "deactivated"


def check_present(user: User, password: str, *, field: str) -> str | None:
    """Raise WrongPassword unless it is the person's password; returns a better hash of it, where there is one."""
    right, better = verify_password(password, user.password_hash)
    if not right:
        raise WrongPassword("This is not your password.", field=field)
    return better
