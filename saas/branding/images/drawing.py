"""Opens one picture, turns it upright, and draws it anew as PNG in every size that was ordered; runs inside ``worker.py``.

Reads the picture from standard input. Writes a line of JSON with ``width``, ``height``, ``colours`` and the length of each
file, then the files. Ends with BROKEN, HEAVY or EMPTY when it cannot.
"""

import io
import json
import struct
import sys
from collections import Counter
from typing import Any

from PIL import Image, ImageCms, ImageOps

BROKEN, HEAVY, EMPTY = 3, 4, 5
FAINT = 16
"""Below this alpha nobody sees a pixel."""

OPAQUE = 200
"""From this alpha on a pixel counts when colours are looked for."""

COLOURS, SAMPLE = 24, 128
SRGB = ImageCms.createProfile("sRGB")


class Empty(Exception):
    """There is nothing to be seen in the picture."""


def opened(content: bytes, name: str, pixels: int) -> Image.Image:
    """The picture, decoded as the one format it was taken for; MemoryError when it is larger than its header said."""
    image = Image.open(io.BytesIO(content), formats=[name])
    if image.width * image.height > pixels:
        raise MemoryError
    image.load()
    return image


def plain(image: Image.Image) -> Image.Image:
    """Upright, in sRGB, eight bits a channel, with alpha only where something shows through, and with nothing attached.

    Raises Empty."""
    profile = image.info.get("icc_profile")
    image = _upright(image)
    if image.mode.startswith(("I", "F")):
        image = image.convert("I").point(lambda value: value * (1 / 256)).convert("L")
    alpha = None
    if image.has_transparency_data:
        alpha = image.convert("RGBA").getchannel("A")
    image = _in_srgb(image, profile)
    if alpha is not None and not any(alpha.histogram()[FAINT:]):
        raise Empty
    if alpha is not None and alpha.getextrema()[0] != 255:
        image.putalpha(alpha)
    image.info = {}
    return image


def _upright(image: Image.Image) -> Image.Image:
    """Turned as the camera said; as it is where the camera's notes cannot be read."""
    try:
        return ImageOps.exif_transpose(image)
    except (ArithmeticError, LookupError, OSError, SyntaxError, TypeError, ValueError, struct.error):
        return image


def _in_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """The colours as a screen shows them; a profile that does not fit or cannot be read is left aside."""
    if image.mode != "CMYK":
        image = image.convert("RGBA").convert("RGB") if image.has_transparency_data else image.convert("RGB")
    if profile:
        try:
            given = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            if given.profile.xcolor_space.strip() == image.mode:
                changed = ImageCms.profileToProfile(image, given, SRGB, outputMode="RGB")
                image = changed or image
        except (ImageCms.PyCMSError, OSError, ValueError):
            pass
    return image.convert("RGB")


def fitted(image: Image.Image, width: int, height: int) -> Image.Image:
    """The whole picture no larger than that, and no larger than it is."""
    ratio = min(1.0, width / image.width, height / image.height)
    return _scaled(image, ratio)


def squared(image: Image.Image, width: int, height: int) -> Image.Image:
    """The whole picture in the middle of exactly that, with nothing around it."""
    scaled = _scaled(image, min(width / image.width, height / image.height))
    if scaled.size == (width, height):
        return scaled
    canvas = Image.new("RGBA", (width, height), (0, 0, 0, 0))
    canvas.paste(scaled, ((width - scaled.width) // 2, (height - scaled.height) // 2))
    return canvas


def _scaled(image: Image.Image, ratio: float) -> Image.Image:
    size = max(1, round(image.width * ratio)), max(1, round(image.height * ratio))
    return image if size == image.size else image.resize(size, Image.Resampling.LANCZOS, reducing_gap=3.0)


WAYS = {"fit": fitted, "square": squared}


def encoded(image: Image.Image) -> bytes:
    """A PNG of the pixels and nothing else."""
    target = io.BytesIO()
    image.save(target, "PNG", optimize=True)
    return target.getvalue()


def colours(image: Image.Image) -> list[tuple[str, float]]:
    """The most frequent colours of what is opaque, each with its share from 0 to 1, the most frequent first."""
    image = image.convert("RGBA")
    small = image.resize((min(SAMPLE, image.width), min(SAMPLE, image.height)), Image.Resampling.NEAREST)
    data = small.tobytes()
    pixels = [data[at : at + 3] for at in range(0, len(data), 4) if data[at + 3] >= OPAQUE]
    exact = Counter(pixels)
    boxes: dict[tuple[int, ...], Counter[bytes]] = {}
    for pixel, count in exact.items():
        boxes.setdefault(tuple(channel >> 4 for channel in pixel), Counter())[pixel] = count
    found = sorted(
        ((box.total(), max(box, key=lambda pixel: (box[pixel], pixel))) for box in boxes.values()), reverse=True
    )
    return [(f"#{pixel.hex()}", round(count / len(pixels), 4)) for count, pixel in found[:COLOURS]]


def answer(content: bytes, order: dict[str, Any]) -> bytes:
    """The line and the files."""
    image = plain(opened(content, order["format"], order["pixels"]))
    files = {name: encoded(WAYS[way](image, width, height)) for name, width, height, way in order["sizes"]}
    told = {
        "width": image.width,
        "height": image.height,
        "colours": colours(image),
        "files": {name: len(file) for name, file in files.items()},
    }
    return json.dumps(told).encode() + b"\n" + b"".join(files.values())


def main() -> int:
    """Read, draw, write; the exit code."""
    Image.MAX_IMAGE_PIXELS = None
    try:
        done = answer(sys.stdin.buffer.read(), json.loads(sys.argv[1]))
    except MemoryError:
        return HEAVY
    except Empty:
        return EMPTY
    except Exception as error:
        return HEAVY if "memory" in str(error) else BROKEN
    try:
        sys.stdout.buffer.write(done)
        sys.stdout.buffer.flush()
    except OSError:
        return HEAVY
    return 0


if __name__ == "__main__":
    sys.exit(main())
