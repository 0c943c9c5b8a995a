"""Brands to begin with: the platform's own and one for each of five industries (BRA-5)."""

from collections.abc import Mapping
from types import MappingProxyType

from saas.branding.brand import Brand

PLATFORM = "platform"

THEMES: Mapping[str, Brand] = MappingProxyType(
    {
        PLATFORM: Brand("#0a7350"),
        "automotive": Brand("#33383d", "#c8102e", radius="small"),
        "healthcare": Brand("#15803d", "#2563b0", radius="large"),
        "finance": Brand("#1d4480", "#2e7d4f", radius="small"),
        "retail": Brand("#d0253f", "#7b3fa0", radius="large"),
        "manufacturing": Brand("#4b5563", "#3f7d3a", radius="none"),
    }
)
