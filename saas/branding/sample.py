"""Sample words and figures for previews of a brand."""

from datetime import date
from decimal import Decimal

from saas.billing.papers.facts import Brand, Kind, Paper, PaperLine, Party, Status
from saas.billing.seller import get_seller
from saas.web.charts import Chart, Series, stacked_bar_chart

_MONTHS = ("Oct", "Nov", "Dec", "Jan", "Feb", "Mar")


def sample_chart() -> Chart:
    """Three series over half a year."""
    return stacked_bar_chart(
        _MONTHS,
        [
            Series("New", [24, 31, 28, 40, 46, 52]),
            Series("Renewed", [18, 20, 25, 24, 30, 33]),
            Series("Extended", [6, 8, 7, 11, 12, 15]),
        ],
    )


def sample_paper(buyer: str, brand: Brand) -> Paper:
    """An invoice over two lines."""
    lines = (
        PaperLine("Professional", 29_900, quantity=Decimal(1), unit_price=Decimal(29_900)),
        PaperLine("Storage beyond what is included", 1_240, quantity=Decimal(31), unit_price=Decimal(40)),
    )
    total = sum(line.amount for line in lines)
    return Paper(
        number="INV-0042",
        kind=Kind.INVOICE,
        currency="USD",
        issued=date(2027, 1, 31),
        status=Status.OPEN,
        seller=get_seller(),
        buyer=Party(buyer),
        lines=lines,
        subtotal=total,
        total=total,
        due=total,
        brand=brand,
    )
