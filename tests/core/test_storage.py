"""Files of tenants: the same promises wherever they are kept, on a disk or in an S3-compatible store."""

import stat
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from saas.core.buckets import Bucket
from saas.core.errors import Invalid, NotFound
from saas.core.objectstorage import ObjectStorage
from saas.core.storage import FilesUnavailable, FolderStorage, Storage, checked
from tests.objectstore import ObjectStore, object_store

WRITER = Path(__file__).with_name("writer.py")
WRONG_NAMES = [
    *("", ".", "..", "../x", "a/../b", "/etc/passwd", "a//b", "a/", ".hidden", "a/.hidden", "a\\b", "a b", "ä"),
    *("a\0", "a\n", "-a", "a/b/c/d/e", "x" * 101, "~", "%2e%2e", "a/%2e%2e/b"),
]


@pytest.fixture(scope="module")
def serving() -> Iterator[ObjectStore]:
    with object_store() as store:
        yield store


@pytest.fixture
def objects(serving: ObjectStore) -> Iterator[ObjectStore]:
    """A store that holds nothing yet; every request it was sent was signed well."""
    serving.objects.clear()
    serving.asked.clear()
    yield serving
    assert serving.wrong == []


@pytest.fixture(params=["folder", "objects"])
def where(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """What the process that keeps files is told of the place."""
    return str(tmp_path / "deep" / "files") if request.param == "folder" else request.getfixturevalue("objects").url


@pytest.fixture
def storage(where: str) -> Storage:
    return ObjectStorage.of(Bucket.parse(where)) if where.startswith("s3:") else FolderStorage(Path(where))


def test_what_was_put_can_be_got_listed_replaced_and_deleted(storage):
    tenant = uuid4()
    storage.put(tenant, "logo.png", b"one")
    storage.put(tenant, "exports/2026/all.csv", b"two")
    storage.put(tenant, "logo.png", b"three")
    assert storage.names(tenant) == ["exports/2026/all.csv", "logo.png"]
    assert storage.get(tenant, "logo.png") == b"three"
    storage.delete(tenant, "logo.png")
    assert storage.names(tenant) == ["exports/2026/all.csv"]
    with pytest.raises(NotFound):
        storage.get(tenant, "logo.png")


@pytest.mark.parametrize("content", [b"", b"\0\r\n\xff", bytes(range(256)) * 40_000], ids=["empty", "odd", "large"])
def test_every_content_comes_back_as_it_was(storage, content):
    storage.put(UUID(int=1), "a/b-c_d.1", content)
    assert storage.get(UUID(int=1), "a/b-c_d.1") == content


def test_names_are_sorted_as_texts(storage):
    names = ["a-b", "a.b", "a/b", "a0", "ab", "B"]
    for name in names:
        storage.put(UUID(int=1), name, b"x")
    assert storage.names(UUID(int=1)) == sorted(names)


def test_tenants_do_not_see_each_others_files(storage):
    one, other = uuid4(), uuid4()
    storage.put(one, "logo.png", b"one")
    assert storage.names(other) == []
    with pytest.raises(NotFound):
        storage.get(other, "logo.png")
    storage.delete(other, "logo.png")
    storage.delete_all(other)
    assert storage.get(one, "logo.png") == b"one"


@pytest.mark.parametrize("name", WRONG_NAMES)
def test_a_name_cannot_leave_its_tenant(storage, name):
    for act in (
        lambda: storage.put(uuid4(), name, b"x"),
        lambda: storage.get(uuid4(), name),
        lambda: storage.delete(uuid4(), name),
    ):
        with pytest.raises(Invalid):
            act()


@given(st.text(max_size=40))
def test_no_name_leaves_its_tenant(name):
    root = Path("/anywhere")
    try:
        path = root / str(UUID(int=1)) / checked(name)
    except Invalid:
        return
    assert (root / str(UUID(int=1))) in path.resolve().parents


def test_a_folder_in_the_place_of_a_file_is_no_file(storage):
    tenant = uuid4()
    storage.put(tenant, "a/b", b"x")
    for name in ("a", "a/b/c"):
        with pytest.raises(NotFound):
            storage.get(tenant, name)
        storage.delete(tenant, name)
    assert storage.names(tenant) == ["a/b"]


def test_deleting_what_is_gone_is_no_error(storage):
    tenant = uuid4()
    storage.delete(tenant, "a")
    storage.delete_all(tenant)
    storage.put(tenant, "a/b", b"x")
    storage.delete_all(tenant)
    storage.delete_all(tenant)
    assert storage.names(tenant) == []


def test_where_all_is_well_there_is_no_fault(storage):
    assert storage.fault() == ""
    assert storage.fault(uuid4()) == ""


def test_the_place_is_told_without_a_secret(storage, where):
    assert storage.place in where or "of-a/deployment" in storage.place
    assert "secret" not in storage.place


def test_many_may_write_one_file_at_once_and_one_of_them_wins(storage):
    tenant, contents = uuid4(), [bytes([number]) * 50_000 for number in range(16)]
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda content: storage.put(tenant, "a", content), contents))
    assert storage.get(tenant, "a") in contents
    assert storage.names(tenant) == ["a"]


@pytest.mark.parametrize("turn", range(3))
def test_a_writer_that_is_killed_leaves_a_whole_file(storage, where, turn):
    """The writer replaces one large file by another, over and over, until it is killed in the middle of it."""
    tenant = uuid4()
    with subprocess.Popen([sys.executable, WRITER, where, str(tenant)], stdout=subprocess.PIPE) as writer:
        assert writer.stdout is not None
        for _ in range(turn + 1):
            writer.stdout.readline()
        writer.kill()
    content = storage.get(tenant, "report")
    assert content in (b"a" * len(content), b"b" * len(content))
    assert len(content) == 8_000_000
    assert storage.names(tenant) == ["report"]


class TestAFolder:
    @pytest.fixture
    def storage(self, tmp_path: Path) -> FolderStorage:
        return FolderStorage(tmp_path / "files")

    def test_a_write_that_fails_leaves_nothing_behind(self, storage, monkeypatch):
        tenant = uuid4()
        storage.put(tenant, "logo.png", b"one")

        def full(*_arguments):
            raise OSError(28, "No space left on device")

        with monkeypatch.context() as patch, pytest.raises(FilesUnavailable, match="No space"):
            patch.setattr("saas.core.storage.os.replace", full)
            storage.put(tenant, "logo.png", b"two")
        assert storage.get(tenant, "logo.png") == b"one"
        assert len(list((storage.root / str(tenant)).iterdir())) == 1

    def test_nobody_else_may_look_into_the_folder(self, storage):
        storage.put(uuid4(), "logo.png", b"one")
        assert stat.S_IMODE(storage.root.stat().st_mode) == 0o700

    def test_a_file_in_its_place_is_told(self, storage):
        storage.root.write_text("in the way")
        assert storage.fault() == f"{storage.root} is not a folder"
        with pytest.raises(FilesUnavailable):
            storage.put(uuid4(), "a", b"x")
