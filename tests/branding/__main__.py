"""``python -m tests.branding``: compile ten thousand random brands and count those that hold a pair which cannot be read, or whose
chart series come too near to each other. The exit code is 0 when there is none.

``--axe`` looks at every page under every theme and hostile brand instead; ``--pictures FOLDER`` draws some of them."""

import argparse
import sys
import time
from pathlib import Path

from saas.branding.brand import MODES
from saas.branding.charts import APART, apart, views
from saas.branding.colours import distance
from saas.branding.compiler import STATES_APART, compile_brand
from saas.branding.css import css
from saas.branding.pairs import SERIES
from tests.branding.brands import colours, random_brands, unreadable
from tests.branding.commands import draw, walk_all


def main() -> int:
    """Do what is asked for; 0 when nothing was found."""
    parser = argparse.ArgumentParser(prog="python -m tests.branding")
    parser.add_argument("--pairs", type=int, default=10_000, help="how many pairs of colours")
    parser.add_argument("--seed", type=int, default=6, help="another seed gives other brands")
    parser.add_argument("--axe", action="store_true", help="look at every page under every brand with axe")
    parser.add_argument("--whole", action="store_true", help="with --axe: at every text, not at one of each kind")
    parser.add_argument("--pictures", type=Path, metavar="FOLDER", help="draw pages in several brands, side by side")
    asked = parser.parse_args()
    if asked.pictures:
        draw(asked.pictures)
        return 0
    return 0 if (walk_all(asked.whole) if asked.axe else compile_many(asked.pairs, asked.seed)) else 1


def compile_many(count: int, seed: int) -> bool:
    """Say how many differ, the least distances and the slowest compilation; whether none differs."""
    different, nearest, danger, times, longest = 0, 9.0, 9.0, [], 0
    for number, brand in enumerate(random_brands(count, seed), start=1):
        begin = time.perf_counter()
        theme = compile_brand(brand)
        sheet = css(brand, theme)
        times.append(time.perf_counter() - begin)
        longest = max(longest, len(sheet.encode()))
        found = unreadable(brand, theme)
        for mode in MODES:
            tokens = colours(theme, mode)
            seen = [views(tokens[name]) for name in SERIES]
            near = min(apart(one, other) for at, one in enumerate(seen) for other in seen[:at])
            nearest, danger = min(nearest, near), min(danger, distance(tokens["primary"], tokens["destructive"]))
            found += [f"{mode}: two series {near:.3f} apart"] if near < APART else []
        different += bool(found)
        if found:
            print(f"{brand.canonical}\n  " + "\n  ".join(found), flush=True)
        if number % 1000 == 0 or number == count:
            print(f"{number:6} of {count}: {different} differ", flush=True)
    times.sort()
    middle, slowest = times[len(times) // 2] * 1000, times[-1] * 1000
    print(f"series at least {nearest:.3f} apart, primary and destructive {danger:.3f} (needed {STATES_APART})")
    print(f"compiled in {middle:.1f} ms (median), {slowest:.1f} ms (slowest); {longest} bytes at most")
    return different == 0


if __name__ == "__main__":
    sys.exit(main())
