"""Lines of CSV that are safe to open in a spreadsheet."""

import csv
from collections.abc import Sequence
from io import StringIO
from typing import Any

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def csv_line(cells: Sequence[Any]) -> str:
    """One line, with its end; every cell is harmless."""
    buffer = StringIO()
    csv.writer(buffer).writerow([harmless(cell) for cell in cells])
    return buffer.getvalue()


def harmless(cell: Any) -> Any:
    """The cell for a download: text that a spreadsheet would run as a formula gets a quote in front."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA) else cell
