"""Forms of billing."""

from wtforms import RadioField, TextAreaField
from wtforms.validators import InputRequired, Length

from saas.web.forms import BaseForm


class CancelForm(BaseForm):
    """Why somebody cancels, and when it ends."""

    reason = RadioField("Why do you cancel?", choices=[], validators=[InputRequired("Tell us why, please.")])
    comment = TextAreaField("What could we do better?", validators=[Length(max=500)])
    when = RadioField(
        "When does it end?",
        choices=[("end", "At the end of what is paid"), ("now", "Now; what is paid is not given back")],
        default="end",
    )
