"""The kinds of strategies and what each must be told; the exchanges and markets there are. Pure: no database, no request."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation


@dataclass(frozen=True, slots=True)
class Venue:
    """A simulated exchange; ``fee`` is the share of each trade that it keeps."""

    label: str
    sentence: str
    fee: float


VENUES: Mapping[str, Venue] = {
    "kestrel": Venue("Kestrel", "Large and cheap, for everything that is traded much.", 0.0008),
    "northport": Venue("Northport", "European, settles in euros and dollars.", 0.0012),
    "mercato": Venue("Mercato", "Quick fills for small orders.", 0.0015),
    "halyard": Venue("Halyard", "Deep books in the large coins.", 0.0010),
    "quayside": Venue("Quayside", "For beginners, with higher fees.", 0.0025),
}
MARKETS: Mapping[str, int] = {
    "BTC-USD": 64_000,
    "ETH-USD": 3_200,
    "SOL-USD": 150,
    "ADA-USD": 1,
    "BTC-EUR": 59_000,
    "ETH-EUR": 2_900,
}
"""Each market with about what one coin costs in it."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """A number that a strategy must be told; ``unit`` stands behind it, ``help`` says what it does."""

    name: str
    label: str
    least: int
    most: int
    default: str
    unit: str
    help: str = ""
    whole: bool = True

    def fault(self, text: str) -> str:
        """What is wrong with a value, said to whoever typed it; empty when nothing is."""
        try:
            value = Decimal(text.strip())
        except InvalidOperation:
            return "Please enter a number."
        if not value.is_finite():
            return "Please enter a number."
        if self.whole and value != value.to_integral_value():
            return "Please enter a whole number."
        if not self.least <= value <= self.most:
            return f"Give a number from {self.least} to {self.most}."
        return ""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of strategy. ``weight`` is how much there is to compute for each hour; an ``advanced`` one is a feature of plans."""

    label: str
    icon: str
    sentence: str
    weight: int
    parameters: tuple[Parameter, ...]
    advanced: bool = False


_WINDOW = Parameter("window", "Window", 6, 500, "72", "hours", "How far back the usual price is looked for.")
_DEVIATIONS = Parameter(
    "deviations", "Distance", 1, 5, "2", "deviations", "How far from the usual counts as far.", whole=False
)

KINDS: Mapping[str, Kind] = {
    "moving_average": Kind(
        "Moving average",
        "chart-line",
        "Buys when the short average rises above the long one, sells when it falls below.",
        1,
        (
            Parameter("fast", "Short average", 2, 200, "12", "hours", "Reacts quickly."),
            Parameter("slow", "Long average", 3, 500, "48", "hours", "Shows where things are going."),
        ),
    ),
    "buy_the_dip": Kind(
        "Buy the dip",
        "arrow-down-right",
        "Buys when the price has fallen from its latest high, sells after a gain.",
        1,
        (
            Parameter("drop", "Fall", 1, 50, "5", "%", "How far below the high of the last day.", whole=False),
            Parameter("gain", "Gain", 1, 100, "4", "%", "When to sell again.", whole=False),
        ),
    ),
    "mean_reversion": Kind(
        "Mean reversion",
        "arrows-exchange",
        "Buys what is far below its usual price, sells when it is back.",
        2,
        (_WINDOW, _DEVIATIONS),
        advanced=True,
    ),
    "pairs": Kind(
        "Pairs",
        "git-branch",
        "Watches two markets that move together, buys the one that lags behind.",
        4,
        (_WINDOW, _DEVIATIONS),
        advanced=True,
    ),
    "momentum": Kind(
        "Momentum",
        "arrow-up-right",
        "Goes along with what has risen enough, steps out when it turns.",
        2,
        (
            Parameter("window", "Window", 6, 500, "48", "hours", "Over how many hours the rise is measured."),
            Parameter("rise", "Rise", 0, 50, "3", "%", "How much it must have risen.", whole=False),
        ),
        advanced=True,
    ),
}
PARAMETERS: Mapping[str, Parameter] = {one.name: one for kind in KINDS.values() for one in kind.parameters}
PERIODS: Mapping[int, str] = {30: "30 days", 90: "90 days", 180: "180 days", 365: "A year"}
"""Over how many days a strategy can be tried."""


def faults_of(kind: str, parameters: Mapping[str, str]) -> dict[str, str]:
    """What is wrong with the parameters of a kind, by name."""
    found = {one.name: one.fault(parameters.get(one.name, "")) for one in KINDS[kind].parameters}
    faults = {name: fault for name, fault in found.items() if fault}
    if kind == "moving_average" and not faults and Decimal(parameters["fast"]) >= Decimal(parameters["slow"]):
        faults["slow"] = "The long average must be longer than the short one."
    return faults


def describe(kind: str, parameters: Mapping[str, str]) -> str:
    """What a strategy is told, in one line."""
    return ", ".join(
        f"{one.label.lower()} {parameters[one.name]} {one.unit}"
        for one in KINDS[kind].parameters
        if one.name in parameters
    )
