"""A batch of uses, column by column: that is how the database takes a thousand at once."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Self
from uuid import UUID

from saas.usage.uses import Use

_QUOTED = str.maketrans({"\\": "\\\\", '"': '\\"'})


@dataclass(slots=True)
class Batch:
    """Checked uses as columns of the same length; a column in which all are the same may stand for them as one value."""

    meters: Sequence[str]
    quantities: Sequence[Decimal | int]
    keys: Sequence[str | None]
    ats: Sequence[datetime | None]
    dimensions: Sequence[str]
    modules: Sequence[str]
    resources: Sequence[str]
    outcomes: Sequence[str]
    durations: Sequence[int | None]
    people: Sequence[UUID | None]

    @classmethod
    def of(cls, uses: Iterable[Use]) -> Self:
        """The columns of uses."""
        rows = [
            (u.meter, u.quantity, u.key, u.at, u.dimension, u.module, u.resource, u.outcome, u.duration_ms, u.user_id)
            for u in uses
        ]
        columns: list[Any] = [list(column) for column in zip(*rows, strict=True)] if rows else [[] for _ in range(10)]
        return cls(*columns)

    def __len__(self) -> int:
        return len(self.meters)

    def only(self, places: Sequence[int]) -> "Batch":
        """The uses at some places, in their order."""
        if len(places) == len(self):
            return self
        columns: list[Any] = [[column[place] for place in places] for column in self._columns()]
        return Batch(*columns)

    def _columns(self) -> tuple[Sequence[Any], ...]:
        return (
            *(self.meters, self.quantities, self.keys, self.ats, self.dimensions),
            *(self.modules, self.resources, self.outcomes, self.durations, self.people),
        )


def array_of(values: Sequence[Any]) -> str | None:
    """A column as PostgreSQL reads arrays; None where every value is empty or nothing, which says the same in fewer bytes."""
    if all(value is None or value == "" for value in values):
        return None
    if None not in values:
        plain = '","'.join(map(str, values))
        if "\\" not in plain and plain.count('"') == 2 * (len(values) - 1):
            return f'{{"{plain}"}}'
    return "{" + ",".join(["NULL" if value is None else f'"{str(value).translate(_QUOTED)}"' for value in values]) + "}"
