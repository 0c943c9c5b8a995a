"""What an uploaded file is, by its content: a picture that we take, or a sentence that helps."""

import re
from dataclasses import dataclass

from saas.branding.images.headers import HEADERS, format_of
from saas.core.errors import Invalid

BYTES = 2_000_000
PIXELS = 4_000_000
SIDE = 8000
"""No side is longer, in pixels: a picture of one line gains nobody anything."""

LEAST = 16
"""The longer side has at least so many pixels."""

LONGEST = 20
"""The longer side has at most so many times the pixels of the shorter: a line is no logo."""

TAKEN = "Upload a PNG, JPEG, WebP or GIF."
EXPORT = "Export it as PNG, at least 512 pixels wide."

OTHERS: tuple[tuple[re.Pattern[bytes], str], ...] = tuple(
    (re.compile(pattern, re.DOTALL | re.IGNORECASE), sentence)
    for pattern, sentence in (
        (rb"\x1f\x8b", f"This file is packed. Unpack it first. {TAKEN}"),
        (rb"PK\x03\x04", f"This is an archive or a document. {TAKEN}"),
        (rb"%PDF-|%!PS", f"This is a document, not a picture. {EXPORT}"),
        (rb"....ftypavif", f"AVIF pictures cannot be taken yet. {EXPORT}"),
        (
            rb"....ftyp(hei|hev|mif1|msf1)",
            "This is a HEIC photo, which many browsers cannot show. Export it as JPEG or PNG.",
        ),
        (rb"....ftyp", f"This is a film, not a picture. {TAKEN}"),
        (rb"\x00\x00[\x01\x02]\x00", f"This is an ICO file. {EXPORT} We make the small icons of it."),
        (rb"BM", f"This is a BMP file, which is too large for the web. {EXPORT}"),
        (rb"II\*\x00|MM\x00\*", f"This is a TIFF file, which browsers cannot show. {EXPORT}"),
        (rb"8BPS", f"This is a file of Photoshop. {EXPORT}"),
        (rb"\x00\x00\x00\x0cJXL |\xff\x0a", f"JPEG XL pictures cannot be taken yet. {EXPORT}"),
        (
            rb"(\xef\xbb\xbf|\xff\xfe|\xfe\xff)?[\s\x00]*<.{0,4000}?\x00?s\x00?v\x00?g",
            f"SVG pictures cannot be taken, because they can hold programs. {EXPORT}",
        ),
        (rb"\s*<", f"This is a web page, not a picture. {TAKEN}"),
    )
)


@dataclass(frozen=True)
class Kind:
    """A picture that we take: Pillow's name of its format, and its pixels before it is turned upright."""

    format: str
    width: int
    height: int


def check(content: bytes, *, field: str = "file") -> Kind:
    """What the picture is, from its first bytes and its header alone; Invalid with what to do when we do not take it."""
    if not content:
        raise Invalid("The file is empty. Choose it again.", field=field)
    if len(content) > BYTES:
        size = f"{len(content) / 1_000_000:.1f}"
        raise Invalid(
            f"The file has {size} MB; 2 MB are the most. Save it with fewer pixels, 1,024 wide are enough.", field=field
        )
    name = format_of(content)
    if not name:
        raise Invalid(_why_not(content), field=field)
    header = HEADERS[name](content)
    if header is None:
        raise Invalid("This picture is broken or cut off. Save it anew, then upload it again.", field=field)
    fault = (
        "This picture moves. Export one frame of it as PNG."
        if header.moves
        else _size_fault(header.width, header.height)
    )
    if fault:
        raise Invalid(fault, field=field)
    return Kind(name, header.width, header.height)


def _why_not(content: bytes) -> str:
    start = content[:8192]
    found = (sentence for pattern, sentence in OTHERS if pattern.match(start))
    return next(found, f"This is no picture that we know. {TAKEN}")


def _size_fault(width: int, height: int) -> str:
    size = f"The picture has {width:,} × {height:,} pixels"
    if width * height > PIXELS:
        return f"{size}; 4 megapixels are the most, such as 2,000 × 2,000. Save it smaller."
    if max(width, height) > SIDE:
        return f"{size}; {SIDE:,} on one side are the most. Save it smaller."
    if max(width, height) < LEAST or min(width, height) < 1:
        return f"{size}; that is too small to be seen. Upload one at least 512 pixels wide."
    if max(width, height) > LONGEST * min(width, height):
        return (
            f"{size}; its longer side may have at most {LONGEST} times the shorter. Cut out a part that is less long."
        )
    return ""
