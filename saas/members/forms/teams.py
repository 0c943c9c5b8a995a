"""Forms of teams."""

from uuid import UUID

from wtforms import HiddenField, RadioField, SelectField, TextAreaField
from wtforms.validators import DataRequired, Length

from saas.core.errors import Invalid
from saas.members.operations.teams import DESCRIPTION_LENGTH, NAME_LENGTH
from saas.web.forms import BaseForm, Line, Number, readable

TOP = "top"
"""The place below no other team, in addresses and forms."""
CHILDREN = {
    "up": ("They move up", "Each keeps its people, its leads and what is below it."),
    "delete": ("Delete them too", "All teams below go, on every level."),
}
MEMBERS = {
    "parent": ("They move to the team above", "Nobody leads there because of this."),
    "leave": ("They just leave", "They stay in the organisation and in their other teams."),
}


class TeamForm(BaseForm):
    """What a team is called and does; ``version`` is that of the team being edited."""

    version = HiddenField()
    name = Line(
        "Name",
        [DataRequired("This is needed."), Length(max=NAME_LENGTH, message=f"Use at most {NAME_LENGTH} characters.")],
        render_kw={"maxlength": NAME_LENGTH, "autocomplete": "off"},
    )
    description = TextAreaField(
        "Description",
        [readable, Length(max=DESCRIPTION_LENGTH, message=f"Use at most {DESCRIPTION_LENGTH} characters.")],
        filters=[lambda text: text.replace("\r\n", "\n").strip() if text else text],
        render_kw={"maxlength": DESCRIPTION_LENGTH},
        description="What the team is there for. Everybody can read it.",
    )


class NewTeamForm(TeamForm):
    """A team and where it stands; ``number`` is the id that it will have, so that a form sent twice makes one team."""

    number = Number()
    parent = SelectField("Below", validate_choice=False)


class MoveForm(BaseForm):
    """Another place for a team; ``seen`` is the mark of the preview beside it."""

    to = SelectField("New place", validate_choice=False)
    seen = HiddenField()


class DeleteForm(BaseForm):
    """What becomes of the teams below and of the people; ``seen`` is the mark of the preview beside it."""

    children = RadioField("The teams below", choices={value: words[0] for value, words in CHILDREN.items()})
    members = RadioField("The people", choices={value: words[0] for value, words in MEMBERS.items()})
    seen = HiddenField()


def read_place(text: str | None, *, field: str) -> UUID | None:
    """The id of a team above, None for no team; raises Invalid for what is no id."""
    if text == TOP:
        return None
    try:
        return UUID(text or "")
    except ValueError:
        raise Invalid("Please choose a place.", field=field) from None
