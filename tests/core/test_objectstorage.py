"""Files in an S3-compatible store: what is asked of it, and what becomes of its every failure."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from structlog.testing import capture_logs

from saas.core.buckets import Bucket
from saas.core.errors import NotFound
from saas.core.objectstorage import ObjectStorage, Patience
from saas.core.storage import FilesUnavailable
from tests.objectstore import BUCKET, KEY, LATER, SECRET, ObjectStore, object_store
from tests.processes import free_port

TENANT = UUID(int=7)
WRITER = Path(__file__).with_name("writer.py")
HASTY = Patience(connect=1, read=0.3, whole=5, pause=0.01)


@pytest.fixture
def objects() -> Iterator[ObjectStore]:
    with object_store() as store:
        yield store


@pytest.fixture
def storage(objects: ObjectStore) -> ObjectStorage:
    return ObjectStorage.of(Bucket.parse(objects.url), HASTY)


ACTS = {
    "put": lambda storage: storage.put(TENANT, "a", b"new" * 100),
    "get": lambda storage: storage.get(TENANT, "a"),
    "names": lambda storage: storage.names(TENANT),
    "delete": lambda storage: storage.delete(TENANT, "a"),
    "delete_all": lambda storage: storage.delete_all(TENANT),
}
ANSWERED = {("half", "delete"), ("half", "put")}
"""Whoever only waits for the head of an answer has it."""


class TestWhatIsSent:
    def test_each_file_is_an_object_below_prefix_and_tenant(self, objects, storage):
        storage.put(TENANT, "brand/a.png", b"x")
        assert objects.objects == {f"of-a/deployment/{TENANT}/brand/a.png": b"x"}

    def test_without_a_prefix_it_lies_below_the_tenant_alone(self, objects):
        storage = ObjectStorage.of(Bucket.parse(objects.url_with(KEY, SECRET, BUCKET)))
        storage.put(TENANT, "a", b"x")
        assert list(objects.objects) == [f"{TENANT}/a"]
        assert storage.names(TENANT) == ["a"]

    def test_a_file_is_one_request_however_large(self, objects, storage):
        storage.put(TENANT, "a", b"x" * 20_000_000)
        assert [method for method, _ in objects.asked] == ["PUT"]

    def test_a_request_is_signed_with_the_secret(self, objects, storage):
        storage.put(TENANT, "a", b"x")
        storage.names(TENANT)
        storage.get(TENANT, "a")
        storage.delete(TENANT, "a")
        assert objects.wrong == []

    def test_keys_may_come_from_the_usual_variables(self, objects, monkeypatch):
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", KEY)
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
        assert ObjectStorage.of(Bucket.parse(objects.url_with("", ""))).fault() == ""
        assert objects.wrong == []

    def test_what_another_deployment_holds_in_the_same_bucket_is_not_seen(self, objects, storage):
        objects.objects |= {
            f"{TENANT}/a": b"x",
            f"of-a/deployment-2/{TENANT}/b": b"x",
            f"of-a/deployment/{TENANT}0/c": b"x",
        }
        assert storage.names(TENANT) == []
        storage.delete_all(TENANT)
        assert len(objects.objects) == 3


class TestManyFiles:
    @pytest.fixture
    def many(self, objects, storage) -> list[str]:
        objects.page_size = 4
        names = [f"usage/{number:03}" for number in range(30)]
        objects.objects |= {f"of-a/deployment/{TENANT}/{name}": b"x" for name in names}
        return names

    def test_every_page_of_names_is_read(self, storage, many):
        assert storage.names(TENANT) == many

    def test_every_page_is_deleted(self, objects, storage, many):
        storage.put(uuid4(), "a", b"x")
        storage.delete_all(TENANT)
        assert len(objects.objects) == 1

    def test_what_stays_is_told(self, objects, storage, many):
        objects.stubborn = {f"of-a/deployment/{TENANT}/usage/017"}
        with pytest.raises(FilesUnavailable, match="1 files are still there"):
            storage.delete_all(TENANT)
        objects.stubborn.clear()
        storage.delete_all(TENANT)
        assert storage.names(TENANT) == []

    def test_a_deletion_that_stops_midway_is_finished_by_the_next(self, objects, storage, many):
        with objects.trouble("denied", method="DELETE", key="usage/02"), pytest.raises(FilesUnavailable):
            storage.delete_all(TENANT)
        assert storage.names(TENANT)
        storage.delete_all(TENANT)
        assert storage.names(TENANT) == []

    def test_no_page_that_fails_is_taken_for_the_last(self, objects, storage, many):
        with objects.trouble("internal", method="GET"), pytest.raises(FilesUnavailable):
            storage.delete_all(TENANT)
        assert len(objects.objects) == 30


class TestTrouble:
    @pytest.mark.parametrize("kind", LATER)
    @pytest.mark.parametrize("act", ACTS)
    def test_that_lasts_is_told_and_harms_nothing(self, objects, storage, act, kind):
        storage.put(TENANT, "a", b"old")
        with objects.trouble(kind):
            if (kind, act) not in ANSWERED:
                with pytest.raises(FilesUnavailable):
                    ACTS[act](storage)
        assert storage.get(TENANT, "a") == b"old"

    @pytest.mark.parametrize("kind", ["internal", "slow_down", "too_many", "reset", "lost", "hang"])
    def test_of_a_moment_is_not_noticed(self, objects, storage, kind):
        with objects.trouble(kind, times=2):
            storage.put(TENANT, "a", b"new")
        with objects.trouble(kind, times=2):
            assert storage.get(TENANT, "a") == b"new"
        with objects.trouble(kind, times=2):
            assert storage.names(TENANT) == ["a"]

    def test_is_tried_three_times_and_no_more(self, objects, storage):
        with objects.trouble("slow_down"), pytest.raises(FilesUnavailable, match=r"503 .*\(SlowDown\)"):
            storage.get(TENANT, "a")
        assert len(objects.asked) == 3

    def test_is_logged_with_its_reason_and_without_the_secret(self, objects, storage):
        with objects.trouble("denied"), capture_logs() as lines, pytest.raises(FilesUnavailable) as raised:
            storage.get(TENANT, "a")
        assert "403 Forbidden (AccessDenied)" in str(raised.value)
        assert [line["error"] for line in lines] == [str(raised.value)]
        assert SECRET not in repr((lines, raised.value, storage))
        assert raised.value.message == "Files cannot be reached right now."

    def test_nobody_listening_is_told(self):
        storage = ObjectStorage.of(Bucket.parse(f"s3://127.0.0.1:{free_port()}/{BUCKET}?tls=off"), HASTY)
        with pytest.raises(FilesUnavailable):
            storage.get(TENANT, "a")

    def test_a_bucket_that_is_not_there_is_not_taken_for_a_file_that_is_not(self, objects, storage):
        with pytest.raises(NotFound):
            storage.get(TENANT, "a")
        elsewhere = ObjectStorage.of(Bucket.parse(objects.url_with(KEY, SECRET, "another")), HASTY)
        for act in ACTS.values():
            with pytest.raises(FilesUnavailable, match="NoSuchBucket"):
                act(elsewhere)

    def test_half_a_file_is_never_taken_for_a_whole_one(self, objects, storage):
        storage.put(TENANT, "a", b"x" * 2000)
        with objects.trouble("half", times=1), pytest.raises(FilesUnavailable):
            storage.get(TENANT, "a")


class TestTheFault:
    def test_one_look_puts_lists_and_deletes_and_leaves_nothing(self, objects, storage):
        assert storage.fault() == ""
        assert [method for method, _ in objects.asked] == ["PUT", "GET", "DELETE"]
        assert objects.objects == {}

    @pytest.mark.parametrize("method", ["PUT", "GET", "DELETE"])
    def test_a_right_that_is_missing_is_told(self, objects, storage, method):
        with objects.trouble("denied", method=method):
            assert "AccessDenied" in storage.fault()

    @pytest.mark.parametrize(("key", "secret"), [("ANOTHER", SECRET), (KEY, "another")])
    def test_keys_that_do_not_fit_are_told(self, objects, key, secret):
        told = ObjectStorage.of(Bucket.parse(objects.url_with(key, secret)), HASTY).fault()
        assert objects.wrong[0] in told

    def test_a_tenant_has_none_of_its_own(self, objects, storage):
        with objects.trouble("denied"):
            assert storage.fault(TENANT) == ""
        assert objects.asked == []


def test_a_writer_that_is_killed_in_the_middle_of_a_request_leaves_the_old_content(objects, storage):
    storage.put(TENANT, "report", b"old")
    with objects.trouble("lost", method="PUT"):
        with subprocess.Popen([sys.executable, WRITER, objects.url, str(TENANT)], stdout=subprocess.PIPE) as writer:
            assert objects.begun.wait(60)
            writer.kill()
    assert storage.get(TENANT, "report") == b"old"


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("s3://s3.example.com/files", ("https://s3.example.com", "files", "", "us-east-1", "", "")),
        (
            "s3://k:a%2Fb%2Bc%40@s3.example.com:9000/my.files/a/b?tls=off",
            ("http://s3.example.com:9000", "my.files", "a/b", "us-east-1", "k", "a/b+c@"),
        ),
        (
            "s3://[2001:db8::1]:9000/files/?region=eu-central-1",
            ("https://[2001:db8::1]:9000", "files", "", "eu-central-1", "", ""),
        ),
    ],
)
def test_an_address_tells_all_of_a_bucket(url, told):
    found = Bucket.parse(url)
    assert (found.endpoint, found.name, found.prefix, found.region, found.key, found.secret) == told
    assert "a/b+c" not in repr(found) + found.place
