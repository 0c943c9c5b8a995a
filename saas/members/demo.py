"""Teams to show, with the people of the organisation in them."""

from collections.abc import Sequence
from datetime import timedelta
from itertools import cycle
from uuid import UUID

from saas.accounts.models import User
from saas.core.actor import SYSTEM
from saas.core.clock import ago
from saas.core.database import db
from saas.core.module import Role
from saas.members.models import Team
from saas.members.operations.teams import add_member, create_team, set_lead

TEAMS = {
    "Product": ("", "What we build, and for whom."),
    "Engineering": ("Product", "Builds and runs it."),
    "Platform": ("Engineering", "Keeps it up, day and night."),
    "Design": ("Product", "How it looks and feels."),
    "Customers": ("", "Everybody who speaks with customers."),
    "Sales": ("Customers", ""),
    "Support": ("Customers", "Answers within the hour."),
}
"""Each team with the one above it, and what it is there for."""
LED = "Engineering"


def fill(*, seed: int, people: Sequence[UUID], days: int) -> None:
    """Teams made on the first day; everybody in one, every third in another one too. A team admin leads one of them."""
    with ago(timedelta(days=days)):
        teams: dict[str, Team] = {}
        for name, (above, text) in TEAMS.items():
            parent_id = teams[above].id if above else None
            teams[name] = create_team(name=name, description=text, parent_id=parent_id, actor=SYSTEM)
        places = cycle(["Product", "Customers", LED, "Support", "Platform", "Sales", "Design"])
        for number, (user_id, name) in enumerate(zip(people, places, strict=False)):
            _place(teams, user_id, name, also="Product" if number % 3 == 0 and name != "Product" else "")
        db.session.flush()


def _place(teams: dict[str, Team], user_id: UUID, name: str, *, also: str) -> None:
    leads = db.session.get_one(User, user_id).role == Role.TEAM_ADMIN
    for team in {LED if leads else name, also} - {""}:
        add_member(teams[team], user_id, actor=SYSTEM)
    if leads:
        set_lead(teams[LED], user_id, leads=True, actor=SYSTEM)
