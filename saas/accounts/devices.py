"""Browsers and networks: what a User-Agent says of itself, and how a sign-in's device is recognised again."""

from dataclasses import dataclass
from functools import lru_cache
from uuid import UUID

from ua_parser import parse

from saas.core.crypto import keyed_hash
from saas.core.network import network_of
from saas.core.runtime import settings

_PLAINER = {
    "Mobile Safari": "Safari",
    "Chrome Mobile": "Chrome",
    "Chrome Mobile iOS": "Chrome",
    "Chrome Mobile WebView": "an app",
    "Firefox Mobile": "Firefox",
    "Firefox iOS": "Firefox",
    "Edge Mobile": "Edge",
    "HeadlessChrome": "Headless Chrome",
    "Mac OS X": "macOS",
    "Ubuntu": "Linux",
}
_PHONES = ("iOS", "Android")


@dataclass(frozen=True, slots=True)
class Device:
    """What a browser says it is; a part is empty where it says nothing we know. ``icon`` is one of the sprite's."""

    browser: str
    system: str
    icon: str

    @property
    def label(self) -> str:
        """Browser and system in words."""
        if self.browser and self.system:
            return f"{self.browser} on {self.system}"
        return self.browser or self.system or "Unknown browser"


@lru_cache(maxsize=512)
def device_of(agent: str) -> Device:
    """The device behind a User-Agent header."""
    found = parse(agent)
    browser, system = (_plain(part.family) if part else "" for part in (found.user_agent, found.os))
    model = found.device.family if found.device else ""
    if model == "Spider" or not system:
        return Device(browser, system, "terminal" if browser else "world-question")
    return Device(browser, model if model in ("iPhone", "iPad") else system, _icon(system))


def _plain(family: str) -> str:
    return _PLAINER.get(family, family)


def _icon(system: str) -> str:
    return "device-mobile" if system in _PHONES else "device-laptop" if system == "macOS" else "device-desktop"


def digests_of(user_id: UUID, agent: str, address: str) -> list[bytes]:
    """A device's mark: the kind of browser, which outlives its updates, and the network it was on.

    The first is under SECRET_KEY and is the one to keep; those under former secrets tell that the device is known.
    """
    device = device_of(agent)
    kind = device.label if device.browser else agent
    mark = f"{user_id} {network_of(address)} {kind}"
    return [keyed_hash(secret, "device", mark) for secret in settings().secrets]
