"""Forms of invitations."""

from typing import Any
from uuid import UUID

from wtforms import Field, HiddenField, IntegerField, RadioField, SelectMultipleField, TextAreaField
from wtforms.validators import InputRequired, Length, NumberRange, Optional, ValidationError

from saas.accounts.passwords import SHORTEST
from saas.core.actor import Actor
from saas.members.operations.invitations import DAYS, MESSAGE_LENGTH, MOST_DAYS, NO_LINKS, Offer
from saas.members.queries.choices import list_givable_roles, list_teams
from saas.members.queries.roles import split_key
from saas.tenancy.names import is_linklike
from saas.web.forms import BaseForm, Choice, Line, Number, Secret, readable

MANY = 12
"""Among more teams than these, those chosen stand first and the others can be filtered."""


def _tidy(text: str | None) -> str:
    return (text or "").replace("\r\n", "\n").replace("\r", "\n").strip()


class Teams(SelectMultipleField):
    """Several teams; what is none of those offered is refused."""

    def pre_validate(self, form: Any) -> None:
        """Raise ValidationError for a team that is not offered."""
        offered = {value for value, *_ in self.iter_choices()}
        if set(self.data or ()) - offered:
            raise ValidationError("Please choose among these teams.")


class OfferForm(BaseForm):
    """A role and teams, as far as whoever fills it in may give them."""

    role = RadioField("Role", [InputRequired("Please choose a role.")], validate_choice=False)
    teams = Teams("Teams", [Optional()])

    def offer_to(self, actor: Actor) -> dict[str, str]:
        """Fill the choices with what somebody may give; returns what to say of each role."""
        roles = list_givable_roles(actor)
        self.role.choices = [Choice(role.key, role.label) for role in roles]
        teams, chosen = [(str(team_id), name) for team_id, name in list_teams(actor.held)], set(self.teams.data or ())
        if len(teams) > MANY:
            teams.sort(key=lambda team: team[0] not in chosen)
        self.teams.choices = [Choice(team_id, name) for team_id, name in teams]
        return {role.key: role.description for role in roles}

    def validate_role(self, field: Field) -> None:
        """Raise ValidationError for a role that is not offered."""
        if field.data not in {value for value, *_ in self.role.iter_choices()}:
            raise ValidationError("Please choose one of these roles.")

    def offer(self) -> Offer:
        """What was chosen, once it is valid."""
        role, role_id = split_key(self.role.data or "")
        return Offer(role, role_id, [UUID(team) for team in self.teams.data or ()])


class InviteForm(OfferForm):
    """Whom to invite, as what, with which words, for how long; ``seen`` is the mark of the list that was looked at.

    ``number`` is the id that the first invitation will have, so that a form sent twice is known.
    """

    addresses = TextAreaField("E-mail addresses", [readable])
    message = TextAreaField(
        "Message",
        [readable, Optional(), Length(max=MESSAGE_LENGTH, message=f"Use at most {MESSAGE_LENGTH} characters.")],
        filters=[_tidy],
    )
    days = IntegerField(
        "Good for how many days?",
        [InputRequired("Please enter a number of days."), NumberRange(1, MOST_DAYS, f"Choose 1 to {MOST_DAYS} days.")],
        default=DAYS,
    )
    seen = HiddenField("Seen")
    number = Number()

    def validate_message(self, field: Field) -> None:
        """Raise ValidationError for words that would make the mail look like spam."""
        if is_linklike(field.data or ""):
            raise ValidationError(NO_LINKS)


class AcceptForm(BaseForm):
    """What a newcomer tells of themselves; the address is the invited one."""

    name = Line("Your name", [InputRequired("Please enter your name.")])
    password = Secret(
        "Choose a password",
        [
            InputRequired("Please choose a password."),
            Length(min=SHORTEST, message=f"Use at least {SHORTEST} characters."),
        ],
    )
