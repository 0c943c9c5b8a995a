"""Pictures good and bad, as the bytes that somebody uploads."""

import io
import re
import struct
import zlib
from typing import Any

from PIL import Image, ImageCms, ImageDraw

GREEN, RED = (10, 115, 80), (194, 40, 38)


def saved(image: Image.Image, name: str = "PNG", **options: Any) -> bytes:
    """The picture as a file."""
    target = io.BytesIO()
    image.save(target, name, **options)
    return target.getvalue()


def opened(content: bytes) -> Image.Image:
    """A file of ours as a picture."""
    image = Image.open(io.BytesIO(content), formats=["PNG"])
    image.load()
    return image


def logo(size: tuple[int, int] = (800, 200), mode: str = "RGB") -> Image.Image:
    """Green, with a red square in its upper left corner."""
    image = Image.new("RGB", size, GREEN)
    side = min(size) // 2
    ImageDraw.Draw(image).rectangle((0, 0, side - 1, side - 1), RED)
    return image.quantize(4) if mode == "P" else image.convert(mode)


def chunk(name: bytes, body: bytes) -> bytes:
    """A chunk of a PNG."""
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def png(width: int, height: int, rows: int, row: bytes) -> bytes:
    """A PNG of one bit a pixel that says one size and holds so many rows."""
    packer = zlib.compressobj(9)
    body = b"".join(packer.compress(b"\0" + row) for _ in range(rows)) + packer.flush()
    head = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


def bomb() -> bytes:
    """144 megapixels in a few kilobytes."""
    return png(12_000, 12_000, 12_000, bytes(1500))


def scans(count: int) -> bytes:
    """A JPEG of four megapixels, fine by its header, that draws all of itself so many times."""
    once = saved(Image.new("L", (2000, 2000), 128), "JPEG", progressive=True)
    last = [found.start() for found in re.finditer(rb"\xff\xda", once)][-1]
    return once[:-2] + once[last:-2] * count + once[-2:]


def moving(name: str, frames: int = 3) -> bytes:
    """Pictures one after the other in one file."""
    pictures = [Image.new("RGB", (64, 64), (number * 80 % 256, 9, 9)) for number in range(frames)]
    return saved(pictures[0], name, save_all=True, append_images=pictures[1:], duration=100)


def wide_gif() -> bytes:
    """A GIF whose screen is small and whose picture is not."""
    content = bytearray(saved(logo((64, 64), "P"), "GIF"))
    at = content.index(b"\x2c", 13 + (3 << (content[10] & 7) + 1))
    content[at + 5 : at + 9] = struct.pack("<HH", 60_000, 60_000)
    return bytes(content)


def with_exif(orientation: int = 1) -> bytes:
    """A photo that tells where it was taken, and which way is up."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010E] = "taken by Ines"
    exif.get_ifd(0x8825).update({1: "N", 2: (47.0, 22.0, 1.0)})
    return saved(logo(), "JPEG", exif=exif, comment=b"secret comment", quality=95)


def with_profile() -> bytes:
    """A picture with a colour profile."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    return saved(logo(), icc_profile=profile)
