"""The WSGI entry point: any server can run ``wsgi:app``. Wrong settings end it with one message that lists every fault."""

import sys

from saas import create_app
from saas.core.settings import SettingsError

try:
    app = create_app()
except SettingsError as error:
    sys.exit(error.notice)
