"""Settings that are not simply variables of their own names: values kept in files, and prices under names of plans."""

import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from saas.core.settingsfaults import Fault, fault

_PRICE_NAME = re.compile(r"STRIPE_(?:PRICE_ID_(?P<plan>\w+)|(?P<named>\w+)_(?P<cycle>MONTHLY|YEARLY)_PRICE_ID)")


def named_files(fields: Iterable[str]) -> tuple[dict[str, str], list[Fault]]:
    """Values of NAME_FILE variables, as container platforms hand out secrets, and what is wrong with those files."""
    found, faults = dict[str, str](), list[Fault]()
    for name in map(str.upper, fields):
        try:
            if path := os.environ.get(f"{name}_FILE"):
                found[name.lower()] = Path(path).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            faults.append(fault(f"{name}_FILE", f"cannot be read ({reason_of(error)})", name))
    return found, faults


def named_prices(environment: Mapping[str, str | None]) -> dict[str, str]:
    """Ids of prices from variables that bear a plan's name: ``{"professional_month": "price_…"}``."""
    found = {}
    for name, value in environment.items():
        if value and (match := _PRICE_NAME.fullmatch(name)):
            cycle = {"YEARLY": "year"}.get(match["cycle"], "month")
            found[f"{(match['plan'] or match['named']).lower()}_{cycle}"] = value
    return found


def reason_of(error: OSError | UnicodeDecodeError) -> str:
    """Why a file cannot be read."""
    return str(error.strerror if isinstance(error, OSError) else error)
