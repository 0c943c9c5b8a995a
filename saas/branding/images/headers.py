"""What the header of a picture says, read byte by byte: nothing is decoded, so nothing can blow up.

Sources: PNG third edition with APNG, JPEG ITU-T T.81 annex B, GIF89a, WebP container specification (RFC 9649).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

PNG_MAGIC = b"\x89PNG\r\n\x1a\n"


@dataclass(frozen=True)
class Header:
    """Pixels, and whether there is more than one picture in it."""

    width: int
    height: int
    moves: bool = False


def png(content: bytes) -> Header | None:
    """The header of a PNG; None when there is none."""
    if content[12:16] != b"IHDR" or len(content) < 33:
        return None
    return Header(_big(content, 16, 4), _big(content, 20, 4), _has_frames(content))


def _has_frames(content: bytes) -> bool:
    at = 8
    while at + 8 <= len(content):
        name = content[at + 4 : at + 8]
        if name in (b"acTL", b"IDAT"):
            return name == b"acTL"
        at += 12 + _big(content, at, 4)
    return False


def jpeg(content: bytes) -> Header | None:
    """The header of a JPEG: the first frame that is not inside another segment, such as a small preview."""
    at = 2
    while at + 9 <= len(content) and content[at] == 0xFF:
        marker = content[at + 1]
        if marker == 0xFF:
            at += 1
        elif 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            return Header(_big(content, at + 7, 2), _big(content, at + 5, 2))
        elif marker in (0xD9, 0xDA):
            return None
        else:
            at += 2 + _big(content, at + 2, 2)
    return None


def gif(content: bytes) -> Header | None:
    """The header of a GIF: its screen, or where that is larger, its first picture."""
    if len(content) < 13:
        return None
    width, height, at = _little(content, 6, 2), _little(content, 8, 2), 13 + _table(content[10])
    pictures = 0
    while at + 10 <= len(content) and pictures < 2:
        if content[at] == 0x2C:
            pictures += 1
            width = max(width, _little(content, at + 1, 2) + _little(content, at + 5, 2))
            height = max(height, _little(content, at + 3, 2) + _little(content, at + 7, 2))
            at = _behind_blocks(content, at + 11 + _table(content[at + 9]))
        elif content[at] == 0x21:
            at = _behind_blocks(content, at + 2)
        else:
            break
    return Header(width, height, pictures > 1) if pictures else None


def _table(flags: int) -> int:
    """The bytes of a table of colours."""
    return 3 << ((flags & 7) + 1) if flags & 0x80 else 0


def _behind_blocks(content: bytes, at: int) -> int:
    while at < len(content) and content[at]:
        at += 1 + content[at]
    return at + 1


def webp(content: bytes) -> Header | None:
    """The header of a WebP of any of its three kinds."""
    name, body = content[12:16], content[20:30]
    if len(body) < 10:
        return None
    if name == b"VP8X":
        return Header(_little(body, 4, 3) + 1, _little(body, 7, 3) + 1, bool(body[0] & 2))
    if name == b"VP8 " and body[3:6] == b"\x9d\x01\x2a":
        return Header(_little(body, 6, 2) & 0x3FFF, _little(body, 8, 2) & 0x3FFF)
    if name == b"VP8L" and body[0] == 0x2F:
        bits = _little(body, 1, 4)
        return Header((bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1)
    return None


def _big(content: bytes, at: int, size: int) -> int:
    return int.from_bytes(content[at : at + size], "big")


def _little(content: bytes, at: int, size: int) -> int:
    return int.from_bytes(content[at : at + size], "little")


HEADERS: Mapping[str, Callable[[bytes], Header | None]] = {"PNG": png, "JPEG": jpeg, "GIF": gif, "WEBP": webp}


def format_of(content: bytes) -> str:
    """PNG, JPEG, GIF or WEBP by the first bytes; empty for anything else."""
    if content.startswith(PNG_MAGIC):
        return "PNG"
    if content.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if content.startswith((b"GIF87a", b"GIF89a")):
        return "GIF"
    return "WEBP" if content.startswith(b"RIFF") and content[8:12] == b"WEBP" else ""
