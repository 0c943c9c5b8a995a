"""Pictures drawn anew, and what happens to those that are made to hurt."""

import os
import subprocess

import pytest
from PIL import Image

from saas.branding.images.processing import SIZES, WORKER, Limits, Processed, process
from saas.core.errors import Invalid
from tests.branding.images.pictures import (
    GREEN,
    RED,
    bomb,
    chunk,
    logo,
    opened,
    png,
    saved,
    scans,
    with_exif,
    with_profile,
)


def sizes(done: Processed) -> dict[str, tuple[int, int]]:
    return {name: opened(file).size for name, file in done.files.items()}


def near(one: object, other: tuple[int, ...], by: int = 4) -> bool:
    assert isinstance(one, tuple)
    return all(abs(a - b) <= by for a, b in zip(one, other, strict=False))


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        ((800, 200), {"large": (640, 160), "small": (320, 80)}),
        ((400, 400), {"large": (160, 160), "small": (80, 80)}),
        ((100, 25), {"large": (100, 25), "small": (100, 25)}),
        ((4000, 200), {"large": (640, 32), "small": (320, 16)}),
    ],
)
def test_a_logo_fits_into_its_sizes_and_never_grows(
    size: tuple[int, int], expected: dict[str, tuple[int, int]]
) -> None:
    done = process(saved(logo(size)), "logo")
    assert sizes(done) == expected
    assert (done.width, done.height) == size


@pytest.mark.parametrize("size", [(800, 200), (300, 300), (32, 32), (16, 40)])
def test_an_icon_is_square_with_nothing_around_it(size: tuple[int, int]) -> None:
    done = process(saved(logo(size)), "icon")
    assert sizes(done) == {"512": (512, 512), "180": (180, 180), "32": (32, 32)}
    large = opened(done.files["512"]).convert("RGBA")
    around = large.getpixel((0, 0)) if size[0] < size[1] else large.getpixel((256, 0))
    assert isinstance(around, tuple)
    assert (around[3] == 0) == (size[0] != size[1])
    assert near(large.getpixel((340, 310)), GREEN)


@pytest.mark.parametrize("purpose", SIZES)
def test_the_same_picture_gives_the_same_bytes(purpose: str) -> None:
    content = with_exif()
    assert process(content, purpose) == process(content, purpose)


@pytest.mark.parametrize("name", ["PNG", "JPEG", "WEBP", "GIF"])
def test_every_format_keeps_its_colours_and_tells_them(name: str) -> None:
    image = logo((800, 200), "P" if name == "GIF" else "RGB")
    done = process(saved(image, name, **({} if name in ("PNG", "GIF") else {"quality": 100})), "logo")
    large = opened(done.files["large"])
    assert large.mode == "RGB"
    assert near(large.getpixel((10, 10)), RED)
    assert near(large.getpixel((600, 100)), GREEN)
    (first, share), *_ = done.colours
    assert near(tuple(bytes.fromhex(first[1:])), GREEN)
    assert 0.9 < share < 1


def test_where_and_by_whom_it_was_taken_is_gone() -> None:
    content = with_exif()
    assert b"Ines" in content
    assert b"secret comment" in content
    for file in process(content, "logo").files.values():
        names = {name for name in (b"eXIf", b"tEXt", b"zTXt", b"iTXt", b"iCCP", b"tIME", b"pHYs") if name in file}
        assert names == set()
        assert b"Ines" not in file
        assert b"secret" not in file


@pytest.mark.parametrize(("orientation", "size"), [(1, (800, 200)), (3, (800, 200)), (6, (200, 800)), (8, (200, 800))])
def test_it_stands_upright_as_the_camera_said(orientation: int, size: tuple[int, int]) -> None:
    done = process(with_exif(orientation), "logo")
    image = opened(done.files["large"])
    corners = {1: (0, 0), 3: (1, 1), 6: (1, 0), 8: (0, 1)}
    right, low = corners[orientation]
    place = ((image.width - 6) * right + 3, (image.height - 6) * low + 3)
    assert (done.width, done.height) == size
    assert near(image.getpixel(place), RED, 8)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "CMYK", "I;16"])
def test_every_kind_of_pixel_becomes_plain(mode: str) -> None:
    grey = Image.new("L", (100, 100), 128)
    image = grey.convert("I").point(lambda value: value * 256).convert(mode) if mode == "I;16" else grey.convert(mode)
    done = process(saved(image, "JPEG" if mode == "CMYK" else "PNG"), "logo")
    made = opened(done.files["large"])
    assert made.mode == "RGB"
    assert mode == "1" or near(made.getpixel((50, 50)), (128, 128, 128), 2)


