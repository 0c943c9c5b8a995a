"""Keys: each tenant's own, wrapped by a master key; rotation of both."""

import os
from base64 import urlsafe_b64encode
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from saas.core.actor import SYSTEM
from saas.core.crypto import KeyRing, Undecipherable, keyed_hash, new_master_key, seal, unseal
from saas.core.database import db
from saas.core.runtime import install, runtime
from saas.core.scope import NoScope
from saas.core.settings import DEVELOPMENT_KEY
from saas.tenancy.keys import rewrap_keys, rotate_key, seal_for_tenant, unseal_for_tenant
from saas.tenancy.models import TenantKey
from saas.tenancy.queries import email_hash, email_hashes
from saas.tenancy.scope import platform_scope, platform_work, tenant_scope

SECRET = b"the seed of a second factor"


@pytest.fixture
def ring(app):
    """Puts another ring of master keys in force, by their text as MASTER_KEYS has it."""
    before = runtime()
    yield lambda text: install(replace(before, keys=KeyRing.parse(text)))
    install(before)


def wrapped(tenant) -> list[bytes]:
    with platform_scope() as session:
        query = select(TenantKey.wrapped).where(TenantKey.tenant_id == tenant.id).order_by(TenantKey.number)
        return list(session.scalars(query))


class TestTextsOfATenant:
    def test_what_was_sealed_opens_again(self, tenant):
        with tenant_scope(tenant):
            sealed = seal_for_tenant(SECRET, purpose="totp")
            assert SECRET not in sealed
            assert unseal_for_tenant(sealed, purpose="totp") == SECRET

    def test_two_sealed_texts_differ(self, tenant):
        with tenant_scope(tenant):
            assert seal_for_tenant(SECRET, purpose="totp") != seal_for_tenant(SECRET, purpose="totp")

    def test_another_purpose_does_not_open_it(self, tenant):
        with tenant_scope(tenant):
            sealed = seal_for_tenant(SECRET, purpose="totp")
            with pytest.raises(Undecipherable):
                unseal_for_tenant(sealed, purpose="webhook")

    def test_another_tenant_does_not_open_it(self, cast):
        with tenant_scope(cast.acme):
            sealed = seal_for_tenant(SECRET, purpose="totp")
        with tenant_scope(cast.umbrella), pytest.raises(Undecipherable):
            unseal_for_tenant(sealed, purpose="totp")

    @pytest.mark.parametrize("place", [0, 3, 4, 15, 16, -1])
    def test_one_altered_bit_is_noticed(self, tenant, place):
        with tenant_scope(tenant):
            sealed = bytearray(seal_for_tenant(SECRET, purpose="totp"))
            sealed[place] ^= 1
            with pytest.raises(Undecipherable):
                unseal_for_tenant(bytes(sealed), purpose="totp")

    @pytest.mark.parametrize("garbage", [b"", b"\0", b"\0\0\0\1", b"\0\0\0\1short", b"\xff" * 40])
    def test_garbage_is_refused_and_the_transaction_lives_on(self, tenant, garbage):
        with tenant_scope(tenant) as session:
            with pytest.raises(Undecipherable):
                unseal_for_tenant(garbage, purpose="totp")
            assert session.scalar(select(1)) == 1

    def test_the_platform_has_no_key_of_its_own(self, app):
        with platform_scope(), pytest.raises(NoScope):
            seal_for_tenant(SECRET, purpose="totp")


class TestRotation:
    def test_new_texts_take_the_new_key_and_old_ones_still_open(self, tenant):
        with tenant_scope(tenant):
            before = seal_for_tenant(SECRET, purpose="totp")
        with platform_work():
            assert rotate_key(tenant, actor=SYSTEM) == 2
        with tenant_scope(tenant):
            after = seal_for_tenant(SECRET, purpose="totp")
            assert (KeyRing.number_of(before), KeyRing.number_of(after)) == (1, 2)
            assert {unseal_for_tenant(text, purpose="totp") for text in (before, after)} == {SECRET}


