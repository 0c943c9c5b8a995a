"""How certificates stand, as pages show it. Pure."""

from dataclasses import dataclass
from datetime import datetime

CALLED = {
    "none": "Not needed",
    "elsewhere": "By the web server",
    "waiting": "Being made",
    "active": "Good",
    "failed": "Failed",
    "expired": "Expired",
}
"""What the states of certificates are called."""


@dataclass(frozen=True, slots=True)
class CertificateState:
    """How a host's certificate stands, as a key of CALLED: ``none`` is needed, it comes from ``elsewhere``, it is ``waiting`` to be
    made, ``active``, ``failed`` or ``expired``; a sentence for people; the tone of its badge; when it expires and when we try
    again, in UTC, where that is known."""

    status: str
    sentence: str
    tone: str
    expires_at: datetime | None = None
    next_try_at: datetime | None = None

    @property
    def serves(self) -> bool:
        """Whether pages can be opened on the host, as far as certificates go and we know."""
        return self.status in ("none", "elsewhere", "active")

    @property
    def called(self) -> str:
        """The state in a few words."""
        return CALLED[self.status]
