"""What tests of the web kit share: other settings for a while."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask

from saas.core.runtime import install, runtime


@pytest.fixture
def change_settings(app: Flask) -> Iterator[Callable[..., None]]:
    """Change settings of this process until the test ends."""
    before = runtime()

    def change(**values: Any) -> None:
        install(replace(before, settings=before.settings.model_copy(update=values)))

    yield change
    install(before)
