"""The platform's signatures under heads, checkpoints and exports: Ed25519, with keys derived from the master keys.

Whoever owns the database but not the master keys can write over a chain, but cannot sign what they wrote.
"""

import hashlib
import hmac
from functools import lru_cache

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from saas.audit.offline import is_signed
from saas.core.crypto import KeyRing
from saas.core.runtime import runtime

_PURPOSE = b"audit signatures 1"


def sign(text: bytes) -> bytes:
    """A signature with the newest key: the number of the master key in four bytes, then 64 bytes."""
    ring = runtime().keys
    return ring.current.to_bytes(4, "big") + _key(ring.keys[ring.current]).sign(text)


def signature_fault(text: bytes, signature: bytes) -> str:
    """Why a signature does not hold; empty when it does."""
    number = KeyRing.number_of(signature)
    key = runtime().keys.keys.get(number)
    if key is None:
        return f"it is signed with master key {number}, which is not in MASTER_KEYS"
    return "" if is_signed(_public(key), text, signature[4:]) else "its signature does not hold"


def is_current(signature: bytes) -> bool:
    """Whether the newest key made this signature."""
    return KeyRing.number_of(signature) == runtime().keys.current


def public_key() -> bytes:
    """The public key, 32 bytes, under which the newest signatures hold."""
    ring = runtime().keys
    return _public(ring.keys[ring.current])


@lru_cache(maxsize=16)
def _key(master: bytes) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(hmac.new(master, _PURPOSE, hashlib.sha256).digest())


def _public(master: bytes) -> bytes:
    return _key(master).public_key().public_bytes_raw()
