"""What an examination found, as it is kept and shown."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Literal, Self

from saas.domains.answers import Answer
from saas.domains.records import Record

Verdict = Literal["found", "missing", "wrong", "unknown"]


@dataclass(frozen=True, slots=True)
class RecordReport:
    """A record that should be there, what the resolvers said about it, and what that comes to; ``unknown``: nobody answered."""

    record: Record
    verdict: Verdict
    answers: tuple[Answer, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """What is known of a claim at a moment. Of ``proven`` (the owner's record is there) and ``points_here`` (visitors of the host
    reach us), None means that nobody could be asked.

    ``cause`` is the most probable reason as a key of `saas.domains.causes.CAUSES`, told by ``sentence``; ``advice`` says what
    to do, empty where nothing is.
    """

    at: datetime
    proven: bool | None
    points_here: bool | None
    cause: str
    sentence: str
    advice: str
    records: tuple[RecordReport, ...]

    @property
    def is_good(self) -> bool:
        """Whether the host is proven and points here."""
        return bool(self.proven and self.points_here)

    @property
    def is_bad(self) -> bool:
        """Whether it is certain that the host is not proven, or does not point here."""
        return self.proven is False or self.points_here is False

    def stored(self) -> dict[str, Any]:
        """As JSON."""
        told = {name: getattr(self, name) for name in self.__slots__}
        rows = [
            {
                "record": asdict(row.record),
                "verdict": row.verdict,
                "answers": [answer.stored() for answer in row.answers],
            }
            for row in self.records
        ]
        return {**told, "at": self.at.isoformat(), "records": rows}

    @classmethod
    def read(cls, stored: Mapping[str, Any]) -> Self:
        """What ``stored`` gave."""
        rows = tuple(
            RecordReport(Record(**row["record"]), row["verdict"], tuple(map(Answer.read, row["answers"])))
            for row in stored["records"]
        )
        known = {name: stored[name] for name in cls.__slots__}
        return cls(**{**known, "at": datetime.fromisoformat(stored["at"]), "records": rows})
