"""What an upload is, told from its content without decoding it."""

import gzip

import pytest
from hypothesis import given
from hypothesis import strategies as some

from saas.branding.images.headers import HEADERS
from saas.branding.images.reading import BYTES, Kind, check
from saas.core.errors import Invalid
from tests.branding.images.pictures import bomb, chunk, logo, moving, png, saved, wide_gif, with_exif

SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
REFUSED: dict[str, tuple[bytes, str]] = {
    "nothing": (b"", "empty"),
    "SVG": (SVG, "Export it as PNG, at least 512 pixels wide"),
    "SVG with a head": (b'<?xml version="1.0"?>\n<!DOCTYPE svg>\n<!-- x -->' + SVG, "SVG"),
    "SVG behind a mark": (b"\xef\xbb\xbf \n" + SVG, "SVG"),
    "SVG in sixteen bits": (SVG.decode().encode("utf-16"), "SVG"),
    "packed SVG": (gzip.compress(SVG), "packed"),
    "web page": (b"<!doctype html><p>x", "web page"),
    "HEIC": (b"\0\0\0\x18ftypheic" + bytes(40), "HEIC"),
    "AVIF": (b"\0\0\0\x18ftypavif" + bytes(40), "AVIF"),
    "film": (b"\0\0\0\x18ftypisom" + bytes(40), "film"),
    "document": (b"%PDF-1.7\n", "document"),
    "archive": (b"PK\x03\x04" + bytes(40), "archive"),
    "icon": (b"\0\0\x01\0\x01\0" + bytes(40), "ICO"),
    "BMP": (saved(logo(), "BMP"), "BMP"),
    "TIFF": (saved(logo(), "TIFF"), "TIFF"),
    "Photoshop": (b"8BPS\0\x01" + bytes(40), "Photoshop"),
    "words": (b"hello", "no picture that we know"),
    "more than 2 MB": (saved(logo()) + bytes(BYTES), "2.0 MB"),
    "moving GIF": (moving("GIF"), "moves"),
    "moving GIF of two thousand frames": (moving("GIF", 2000), "moves"),
    "moving WebP": (moving("WEBP"), "moves"),
    "moving PNG": (moving("PNG"), "moves"),
    "bomb": (bomb(), "12,000 × 12,000"),
    "GIF with a picture larger than its screen": (wide_gif(), "60,000 × 60,000"),
    "one long line": (png(9000, 1, 1, bytes(1125)), "8,000 on one side"),
    "a long strip": (saved(logo((1001, 50))), "at most 20 times the shorter"),
    "a point": (saved(logo((2, 2))), "too small"),
    "PNG without a head": (b"\x89PNG\r\n\x1a\n" + chunk(b"IDAT", b"x" * 40), "broken"),
    "JPEG without a picture": (b"\xff\xd8\xff\xe0\0\x10JFIF\0", "broken"),
    "GIF without a picture": (b"GIF89a" + bytes(7) + b";", "broken"),
    "WebP without a picture": (b"RIFF\0\0\0\0WEBPVP8 ", "broken"),
}
TAKEN: dict[str, tuple[bytes, str]] = {
    "PNG": (saved(logo()), "PNG"),
    "JPEG": (saved(logo(), "JPEG"), "JPEG"),
    "JPEG with a preview": (with_exif(), "JPEG"),
    "progressive JPEG": (saved(logo(), "JPEG", progressive=True), "JPEG"),
    "GIF": (saved(logo((800, 200), "P"), "GIF"), "GIF"),
    "WebP": (saved(logo(), "WEBP"), "WEBP"),
    "lossless WebP": (saved(logo(), "WEBP", lossless=True), "WEBP"),
    "WebP with more": (saved(logo((800, 200), "RGBA"), "WEBP", exif=b"Exif\0\0"), "WEBP"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_picture_for_the_web_is_refused_with_what_to_do(name: str) -> None:
    content, said = REFUSED[name]
    with pytest.raises(Invalid, match=said) as refused:
        check(content, field="logo")
    assert refused.value.field == "logo"


@pytest.mark.parametrize("name", TAKEN)
def test_pictures_are_known_with_their_size(name: str) -> None:
    content, kind = TAKEN[name]
    assert check(content) == Kind(kind, 800, 200)


def test_the_bomb_is_small_and_a_picture_of_four_megapixels_is_taken() -> None:
    assert len(bomb()) < 20_000
    assert check(png(2000, 2000, 2000, bytes(250))) == Kind("PNG", 2000, 2000)
    with pytest.raises(Invalid, match="2,001"):
        check(png(2001, 2000, 2000, bytes(251)))


def test_a_strip_may_be_twenty_times_as_long_as_it_is_high() -> None:
    for size in ((1000, 50), (50, 1000)):
        assert check(saved(logo(size))) == Kind("PNG", *size)


def test_the_content_decides_what_it_is() -> None:
    assert check(saved(logo(), "JPEG")).format == "JPEG"


@given(some.sampled_from(sorted(TAKEN)), some.integers(0, 200), some.binary(max_size=30))
def test_no_header_brings_the_reader_down(name: str, at: int, junk: bytes) -> None:
    content = TAKEN[name][0]
    for header in HEADERS.values():
        header(content[:at] + junk)
        header(content[:at] + junk + content[at + len(junk) :])
