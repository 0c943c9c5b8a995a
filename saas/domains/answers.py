"""Questions to the DNS and their answers, whoever gives them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol, Self

Kind = Literal["found", "nothing", "no_such_name", "failed"]

AUTHORITATIVE = "authoritative"
"""Asked like a resolver: the zone's own name servers, which know of a change before anybody else does."""
REASONS = {
    "timeout": "did not answer in time",
    "late": "was not asked any more, because the others took too long",
    "servfail": "could not find it out: the domain’s name servers fail (SERVFAIL)",
    "dnssec": "does not trust the answer: the domain’s signatures are broken (DNSSEC)",
    "refused": "refused to answer",
    "malformed": "answered something that cannot be read",
    "unreachable": "could not be reached",
    "servers": "could not be asked: the domain names no name servers that can be reached",
}
"""Why there is no answer, to be read after the resolver's name."""
NAMES = {
    "1.1.1.1": "Cloudflare",
    "1.0.0.1": "Cloudflare",
    "8.8.8.8": "Google",
    "8.8.4.4": "Google",
    "9.9.9.9": "Quad9",
    "149.112.112.112": "Quad9",
    AUTHORITATIVE: "The domain’s own name servers",
}
"""What well-known resolvers are called."""


@dataclass(frozen=True, slots=True)
class Question:
    """Who is asked, and for which records: ``("9.9.9.9", "portal.example.com", "A")``."""

    resolver: str
    name: str
    type: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What a resolver said: values, none (``nothing``), that there is no such name, or no answer at all (``failed``).

    ``chain`` holds the names that CNAMEs led to, in order; ``ttl`` the seconds for which the answer may be kept; ``reason``
    says why it failed, as a key of REASONS.
    """

    resolver: str
    kind: Kind
    values: tuple[str, ...] = ()
    chain: tuple[str, ...] = ()
    ttl: int | None = None
    reason: str = ""

    @property
    def detail(self) -> str:
        """Why there is no answer, in words that follow the resolver's name; empty where there is one."""
        return REASONS.get(self.reason, REASONS["malformed"]) if self.kind == "failed" else ""

    @property
    def asked(self) -> str:
        """Who was asked, for people: ``Quad9 (9.9.9.9)``."""
        name = NAMES.get(self.resolver)
        return f"{name} ({self.resolver})" if name and self.resolver != AUTHORITATIVE else name or self.resolver

    def stored(self) -> dict[str, Any]:
        """As JSON."""
        return {name: getattr(self, name) for name in self.__slots__}

    @classmethod
    def read(cls, stored: Mapping[str, Any]) -> Self:
        """What ``stored`` gave."""
        return cls(**{**stored, "values": tuple(stored["values"]), "chain": tuple(stored["chain"])})


class Ask(Protocol):
    """Answers questions; never raises for what the network does."""

    @property
    def resolvers(self) -> tuple[str, ...]:
        """The resolvers there are, without the authoritative servers, which may be asked too."""

    def ask(self, resolver: str, name: str, type: str) -> Answer:
        """The answer of one of the resolvers, or of AUTHORITATIVE."""
