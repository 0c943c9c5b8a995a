"""A DNS made of a table, for tests: what stands at which name, as everybody or as one of those who are asked sees it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from saas.domains.answers import Answer, Kind

RESOLVERS = ("192.0.2.53", "198.51.100.53", "203.0.113.53")

Zone = Mapping[tuple[str, str], Iterable[str]]


@dataclass
class Table:
    """Answers from ``zone``; those in ``views`` see another one, those in ``failing`` give no answer, for the reason given, nor
    does anybody to questions for a type in ``silent``.

    A name with records of another type only has nothing, one without any is no name. CNAMEs are followed; a circle fails.
    """

    zone: Zone
    views: Mapping[str, Zone] = field(default_factory=dict)
    failing: Mapping[str, str] = field(default_factory=dict)
    silent: Mapping[str, str] = field(default_factory=dict)
    resolvers: tuple[str, ...] = RESOLVERS
    ttl: int = 300

    def ask(self, resolver: str, name: str, type: str) -> Answer:
        """The answer."""
        if reason := self.failing.get(resolver) or self.silent.get(type):
            return Answer(resolver, "failed", reason=reason)
        zone, chain = self.views.get(resolver, self.zone), list[str]()
        while type != "CNAME" and (cname := tuple(zone.get((name, "CNAME"), ()))):
            name = cname[0]
            if name in chain:
                return Answer(resolver, "failed", reason="servfail")
            chain.append(name)
        values = tuple(zone.get((name, type), ()))
        empty: Kind = "nothing" if any(known == name for known, _ in zone) else "no_such_name"
        return Answer(resolver, "found" if values else empty, values, tuple(chain), self.ttl)
