"""Reading the settings: from files, the environment and instance/settings.env, with all faults told at once."""

import os
from typing import Any

from dotenv import dotenv_values
from pydantic import ValidationError

from saas.core.settings import INSTANCE, Settings, SettingsError
from saas.core.settingsfaults import Fault, fault, faults_of
from saas.core.settingsfiles import named_files, named_prices, reason_of


def load_settings(**overrides: Any) -> Settings:
    """Read the settings from ``*_FILE`` variables, the environment and instance/settings.env; raises SettingsError.

    Where one is malformed its default stands in, so that the rules about all the others are asked and told with it.
    """
    values, faults = named_files(Settings.model_fields)
    file = INSTANCE / "settings.env"
    given = {"_env_file": file, **values, **overrides}
    if prices := named_prices({**(dotenv_values(file) if file.is_file() else {}), **os.environ}):
        given.setdefault("stripe_prices", prices)
    settings = _checked(given, faults)
    if settings is None:
        wrong = {name for fault in faults for name in fault.about}
        usual = {name: field.default for name, field in Settings.model_fields.items() if name.upper() in wrong}
        _checked(given | usual, faults)
    if settings is None or faults:
        raise SettingsError("\n".join(fault.line for fault in faults))
    return settings


def _checked(given: dict[str, Any], faults: list[Fault]) -> Settings | None:
    """The settings; else None, and ``faults`` grows by those of settings that it did not name before."""
    named = {name for fault in faults for name in fault.about}
    try:
        return Settings(**given)
    except ValidationError as error:
        found = list(faults_of(error, secret=_SECRET))
    except (OSError, UnicodeDecodeError) as error:
        found = [fault(str(given["_env_file"]), f"cannot be read ({reason_of(error)})")]
    faults += [fault for fault in found if named.isdisjoint(fault.about)]
    return None


_SECRET = {name for name, field in Settings.model_fields.items() if "Secret" in str(field.annotation)}
