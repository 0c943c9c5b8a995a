"""Branding: how long a brand takes to compile, how large its sheet is, and what it costs a page."""

import subprocess
import sys
from time import perf_counter

from flask import Flask

from saas.branding.brand import Brand
from saas.branding.compiler import compile_brand
from saas.branding.css import LIMIT, css
from saas.branding.custom_css import clean
from saas.branding.identity import Identity
from saas.branding.images.processing import process
from saas.branding.operations import publish
from saas.core.actor import SYSTEM
from saas.core.settings import Settings
from saas.tenancy.scope import tenant_work
from tests.bench.report import Report
from tests.branding.brands import random_brands
from tests.branding.pictures import drawn
from tests.cast import found
from tests.support import Browser, statements_sent

BRANDS, PAGES = 300, 60
_FIRST = (
    "from time import perf_counter; from saas.branding.compiler import compile_brand; from saas.branding.brand import Brand;"
    " began = perf_counter(); compile_brand(Brand('#c8102e', '#1d4480')); print((perf_counter() - began) * 1000)"
)
RULES = "".join(
    f".card p.note-{n} {{ color: var(--primary); padding: {n % 9}px; border-radius: 4px; }}\n" for n in range(400)
)


def branding(report: Report, app: Flask, settings: Settings) -> None:
    """Random brands, a page with and without one, own CSS, a logo."""
    brands = list(random_brands(BRANDS, seed=11))
    times = sorted(_timed(brand) for brand in brands)
    report.add(
        "compiling a brand, p95", times[int(BRANDS * 0.95)], "ms", at_most=50, note=f"p50 {times[BRANDS // 2]:.1f} ms"
    )
    report.add("the first brand of a process", _first(), "ms", at_most=50, note="with its tables")
    sizes = [len(css(brand, compile_brand(brand)).encode()) for brand in brands]
    report.add("style sheet of a brand, largest", max(sizes) / 1000, "kB", at_most=LIMIT / 1000)
    _pages(report, app, settings)
    report.add("own CSS of 400 rules read", _of(lambda: clean(RULES)), "ms", note=f"{len(RULES) / 1000:.0f} kB")
    report.add(
        "logo drawn anew", _of(lambda: process(drawn(size=(1600, 400)), "logo")), "ms", note="in a process of its own"
    )


def _timed(brand: Brand) -> float:
    began = perf_counter()
    compile_brand(brand)
    return (perf_counter() - began) * 1000


def _first() -> float:
    runs = [subprocess.run([sys.executable, "-c", _FIRST], capture_output=True, check=True) for _ in range(3)]
    return min(float(run.stdout) for run in runs)


def _of(work: object, rounds: int = 7) -> float:
    assert callable(work)
    times = []
    for _ in range(rounds):
        began = perf_counter()
        work()
        times.append((perf_counter() - began) * 1000)
    return sorted(times)[rounds // 2]


def _pages(report: Report, app: Flask, settings: Settings) -> None:
    """The home page in turn without and with a brand: the ratio holds on any machine."""
    organisations = [found("Plain", owner="Alice", people={}), found("Branded", owner="Alice", people={})]
    with tenant_work(organisations[1]):
        publish(Identity(primary="#c8102e", name="Red Rooms"), actor=SYSTEM)
    browsers = []
    for organisation in organisations:
        browser = Browser(app, f"{organisation.slug}.{settings.base_domain}")
        browser.carry_session(organisation.session_of("Alice"))
        browser.get("/")
        browsers.append(browser)
    plain, branded = zip(*[[_of(lambda b=b: b.get("/"), 1) for b in browsers] for _ in range(PAGES)], strict=True)
    middle = PAGES // 2
    report.add(
        "home page with a brand, against without", sorted(branded)[middle] / sorted(plain)[middle], "times", at_most=1.1
    )
    with statements_sent() as statements:
        browsers[1].get("/")
    asked = sum("brand_" in statement for statement in statements)
    report.add("questions to the brand's rows, each page", asked, "", at_most=0)
