"""The folder that nginx reads: pairs that fit, switched in one step, whatever is killed meanwhile; and no way out of it."""

import os
from pathlib import Path

import pytest

from saas.domains.certificates.folder import hosts_served, hosts_there, install, remove
from tests.domains.certificates.conftest import set_to

pytestmark = pytest.mark.usefixtures("ours")
HOST = "portal.example.org"


def pair(folder: Path) -> tuple[bytes, bytes]:
    return (folder / HOST / "fullchain.pem").read_bytes(), (folder / HOST / "privkey.pem").read_bytes()


def test_a_pair_is_found_by_its_host(folder):
    assert HOST not in hosts_served()
    install(HOST, chain=b"one", key=b"key one")
    assert HOST in hosts_served()
    assert pair(folder) == (b"one", b"key one")
    assert hosts_there() == {HOST}


def test_a_new_pair_takes_the_place_of_the_old_one_which_is_kept_for_whoever_reads_it_now(folder):
    for number in (b"1", b"2", b"3"):
        install(HOST, chain=number, key=b"key " + number)
    assert pair(folder) == (b"3", b"key 3")
    kept = sorted(path.read_bytes() for path in (folder / ".versions" / HOST).glob("*/fullchain.pem"))
    assert kept == [b"2", b"3"]


def test_a_pair_that_was_half_written_is_never_seen_and_goes_with_the_next(folder, monkeypatch):
    install(HOST, chain=b"1", key=b"key 1")

    class Killed(BaseException):
        """The worker's process is gone."""

    def die(*_: object) -> None:
        raise Killed

    for name in ("replace", "fsync"):
        with monkeypatch.context() as patch:
            patch.setattr(os, name, die)
            with pytest.raises(Killed):
                install(HOST, chain=b"2", key=b"key 2")
        assert pair(folder) == (b"1", b"key 1")
    install(HOST, chain=b"3", key=b"key 3")
    assert len(list((folder / ".versions" / HOST).iterdir())) == 2


def test_what_is_removed_leaves_nothing_and_may_be_removed_again(folder):
    install(HOST, chain=b"1", key=b"key 1")
    install("other.example.org", chain=b"1", key=b"key 1")
    remove(HOST)
    remove(HOST)
    assert hosts_there() == {"other.example.org"}
    assert HOST not in hosts_served()


@pytest.mark.parametrize("name", ["../out", "a/b", "", ".", "..", ".versions", "UPPER.example.org", "x.example.org."])
def test_what_is_no_host_leads_nowhere(folder, name):
    for act in (remove, lambda name: install(name, chain=b"", key=b"")):
        with pytest.raises(ValueError, match="is no host"):
            act(name)
    assert not folder.exists()


def test_without_a_folder_nothing_is_there(folder):
    assert hosts_there() == set()
    assert HOST not in hosts_served()


def test_the_doctor_tells_whether_the_folder_can_be_written(saas, tmp_path):
    place = tmp_path / "certificates"
    with set_to(certificates="acme", certificates_dir=place):
        assert f"ok    Certificates are kept in {place}" in saas("doctor").output
        place.write_text("in the way")
        assert "fail  Certificates cannot be kept" in saas("doctor").output
    with set_to(certificates="none", certificates_dir=place):
        assert "Certificates" not in saas("doctor").output