def test_what_shows_through_still_does() -> None:
    palette = logo((100, 100), "P")
    clear = palette.getpixel((0, 0))
    half = logo((100, 100), "RGBA")
    half.putalpha(128)
    seen = {
        name: opened(process(saved(image, **options), "logo").files["large"])
        for name, image, options in (("palette", palette, {"transparency": clear}), ("half", half, {}))
    }
    assert {image.mode for image in seen.values()} == {"RGBA"}
    assert seen["palette"].getchannel("A").getpixel((0, 0)) == 0
    assert seen["palette"].getpixel((90, 90)) == (*GREEN, 255)
    assert seen["half"].getchannel("A").getextrema() == (128, 128)


def test_a_profile_is_applied_and_one_that_is_junk_is_left_aside() -> None:
    junk = saved(logo(), icc_profile=b"no profile at all" * 20)
    for content in (with_profile(), junk, saved(logo())):
        assert near(opened(process(content, "logo").files["large"]).getpixel((600, 100)), GREEN)


def test_nothing_that_hides_in_or_behind_a_picture_is_left() -> None:
    page = b"<script>alert(document.domain)</script>"
    content = saved(logo())
    inside = content[:33] + chunk(b"tEXt", b"Comment\0" + page) + content[33:]
    for hostile in (content + page, content + b"PK\x03\x04" + page, inside):
        done = process(hostile, "logo")
        assert all(b"script" not in file and b"PK\x03\x04" not in file for file in done.files.values())
        assert done == process(content, "logo")


@pytest.mark.parametrize("name", ["PNG", "JPEG", "WEBP", "GIF"])
def test_a_picture_that_is_cut_off_is_broken(name: str) -> None:
    image = Image.effect_noise((400, 400), 90)
    content = saved(image, name)
    with pytest.raises(Invalid, match="broken or cut off"):
        process(content[: len(content) // 2], "logo", field="logo")
    assert process(content, "logo").width == 400


def test_a_head_that_lies_makes_no_picture_larger_than_it_says() -> None:
    lie, truth = png(100, 100, 12_000, bytes(1500)), png(100, 100, 100, bytes(13))
    for content in (lie, truth):
        done = process(content, "logo")
        assert (done.width, done.height) == (100, 100)
    with pytest.raises(Invalid, match="12,000"):
        process(bomb(), "logo")


def test_a_picture_without_colours_has_none() -> None:
    assert process(saved(Image.new("RGBA", (64, 64), (*GREEN, 90))), "icon").colours == ()


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P"])
def test_a_picture_of_which_nothing_can_be_seen_is_refused(mode: str) -> None:
    clear = {"transparency": 0} if mode == "P" else {}
    with pytest.raises(Invalid, match="all of it is transparent"):
        process(saved(Image.new(mode, (64, 64)), **clear), "logo", field="logo")
    seen = Image.new(mode, (64, 64))
    seen.paste({"RGBA": (*GREEN, 255), "LA": (9, 255), "P": 1}[mode], (0, 0, 8, 8))
    assert process(saved(seen, **clear), "logo").width == 64


def test_a_picture_that_needs_too_much_time_is_given_up() -> None:
    heavy, light = scans(40_000), scans(1)
    for limits in (Limits(cpu=1), Limits(seconds=0.5)):
        with pytest.raises(Invalid, match="too much work") as refused:
            process(heavy, "icon", field="icon", limits=limits)
        assert refused.value.field == "icon"
    assert process(light, "icon").width == 2000
    assert workers() == []


def test_a_picture_that_needs_too_much_memory_is_given_up() -> None:
    content = saved(logo((2000, 2000), "RGBA"), "WEBP", lossless=True)
    with pytest.raises(Invalid, match="too much work"):
        process(content, "icon", limits=Limits(memory=80_000_000))
    assert process(content, "icon").width == 2000
    assert process(saved(logo((64, 64))), "icon", limits=Limits(memory=80_000_000)).width == 64


def test_an_answer_that_is_too_long_is_not_taken() -> None:
    content = saved(Image.effect_noise((512, 512), 90), "JPEG")
    with pytest.raises(Invalid, match="too much work"):
        process(content, "icon", limits=Limits(output=1000))
    assert process(content, "icon").width == 512


def test_a_process_that_cannot_start_is_no_fault_of_the_picture() -> None:
    with pytest.raises(RuntimeError, match="Pillow"):
        process(saved(logo()), "logo", limits=Limits(memory=1_000_000))


def test_nothing_of_ours_is_told_to_the_process_and_it_is_gone_afterwards(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONSTARTUP", "x")
    monkeypatch.setenv("PYTHONPATH", "/nowhere")
    assert process(saved(logo()), "logo").width == 800
    assert workers() == []


def workers() -> list[str]:
    """Processes of ours that draw."""
    told = subprocess.run(["ps", "-A", "-o", "ppid=", "-o", "args="], capture_output=True, text=True, check=True).stdout
    return [line for line in told.splitlines() if line.split()[0] == str(os.getpid()) and str(WORKER) in line]
