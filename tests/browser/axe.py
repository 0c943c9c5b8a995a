"""Axe, and every page that it looks at."""

from collections.abc import Iterator, Mapping
from typing import Any

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page

from tests.browser.support import Deployment, sign_in

FRAGMENTS = ("/settings/address/check", "/sign-up/check", "/sign-up/address", "/style-guide")
"""Pieces of pages; and the style guide, which is for developers."""
FRAMED = ("/settings/brand/preview", "/settings/brand/css/preview")
"""What the brand page shows in frames."""
FILES = ("/api/", "/favicon", "/robots")

LEVELS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
Rules = Mapping[str, Any]
EVERYTHING: Rules = {"runOnly": {"type": "tag", "values": LEVELS}, "resultTypes": ["violations"]}
COLOURS: Rules = {
    "runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]},
    "resultTypes": ["violations"],
}
"""All that a theme can change."""


def pages(page: Page, deployment: Deployment) -> Iterator[str]:
    """Addresses of all pages: those without ids, those of a workflow, those for strangers, those that refuse."""
    for site, slug in (("tenant", "acme"), ("apex", ""), ("mail", "mail")):
        for path in deployment.pages[site]:
            if path not in FRAGMENTS and not path.startswith((*FILES, *FRAMED)) and "." not in path:
                yield deployment.url(slug, path)
    yield from _of_workflows(page, deployment)
    yield deployment.url("acme", "/no/such/page")
    yield deployment.url("acme", "/workflows?q=nothing+is+called+this")
    yield deployment.url("nobody")
    yield deployment.url("globex")
    for path in ("/sign-in", "/forgot", "/reset/nonsense", "/verify/nonsense"):
        yield deployment.url("umbrella", path)


def _of_workflows(page: Page, deployment: Deployment) -> Iterator[str]:
    page.goto(deployment.url("acme", "/workflows?q=tickets"))
    workflow = page.locator("tr[data-href]").first.get_attribute("data-href")
    page.goto(deployment.url("acme", f"{workflow}"))
    run = page.locator("#runs tr[data-href]").first.get_attribute("data-href")
    yield from (deployment.url("acme", f"{path}") for path in (workflow, f"{workflow}/edit", run))


def come_in(page: Page, deployment: Deployment) -> Page:
    """Sign in as the owner of Acme, who is also known at suspended Globex."""
    sign_in(page, deployment.url("globex", "/sign-in"), "gina@globex.example")
    sign_in(page, deployment.url("acme", "/sign-in"), "ada@acme.example")
    return page


def violations(page: Page, rules: Rules) -> list[str]:
    """Each rule that the page breaks, with the elements that break it."""
    broken = page.evaluate("(rules) => axe.run(document, rules).then((found) => found.violations)", rules)
    return [f"{one['id']} {[node['html'][:160] for node in one['nodes']]}" for one in broken]


__all__ = ["AXE_SCRIPT", "COLOURS", "EVERYTHING", "Rules", "come_in", "pages", "violations"]
