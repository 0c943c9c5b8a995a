"""Encryption: AES-256-GCM, a key ring for the platform, and keys of tenants wrapped by it."""

import hashlib
import hmac
import os
from base64 import b64decode, b64encode, urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_NONCE = 12
_LARGEST_NUMBER = 2**31 - 1


class Undecipherable(Exception):
    """The text was altered, belongs to another purpose, or its key is gone."""


def seal(key: bytes, text: bytes, *, purpose: str) -> bytes:
    """Encrypt and authenticate; ``purpose`` must be given again to open. Returns nonce + ciphertext."""
    nonce = os.urandom(_NONCE)
    return nonce + AESGCM(key).encrypt(nonce, text, purpose.encode())


def unseal(key: bytes, sealed: bytes, *, purpose: str) -> bytes:
    """The text that ``seal`` was given; raises Undecipherable."""
    try:
        return AESGCM(key).decrypt(sealed[:_NONCE], sealed[_NONCE:], purpose.encode())
    except (InvalidTag, ValueError) as error:
        raise Undecipherable(purpose) from error


@dataclass(frozen=True, slots=True)
class KeyRing:
    """The platform's master keys by number; the first given is the one that new texts are sealed with."""

    keys: dict[int, bytes]
    current: int

    @classmethod
    def parse(cls, text: str) -> "KeyRing":
        """Read ``number:base64 of 32 bytes`` pairs separated by commas, newest first; raises ValueError saying what is wrong."""
        pairs = [_pair(part) for part in text.split(",")]
        keys = dict(pairs)
        if len(keys) < len(pairs):
            raise ValueError("gives one number to two keys")
        return cls(keys, current=pairs[0][0])

    def seal(self, text: bytes, *, purpose: str) -> bytes:
        """Seal with the current key; the key's number goes first, in four bytes."""
        return self.current.to_bytes(4, "big") + seal(self.keys[self.current], text, purpose=purpose)

    def unseal(self, sealed: bytes, *, purpose: str) -> bytes:
        """Open with whichever key sealed it; raises Undecipherable when that key is no longer in the ring."""
        key = self.keys.get(self.number_of(sealed))
        if key is None:
            raise Undecipherable(f"master key {self.number_of(sealed)} is not in MASTER_KEYS")
        return unseal(key, sealed[4:], purpose=purpose)

    def seal_text(self, text: str, *, purpose: str) -> str:
        """``seal`` for a text that travels as text, such as an argument of a job."""
        return b64encode(self.seal(text.encode(), purpose=purpose)).decode()

    def unseal_text(self, sealed: str, *, purpose: str) -> str:
        """What ``seal_text`` was given; raises Undecipherable."""
        try:
            return self.unseal(b64decode(sealed), purpose=purpose).decode()
        except ValueError as error:
            raise Undecipherable(purpose) from error

    @staticmethod
    def number_of(sealed: bytes) -> int:
        """The number of the key that sealed this text."""
        return int.from_bytes(sealed[:4], "big")


def _pair(text: str) -> tuple[int, bytes]:
    number, _, key = text.strip().partition(":")
    if not (number.isascii() and number.isdigit() and int(number) <= _LARGEST_NUMBER):
        raise ValueError("needs a number before each key")
    decoded = urlsafe_b64decode(key)
    if len(decoded) != 32:
        raise ValueError("needs keys of 32 bytes")
    return int(number), decoded


def new_master_key(number: int) -> str:
    """A fresh master key as MASTER_KEYS wants it."""
    return f"{number}:{urlsafe_b64encode(os.urandom(32)).decode()}"


def keyed_hash(secret: str, purpose: str, text: str) -> bytes:
    """HMAC-SHA256 of a text under a secret, different for each purpose."""
    return hmac.new(secret.encode(), f"{purpose}\0{text}".encode(), hashlib.sha256).digest()


def token_hash(token: str) -> bytes:
    """What we store of a secret token: SHA-256, enough for 256 random bits."""
    return hashlib.sha256(token.encode()).digest()
