"""What ``python -m tests.branding`` does with a browser: axe on every page under every brand, and pictures of brands."""

import time
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import Error, Page

from saas.branding.brand import MODES, Brand
from saas.branding.compiler import compile_brand
from saas.branding.css import css
from saas.branding.themes import THEMES
from tests.branding.brands import HOSTILE
from tests.branding.standing import standing
from tests.branding.walk import SCRIPT, Walk, beyond, worn
from tests.browser.axe import come_in, pages

EVERY: Mapping[str, Brand] = {**THEMES, **HOSTILE}
DRAWN = (*THEMES, "white on white", "neon", "near black")
SHOWN = {"home": ("acme", "/"), "sign-in": ("umbrella", "/sign-in"), "charts": ("acme", "/usage/analytics")}


def walk_all(whole: bool) -> bool:
    """Look at every page, tell what is found and how long it took; whether there was nothing."""
    walk, found, begin, count = Walk(worn(EVERY), whole), 0, time.monotonic(), 0
    with standing() as (page, deployment):
        come_in(page, deployment)
        addresses = [*pages(page, deployment), deployment.url("", "/style-guide")]
        for count, url in enumerate(beyond(walk, addresses), start=1):
            began, runs = time.monotonic(), walk.runs
            findings = _looked_at(walk, page, url)
            found += len(findings)
            print(f"{count:4} {time.monotonic() - began:6.1f} s {walk.runs - runs:4} runs  {url}", flush=True)
            print("".join(f"     {finding}\n" for finding in findings), end="", flush=True)
    for element in walk.undecided:
        print(f"axe cannot judge {element}")
    minutes = (time.monotonic() - begin) / 60
    print(
        f"{count} pages, {len(walk.worn)} brands, light and dark: {walk.runs} runs of axe on {len(walk.met)} kinds of text"
    )
    print(f"{found} violations in {minutes:.1f} minutes")
    return found == 0


def _looked_at(walk: Walk, page: Page, url: str) -> list[Any]:
    try:
        return list(walk.look_at(page, url))
    except Error as error:
        if "Download is starting" not in error.message:
            raise
        return []


def draw(folder: Path) -> None:
    """A picture for each page that is shown: a row for each brand, light beside dark."""
    folder.mkdir(parents=True, exist_ok=True)
    with standing() as (page, deployment):
        come_in(page, deployment)
        for name, (slug, path) in SHOWN.items():
            page.goto(deployment.url(slug, path))
            page.evaluate(SCRIPT)
            rows = [[_drawn(page, EVERY[brand], mode) for mode in MODES] for brand in DRAWN]
            target = folder / f"{name}.png"
            _side_by_side(rows).save(target)
            print(f"{target}: {', '.join(DRAWN)}", flush=True)


def _drawn(page: Page, brand: Brand, mode: str) -> Image.Image:
    page.evaluate("(asked) => brands.wear(...asked)", [css(brand, compile_brand(brand)), mode])
    return Image.open(BytesIO(page.screenshot()))


def _side_by_side(rows: list[list[Image.Image]], scale: int = 2) -> Image.Image:
    """The pictures at half their size, three brands in a row."""
    width, height = (side // scale for side in rows[0][0].size)
    across = 3
    sheet = Image.new("RGB", (width * len(MODES) * across, height * -(-len(rows) // across)))
    for number, row in enumerate(rows):
        down, beside = divmod(number, across)
        for at, picture in enumerate(row):
            sheet.paste(picture.resize((width, height)), ((beside * len(MODES) + at) * width, down * height))
    return sheet
