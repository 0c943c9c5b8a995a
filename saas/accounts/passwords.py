"""Passwords: Argon2id with OWASP's parameters (19 MiB, two passes, one lane); hashes of bcrypt verify and are upgraded."""

import re
from threading import BoundedSemaphore

from pwdlib import PasswordHash
from pwdlib.exceptions import UnknownHashError
from pwdlib.hashers.argon2 import Argon2Hasher
from pwdlib.hashers.bcrypt import BcryptHasher

from saas.core.errors import Invalid

SHORTEST = 10
LONGEST_BYTES = 256
PASSES, KIBIBYTES, LANES = 2, 19 * 1024, 1
"""What a hash costs: about 30 ms, and the memory that makes guessing dear."""
_at_once = BoundedSemaphore(4)
_DECOY = "$argon2id$v=19$m=19456,t=2,p=1$DN+WGKKze0lZ5SwBWbfCDQ$HKgZXzaJpih1yUdw4fR6Yb9Z/+8taS7Ml0WBoK02ga0"
_COMMON = frozenset(
    """password passw0rd qwerty qwertyuiop asdfghjkl zxcvbnm letmein welcome admin administrator iloveyou monkey dragon football
    baseball sunshine princess superman batman trustno1 master shadow michael jennifer hunter whatever starwars computer
    internet changeme secret default login freedom abc123 abcdef abcdefgh abcdefghij abcdefghijk 123456 1234567 12345678
    123456789 1234567890 12345678910 123123123 111111 1111111111 000000 0000000000 qwerty123 1q2w3e4r 1q2w3e4r5t
    1qaz2wsx q1w2e3r4t5 zaq12wsx passwordpassword correcthorse correcthorsebatterystaple""".split()  # noqa: SIM905 - a list of words
)


def make_hasher(passes: int = PASSES, kibibytes: int = KIBIBYTES) -> PasswordHash:
    """What makes and checks hashes; at a lower cost for tests alone."""
    return PasswordHash((Argon2Hasher(time_cost=passes, memory_cost=kibibytes, parallelism=LANES), BcryptHasher()))


hasher = make_hasher()


def hash_password(password: str) -> str:
    """The hash to store; at most four are computed at once in a process, as each takes 19 MiB."""
    with _at_once:
        return hasher.hash(password)


def verify_password(password: str, stored: str) -> tuple[bool, str | None]:
    """Whether it is the password, and a better hash to store if the stored one is of an older kind.

    An empty ``stored`` (no account, no password) costs as much time as a real one. Never raises.
    """
    typed = password.encode("utf-8", "surrogatepass")
    if len(typed) > LONGEST_BYTES:
        return False, None
    with _at_once:
        try:
            right, outdated = hasher.verify_and_update(_as_hashed(typed, stored), stored or _DECOY)
        except UnknownHashError:
            hasher.verify(typed, _DECOY)
            return False, None
        better = hasher.hash(typed) if right and outdated else None
    return (right, better) if stored else (False, None)


def _as_hashed(typed: bytes, stored: str) -> bytes:
    """What of a password went into its hash: bcrypt never saw more than 72 bytes, and nothing after a NUL."""
    return typed.partition(b"\0")[0][:72] if stored.startswith("$2") else typed


def check_password(password: str, *, about: tuple[str, ...] = (), field: str = "password") -> None:
    """Refuse what is short, huge, unreadable, common, or made of what everybody knows of the person; raises Invalid."""
    size = len(password.encode("utf-8", "surrogatepass"))
    if len(password) < SHORTEST:
        raise Invalid(f"Use at least {SHORTEST} characters.", field=field)
    if size > LONGEST_BYTES:
        raise Invalid(f"Use at most {LONGEST_BYTES} bytes.", field=field)
    if re.search(r"[\x00-\x1f\x7f\ud800-\udfff]", password):
        raise Invalid("This holds characters that cannot be typed everywhere.", field=field)
    plain = _plain(password)
    if _is_common(plain) or any(_is_mostly(plain, word) for word in about):
        raise Invalid("This password is easy to guess. A few unrelated words are a good one.", field=field)


def _plain(text: str) -> str:
    """Letters and digits of any script, in one case."""
    return "".join(character for character in text.casefold() if character.isalnum())


def _is_common(plain: str) -> bool:
    return len(set(plain)) < 4 or plain in _COMMON or re.sub(r"^\d+|\d+$", "", plain) in _COMMON


def _is_mostly(plain: str, word: str) -> bool:
    """Whether little is left of a password without a word that belongs to the person or the organisation."""
    known = _plain(word)
    return len(known) >= 4 and known in plain and len(plain.replace(known, "")) < 5
