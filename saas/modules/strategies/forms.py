"""The forms of strategies: an exchange, a strategy of each kind, a backtest."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Self
from uuid import UUID

from flask import request
from wtforms import DecimalField, Field, Form, HiddenField, RadioField, SelectField
from wtforms.validators import DataRequired, InputRequired, Length, NumberRange, ValidationError

from saas.modules.strategies.kinds import KINDS, MARKETS, PERIODS, VENUES, Parameter
from saas.modules.strategies.models import NAME_LENGTH, Exchange, Strategy
from saas.modules.strategies.operations.backtests import LEAST_CAPITAL, MOST_CAPITAL
from saas.modules.strategies.operations.strategies import Draft
from saas.tenancy.names import is_uuid
from saas.web.forms import BaseForm, Line, Number

_LONGEST = Length(max=NAME_LENGTH, message=f"Use at most {NAME_LENGTH} characters.")


class ExchangeForm(BaseForm):
    """An exchange to add."""

    venue = RadioField("Exchange", choices={name: venue.label for name, venue in VENUES.items()})
    label = Line("Label", (_LONGEST,), render_kw={"maxlength": NAME_LENGTH})


class StrategyForm(BaseForm):
    """A strategy; ``form_of`` adds the parameters of its kind. ``version`` is that of the strategy being edited."""

    version = HiddenField("Version")
    name = Line("Name", (DataRequired("This is needed."), _LONGEST), render_kw={"maxlength": NAME_LENGTH})
    exchange = SelectField("Exchange", validators=[DataRequired("Choose an exchange of yours.")])
    market = SelectField("Market", choices={market: market for market in MARKETS})
    kind = ""

    @classmethod
    def fill(cls, exchanges: Iterable[Exchange], strategy: Strategy | None = None) -> Self:
        """The form as it was sent, else as the strategy stands, else with what is usual."""
        if strategy is None:
            form = cls.of_request(**{one.name: one.default for one in KINDS[cls.kind].parameters})
        else:
            form = cls.of_request(
                version="" if request.method == "POST" else strategy.version,
                name=strategy.name,
                exchange=str(strategy.exchange_id),
                market=strategy.market,
                **strategy.parameters,
            )
        form.exchange.choices = {str(one.id): one.name for one in exchanges}
        return form

    def overtaken(self, message: str, strategy: Strategy) -> None:
        """Say that the strategy was changed meanwhile; sent once more, what was typed takes the place of that change."""
        self.form_errors.append(message)
        self.version.data = strategy.version

    @property
    def parameters(self) -> list[tuple[Field, Parameter]]:
        """The fields of the parameters, each with what is said about it."""
        return [(self[one.name], one) for one in KINDS[self.kind].parameters]

    def draft(self) -> Draft:
        """The strategy as the operations take it."""
        chosen = self.exchange.data or ""
        told = {one.name: self[one.name].data or "" for one in KINDS[self.kind].parameters}
        return Draft(
            self.name.data or "",
            UUID(chosen) if is_uuid(chosen) else None,
            self.market.data or "",
            self.kind,
            told,
        )


def form_of(kind: str) -> type[StrategyForm]:
    """The form of a kind of strategy."""
    return _FORMS[kind]


def _field(parameter: Parameter) -> Line:
    def check(_form: Form, field: Field) -> None:
        if fault := parameter.fault(field.data or ""):
            raise ValidationError(fault)

    return Line(parameter.label, [check], render_kw={"inputmode": "decimal", "maxlength": 12})


_FORMS = {
    name: type("KindForm", (StrategyForm,), {"kind": name, **{one.name: _field(one) for one in kind.parameters}})
    for name, kind in KINDS.items()
}


class BacktestForm(BaseForm):
    """A backtest to ask for."""

    number = Number("Number")
    days = SelectField("Period", choices={str(days): label for days, label in PERIODS.items()}, default="90")
    capital = DecimalField(
        "Starting capital",
        [
            InputRequired("This is needed."),
            NumberRange(LEAST_CAPITAL, MOST_CAPITAL, f"Give an amount from {LEAST_CAPITAL} to {MOST_CAPITAL:,}."),
        ],
        default=Decimal(10_000),
        places=None,
        render_kw={"inputmode": "decimal"},
    )