class TestMasterKeys:
    def test_keys_are_wrapped_anew_and_the_old_master_key_can_go(self, tenant, ring):
        with tenant_scope(tenant):
            sealed = seal_for_tenant(SECRET, purpose="totp")
        fresh = new_master_key(2)
        ring(f"{fresh},{DEVELOPMENT_KEY}")
        with platform_scope():
            done = rewrap_keys(actor=SYSTEM)
            assert done.changed >= 1
            assert tenant.id not in done.lost
            assert rewrap_keys(actor=SYSTEM).changed == 0
            assert KeyRing.number_of(own_key(tenant).wrapped) == 2
            ring(fresh)
            assert runtime().keys.unseal(own_key(tenant).wrapped, purpose=f"tenant key {tenant.id}")
        ring(f"{fresh},{DEVELOPMENT_KEY}")
        with tenant_scope(tenant):
            assert unseal_for_tenant(sealed, purpose="totp") == SECRET

    def test_without_the_master_key_nothing_opens_and_rewrapping_tells_whose_keys_are_lost(self, tenant, ring):
        with tenant_scope(tenant):
            sealed = seal_for_tenant(SECRET, purpose="totp")
        before = wrapped(tenant)
        ring(new_master_key(9))
        with tenant_scope(tenant), pytest.raises(Undecipherable, match="master key 1"):
            unseal_for_tenant(sealed, purpose="totp")
        with platform_scope():
            assert tenant.id in rewrap_keys(actor=SYSTEM).lost
        assert wrapped(tenant) == before

    def test_a_wrapped_key_moved_to_another_tenant_is_useless(self, cast):
        with platform_scope():
            mine, theirs = (own_key(organisation) for organisation in (cast.acme, cast.umbrella))
            with pytest.raises(Undecipherable):
                runtime().keys.unseal(mine.wrapped, purpose=f"tenant key {theirs.tenant_id}")

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "1",
            "1:",
            "x:" + urlsafe_b64encode(bytes(32)).decode(),
            "²:" + urlsafe_b64encode(bytes(32)).decode(),
            "1:" + urlsafe_b64encode(bytes(16)).decode(),
            "1:ä",
            "-1:" + urlsafe_b64encode(bytes(32)).decode(),
            "99999999999:" + urlsafe_b64encode(bytes(32)).decode(),
            f"{DEVELOPMENT_KEY},{DEVELOPMENT_KEY}",
        ],
    )
    def test_a_ring_that_is_not_whole_is_refused(self, text):
        with pytest.raises(ValueError):
            KeyRing.parse(text)

    def test_the_first_key_of_a_ring_seals(self):
        ring = KeyRing.parse(f"{new_master_key(7)}, {DEVELOPMENT_KEY}")
        assert KeyRing.number_of(ring.seal(b"x", purpose="p")) == ring.current == 7


@given(st.binary(max_size=200), st.text(max_size=20))
def test_sealing_is_undone_by_unsealing_with_the_same_key_and_purpose_only(content, purpose):
    key = os.urandom(32)
    sealed = seal(key, content, purpose=purpose)
    assert unseal(key, sealed, purpose=purpose) == content
    with pytest.raises(Undecipherable):
        unseal(key, sealed, purpose=purpose + "!")
    with pytest.raises(Undecipherable):
        unseal(os.urandom(32), sealed, purpose=purpose)


def test_an_address_is_found_under_a_former_secret_too(app):
    former = "the secret before the present one has many characters"
    before = runtime()
    settings = before.settings.model_copy(update={"secret_key_fallbacks": type(before.settings.secret_key)(former)})
    install(replace(before, settings=settings))
    try:
        hashes = email_hashes("ada@example.com")
        assert hashes == [email_hash("ada@example.com"), keyed_hash(former, "account index", "ada@example.com")]
    finally:
        install(before)


def platform_keys() -> list[TenantKey]:
    """Every tenant's keys."""
    return list(db.session.scalars(select(TenantKey)))


def own_key(tenant) -> TenantKey:
    """The first key of a tenant."""
    return next(key for key in platform_keys() if key.tenant_id == tenant.id and key.number == 1)
