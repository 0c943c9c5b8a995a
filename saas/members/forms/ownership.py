"""The form of an offer."""

from wtforms import BooleanField
from wtforms.validators import InputRequired, Length

from saas.web.forms import BaseForm, Line


class OfferForm(BaseForm):
    """To whom the ownership is offered, and whether the present owner stays one."""

    to = Line(
        "Who shall own the organisation",
        [InputRequired("Please enter an e-mail address."), Length(max=254, message="Use at most 254 characters.")],
    )
    stays = BooleanField("I stay an owner too")
