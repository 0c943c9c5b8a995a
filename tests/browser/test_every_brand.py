"""Pages that hold every component between them can be read under every theme and under hostile brands, light and dark.

``python -m tests.branding --axe`` looks at all pages."""

import pytest
from playwright.sync_api import Page

from saas.branding.brand import Brand
from saas.branding.themes import THEMES
from tests.branding.brands import HOSTILE
from tests.branding.walk import Walk, worn
from tests.browser.axe import come_in
from tests.browser.conftest import Open
from tests.browser.support import Deployment

PAGES = ("/", "/usage/analytics", "/no/such/page")
BRANDS = [*THEMES.items(), *HOSTILE.items()]
FOR_ANYBODY = (("umbrella", "/sign-in"), ("", "/style-guide"))


@pytest.mark.parametrize("half", [0, 1])
def test_every_brand_can_be_read_on_every_component(open_browser: Open, deployment: Deployment, half: int) -> None:
    walk, page = Walk(worn(dict(BRANDS[half::2]))), come_in(open_browser(), deployment)
    urls = [deployment.url("acme", path) for path in PAGES]
    urls += [deployment.url(slug, path) for slug, path in FOR_ANYBODY]
    assert [str(finding) for url in urls for finding in walk.look_at(page, url)] == []
    assert len(walk.seen) > 100


def test_there_are_twenty_hostile_brands_besides_the_themes() -> None:
    assert (len(THEMES), len(HOSTILE)) == (6, 20)


def test_a_sheet_that_cannot_be_read_is_found(page: Page, deployment: Deployment) -> None:
    url, (sheet, level) = deployment.url("umbrella", "/sign-in"), worn({"grey": Brand("#777777")})["grey"]
    pale = sheet.replace("--foreground: ", "--foreground: #aaaaaa; --unused: ", 1)
    found = Walk({"grey": (sheet, level), "pale": (pale, level)}).look_at(page, url)
    assert {(one.brand, one.mode, one.rule) for one in found} == {("pale", "light", "color-contrast")}
    assert all(one.front and one.ground and one.ratio and one.ratio < 4.5 for one in found)
