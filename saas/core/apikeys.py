"""What an API key looks like: ``saas_``, a word for the environment, 43 random characters, six that check the rest.

The shape is public, so that scanners of repositories and logs find keys that got lost (``PATTERN``). The checksum tells a
key from a text that looks like one, and a slip of the hand from a wrong key, without asking anybody.
"""

import re
import secrets
from zlib import crc32

PATTERN = r"\bsaas_(?:live|test|dev)_[0-9A-Za-z]{49}\b"
"""The regular expression for scanners; what it finds and ``is_genuine`` confirms is a key."""
PREFIX = "saas_"
WORDS = {"production": "live", "development": "dev", "test": "test"}
"""What stands in a key for the environment that made it."""

_SIGNS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_RANDOM, _CHECK = 43, 6
_SHAPE = re.compile(PATTERN)


def new_key(environment: str) -> str:
    """A fresh key of 256 random bits."""
    text = f"{PREFIX}{WORDS[environment]}_{_written(secrets.randbits(256), _RANDOM)}"
    return text + _checksum(text)


def is_genuine(text: str, environment: str) -> bool:
    """Whether a text is whole and was made in this environment; not whether it opens anything."""
    if not _SHAPE.fullmatch(text) or not text.startswith(f"{PREFIX}{WORDS[environment]}_"):
        return False
    return _checksum(text[:-_CHECK]) == text[-_CHECK:]


def holds_key(text: str) -> bool:
    """Whether something that looks like a key stands in a text."""
    return PREFIX in text and _SHAPE.search(text) is not None


def hint_of(key: str) -> str:
    """What a list shows of a key to tell it from others: ``saas_live_4fTq…x2Wb``. The rest keeps more than 200 bits."""
    head = len(key) - _RANDOM - _CHECK + 4
    return f"{key[:head]}…{key[-4:]}"


def _checksum(text: str) -> str:
    return _written(crc32(text.encode()), _CHECK)


def _written(number: int, length: int) -> str:
    """A number in base 62, with leading zeros."""
    signs = []
    for _ in range(length):
        number, sign = divmod(number, 62)
        signs.append(_SIGNS[sign])
    return "".join(reversed(signs))
