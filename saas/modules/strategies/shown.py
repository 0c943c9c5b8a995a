"""What the pages of strategies show beside what is stored: room in the plan, locked kinds, charts."""

from dataclasses import dataclass
from datetime import date

from saas.catalogue.current import catalogue
from saas.modules.strategies.kinds import KINDS, Kind
from saas.modules.strategies.models import Backtest
from saas.modules.strategies.module import ADVANCED
from saas.tenancy.entitlements import entitlements
from saas.tenancy.limits import plans_with_feature
from saas.tenancy.locales import day_in
from saas.web.charts import Chart, Series, line_chart
from saas.web.format import language, number

MOST_POINTS = 120


@dataclass(frozen=True, slots=True)
class Room:
    """How much of what stands the plan has room for; ``limit`` None: for as many as one likes."""

    used: int
    limit: int | None

    @property
    def is_full(self) -> bool:
        """Whether nothing more fits in."""
        return self.limit is not None and self.used >= self.limit


def room_of(meter: str, used: int) -> Room:
    """The room that the plan of the organisation in scope has for something that stands."""
    return Room(used, entitlements().limit(meter))


@dataclass(frozen=True, slots=True)
class Offered:
    """A kind of strategy as it is offered; ``plans`` are what the plans are called that have it where it is locked."""

    name: str
    kind: Kind
    locked: bool
    plans: list[str]


def offered_kinds() -> list[Offered]:
    """All kinds, those that the plan holds first."""
    locked = not entitlements().allows(ADVANCED)
    plans = [catalogue().plans[name].label for name in plans_with_feature(ADVANCED)] if locked else []
    found = [Offered(name, kind, kind.advanced and locked, plans) for name, kind in KINDS.items()]
    return sorted(found, key=lambda one: one.locked)


def equity_chart(backtest: Backtest) -> Chart:
    """How the worth of the strategy went beside that of just holding the coin, as a gain in percent since the beginning."""
    assert backtest.outcome is not None
    days, capital = backtest.outcome["days"], float(backtest.capital)
    step = -(-len(days) // MOST_POINTS)
    places = sorted({*range(0, len(days), step), len(days) - 1})
    labels = [day_in(language(), date.fromisoformat(days[at]), "short") for at in places]
    lines = {"Strategy": backtest.outcome["curve"], "Just holding": backtest.outcome["holding"]}
    series = [Series(name, [round(100 * (line[at] / capital - 1), 2) for at in places]) for name, line in lines.items()]
    return line_chart(labels, series, format=_percent, label_head="Day", most_labels=5)


def _percent(value: float) -> str:
    return f"{number(value, '0.#')} %"
