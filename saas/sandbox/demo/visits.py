"""Sign-ins of the demo's people: the first on the day they came, one some days ago, and it is still in use."""

from datetime import timedelta

from saas.accounts.models import User
from saas.accounts.operations import note_use, open_session
from saas.accounts.queries import list_sessions
from saas.core.actor import Actor
from saas.core.clock import ago
from saas.core.database import db

BROWSERS = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Safari/605.1.15",
    "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
)


def sign_in_over_time(user: User, *, place: int, came: timedelta) -> None:
    """Give a person who ``came`` so long ago a browser; ``place`` (from 0, below 8) varies which, and when it was used."""
    address = f"198.51.100.{10 + place}"
    actor = Actor(kind="member", name=user.name, id=user.id, address=address, agent=BROWSERS[place % len(BROWSERS)])
    with ago(came):
        open_session(user, actor=actor)
        db.session.flush()
    with ago(timedelta(days=1 + place)):
        open_session(user, actor=actor)
        session = list_sessions(user.id)[0]
        db.session.flush()
    with ago(timedelta(minutes=7 * (1 + place) ** 2)):
        note_use(session.id, address=address)
