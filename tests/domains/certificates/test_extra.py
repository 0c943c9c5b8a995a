"""Without the extra ``acme`` everything works but ordering certificates, and who wants that is told."""

import subprocess
import sys

import pytest

from saas.core.settings import SettingsError
from saas.core.settingsloading import load_settings
from tests.processes import environment

OWNER = "postgresql://owner@localhost/none"


def test_the_application_can_be_imported_without_it(tmp_path):
    program = "import sys; sys.modules['acme'] = sys.modules['josepy'] = None; import saas.app, saas.domains.certificates.jobs"
    answer = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, env=environment(), capture_output=True, text=True
    )
    assert answer.returncode == 0, answer.stderr


def test_who_wants_certificates_without_it_is_told_what_to_install(monkeypatch):
    wanted = {"_env_file": None, "database_url": OWNER, "certificates": "acme"}
    assert load_settings(**wanted).certificates == "acme"
    monkeypatch.setitem(sys.modules, "acme", None)
    with pytest.raises(SettingsError, match=r"CERTIFICATES: acme needs .* pip install 'saas\[acme\]'"):
        load_settings(**wanted)


def test_an_authority_is_asked_over_https_alone():
    with pytest.raises(SettingsError, match="ACME_DIRECTORY"):
        load_settings(_env_file=None, database_url=OWNER, acme_directory="http://authority.example/dir")
