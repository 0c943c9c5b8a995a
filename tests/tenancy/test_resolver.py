"""From what a request says of itself to a tenant: host, path, header, token; and what the directory remembers."""

from datetime import timedelta
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jwt
from joserfc.jwk import OctKey
from sqlalchemy import delete, text
from sqlalchemy.exc import OperationalError

from saas.core.actor import SYSTEM
from saas.core.clock import now
from saas.core.database import db
from saas.core.errors import Invalid
from saas.core.ids import short_id
from saas.core.tokens import AUDIENCE, ISSUER, sign_token
from saas.tenancy import directory as directory_module
from saas.tenancy.directory import Directory, directory
from saas.tenancy.models import Domain, Tenant
from saas.tenancy.names import check_key, check_slug, normal_host, suggest_slug
from saas.tenancy.operations import change_slug, create_tenant, rename_tenant
from saas.tenancy.queries import get_tenant
from saas.tenancy.resolver import Asked, Refusal, Site, resolve
from saas.tenancy.scope import platform_rights, platform_scope, platform_work, tenant_scope, tenant_work

BASE = "example.test"
API = "/api/tenant/info"


@pytest.fixture
def token(settings):
    """A valid token for somebody of an organisation."""

    def sign(organisation, person="Alice", **options) -> str:
        secret = settings.jwt_secret.get_secret_value()
        subject = (
            str(organisation.people[person].id)
            if person in organisation.people
            else "0193a5f0-7d3c-7000-8000-00000000abcd"
        )
        return sign_token(secret, subject=subject, tenant_id=str(organisation.id), **options)

    return sign


@pytest.fixture
def domain(acme):
    """A verified domain of Acme's."""
    host = f"portal.{short_id()}.example.com"
    with platform_work():
        db.session.add(Domain(host=host, tenant_id=acme.id, verified_at=now()))
    return host


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


class TestTheFourWays:
    def test_a_subdomain_names_the_tenant(self, acme):
        arrival = resolve(Asked(acme.host, "/"))
        assert (arrival.site, arrival.tenant.id) == (Site.TENANT, acme.id)

    def test_a_path_on_the_apex_names_the_tenant_for_programs(self, acme):
        arrival = resolve(Asked(BASE, f"/tenant/{acme.slug}/api/x"))
        assert (arrival.tenant.id, arrival.mount, arrival.elsewhere) == (acme.id, f"/tenant/{acme.slug}", None)

    def test_a_header_names_the_tenant_for_programs(self, acme):
        assert resolve(Asked(BASE, API, header=acme.slug)).tenant.id == acme.id

    def test_a_token_names_the_tenant_for_programs(self, acme, token):
        arrival = resolve(Asked(BASE, API, bearer=token(acme)))
        assert (arrival.tenant.id, arrival.claims.tenant_id) == (acme.id, str(acme.id))

    def test_on_pages_header_and_token_mean_nothing(self, cast, token):
        asked = Asked(cast.acme.host, "/", header=cast.umbrella.slug, bearer=token(cast.umbrella, "Charlie"))
        assert resolve(asked).tenant.id == cast.acme.id
        assert resolve(Asked(BASE, "/", header=cast.acme.slug, bearer=token(cast.acme))).site is Site.APEX

    def test_without_any_of_them_the_apex_answers(self, app):
        arrival = resolve(Asked(BASE, API))
        assert (arrival.site, arrival.tenant) == (Site.APEX, None)


WAYS = ("host", "path", "header", "token")


class TestAgreement:
    @pytest.fixture
    def ask(self, token):
        """Asks with some ways naming some organisations."""

        def ask(**ways):
            path = f"/tenant/{ways['path'].slug}{API}" if "path" in ways else API
            person = next(iter(ways["token"].people), "") if "token" in ways else ""
            return resolve(
                Asked(
                    host=ways["host"].host if "host" in ways else BASE,
                    path=path,
                    header=ways["header"].slug if "header" in ways else None,
                    bearer=token(ways["token"], person) if "token" in ways else None,
                )
            )

        return ask

    @pytest.mark.parametrize(("one", "other"), list(product(WAYS, WAYS)))
    def test_two_ways_that_name_one_tenant_agree_and_two_tenants_do_not(self, cast, ask, one, other):
        agreeing = ask(**{one: cast.acme, other: cast.acme})
        assert agreeing.tenant.id == cast.acme.id
        if one == other:
            return
        disagreeing = ask(**{one: cast.acme, other: cast.umbrella})
        if {one, other} == {"host", "path"}:  # paths name tenants on the apex alone: elsewhere this is just a page
            named = cast.acme if one == "host" else cast.umbrella
            assert (disagreeing.tenant.id, disagreeing.mount) == (named.id, "")
        else:
            assert (disagreeing.site, disagreeing.refusal) == (Site.NOWHERE, Refusal.DISAGREEMENT)

    @pytest.mark.parametrize("odd", ["path", "header", "token"])
    def test_all_ways_together_agree_unless_one_is_odd(self, cast, ask, odd):
        ways = {"path": cast.acme, "header": cast.acme, "token": cast.acme}
        assert ask(**ways).tenant.id == cast.acme.id
        assert ask(**ways | {odd: cast.umbrella}).refusal is Refusal.DISAGREEMENT

    def test_a_refusal_over_http_is_a_404_that_says_nothing_of_either(self, cast, browse, token):
        headers = {"X-Tenant-ID": cast.umbrella.slug, **bearer(token(cast.acme))}
        response = browse(cast.acme).get(API, headers=headers)
        assert response.status_code == 404
        assert response.json["code"] == "disagreement"
        assert cast.umbrella.name not in response.text

    def test_agreement_over_http_is_served(self, cast, browse, apex, token):
        headers = {"X-Tenant-ID": cast.acme.slug, **bearer(token(cast.acme))}
        assert browse(cast.acme).get(API, headers=headers).json["tenant_id"] == cast.acme.slug
        assert apex.get(f"/tenant/{cast.acme.slug}{API}", headers=headers).json["tenant_id"] == cast.acme.slug

    def test_a_member_of_one_tenant_is_nobody_in_another(self, cast, browse, token):
        forged = token(cast.umbrella, "Nobody")
        assert browse(cast.umbrella).get(API, headers=bearer(forged)).status_code == 401

    def test_a_session_of_one_tenant_means_nothing_at_another(self, cast, browse):
        browser = browse(cast.umbrella)
        browser.carry_session(cast.acme.session_of("Alice"))
        assert browser.get(API).status_code == 401


class TestTokens:
    @pytest.fixture
    def claims(self, acme):
        moment = int(now().timestamp())
        return {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": str(acme.people["Alice"].id),
            "tid": str(acme.id),
            "jti": "x",
            "iat": moment,
            "exp": moment + 60,
        }

    @pytest.fixture
    def answer(self, acme, settings):
        """What a token made by hand is answered with."""

        def ask(claims, *, header=None, key=None):
            secret = OctKey.import_key(key or settings.jwt_secret.get_secret_value())
            header = header or {"alg": "HS256"}
            made = jwt.encode(header, claims, secret, algorithms=[header["alg"]])
            return resolve(Asked(acme.host, API, bearer=made))

        return ask

    def test_a_whole_one_is_taken(self, answer, claims, acme):
        assert answer(claims).tenant.id == acme.id

    @pytest.mark.parametrize("missing", ["iss", "aud", "sub", "tid", "jti", "iat", "exp"])
    def test_every_claim_is_needed(self, answer, claims, missing):
        del claims[missing]
        assert answer(claims).refusal is Refusal.BAD_TOKEN

    @pytest.mark.parametrize(
        ("claim", "value"),
        [
            ("iss", "somebody"),
            ("aud", "somebody"),
            ("exp", 1),
            ("exp", "soon"),
            ("iat", 9_999_999_999),
            ("tid", "not a uuid"),
            ("tid", "0193a5f0-7d3c-7000-8000-00000000abcd"),
            ("tid", 7),
            ("tid", ["a"]),
        ],
    )
    def test_every_claim_must_be_right(self, answer, claims, claim, value):
        assert answer(claims | {claim: value}).refusal is Refusal.BAD_TOKEN

    def test_another_key_or_algorithm_is_refused(self, answer, claims):
        assert answer(claims, key="another secret of thirty-two characters").refusal is Refusal.BAD_TOKEN
        assert answer(claims, header={"alg": "HS512"}).refusal is Refusal.BAD_TOKEN

    def test_an_unsigned_one_is_refused(self, acme, settings, token):
        _, body, _ = token(acme).split(".")
        for head in ("eyJhbGciOiJub25lIn0", "eyJhbGciOiJOb25lIn0"):
            assert resolve(Asked(acme.host, API, bearer=f"{head}.{body}.")).refusal is Refusal.BAD_TOKEN

    @pytest.mark.parametrize(
        "garbage", ["..", "a.b.c", "€.€.€", "eyJ.eyJ.eyJ", "." * 2 + "\0", "W10.W10.W10", "bnVsbA.bnVsbA.x"]
    )
    def test_garbage_is_refused(self, acme, garbage):
        assert resolve(Asked(acme.host, API, bearer=garbage)).refusal is Refusal.BAD_TOKEN

    @given(st.text(max_size=60), st.text(max_size=60), st.text(max_size=60))
    def test_no_garbage_breaks_anything(self, app, head, body, tail):
        text = f"{head.replace('.', '')}.{body.replace('.', '')}.{tail.replace('.', '')}"
        assert resolve(Asked(BASE, API, bearer=text)).refusal is Refusal.BAD_TOKEN

    def test_one_of_the_past_is_refused(self, acme, token):
        assert (
            resolve(Asked(acme.host, API, bearer=token(acme, lifetime=timedelta(minutes=-2)))).refusal
            is Refusal.BAD_TOKEN
        )

    def test_a_refused_one_is_answered_with_401(self, acme, browse):
        assert browse(acme).get(API, headers=bearer("a.b.c")).status_code == 401

    def test_what_is_no_jwt_is_left_to_others(self, acme):
        arrival = resolve(Asked(acme.host, API, bearer="key_live_123"))
        assert (arrival.tenant.id, arrival.claims) == (acme.id, None)


class TestHosts:
    @pytest.mark.parametrize("form", ["{}", "{}.", "{}:80", "{}:8443", "{}.:8443"])
    def test_case_port_and_trailing_dot_make_no_difference(self, acme, form):
        for host in (acme.host, acme.host.upper(), acme.host.title()):
            assert resolve(Asked(form.format(host), "/")).tenant.id == acme.id

    @pytest.mark.parametrize(
        "host",
        [
            "",
            ".",
            " ",
            "a b",
            "[::1]",
            "[::1]:8000",
            "::1",
            "example.test:",
            "example.test:0",
            "example.test:65536",
            "example.test:١",
            "example.test:80:80",
            "example.test..",
            ".example.test",
            "a..example.test",
            "-a.example.test",
            "a-.example.test",
            f"{'a' * 64}.example.test",
            "a." * 126 + "example.test",
            "acme.example.test,umbrella.example.test",
            "acme.example.test, acme.example.test",
            "acme.example.test@evil.example.com",
            "acme.example.test/x",
            "acme.example.test\n",
            "acme.example.test\0",
            "аcme.example.test",
            "acme。example。test",
            "\u212a.example.test",
        ],
    )
    def test_a_malformed_host_is_refused(self, app, host):
        arrival = resolve(Asked(host, "/"))
        assert (arrival.site, arrival.refusal) == (Site.NOWHERE, Refusal.BAD_HOST)

    @pytest.mark.parametrize(
        "host",
        [
            f"{'a' * 63}.example.test",
            "nobody.example.test",
            "api.example.test",
            "ops.example.test",
            "xn--cme-6na.example.test",
            "evil-example.test",
            "example.test.evil.example.com",
            "test",
            "127.0.0.1",
            "_acme.example.test",
        ],
    )
    def test_a_host_of_nobody_is_unknown(self, app, host):
        expected = Refusal.RESERVED_HOST if host.partition(".")[0] in ("ops", "api") else Refusal.UNKNOWN_HOST
        assert resolve(Asked(host, "/")).refusal is expected

    @pytest.mark.parametrize("label", ["ops", "api", "admin", "static"])
    def test_a_reserved_host_says_that_it_is(self, apex, label):
        response = apex.get("/", headers={"Host": f"{label}.{BASE}"})
        assert response.status_code == 404
        assert "Reserved address" in response.text

    def test_a_label_more_is_not_the_tenant(self, acme):
        assert resolve(Asked(f"www.{acme.host}", "/")).refusal is Refusal.UNKNOWN_HOST

    def test_www_leads_to_the_apex(self, app):
        assert resolve(Asked(f"www.{BASE}", "/")).elsewhere == BASE

    def test_the_mailbox_has_a_host_of_its_own(self, app):
        assert resolve(Asked(f"mail.{BASE}", "/")).site is Site.MAIL

    @pytest.mark.parametrize(
        "headers",
        [
            {"X-Forwarded-Host": "{umbrella}"},
            {"X-Forwarded-Server": "{umbrella}"},
            {"X-Host": "{umbrella}"},
            {"X-Original-URL": "http://{umbrella}/"},
            {"X-Rewrite-URL": "/tenant/{slug}/"},
            {"Forwarded": "host={umbrella}"},
            {"X-Forwarded-Prefix": "/tenant/{slug}"},
            {"X-Forwarded-For": "127.0.0.1"},
        ],
    )
    def test_forged_headers_move_nobody(self, cast, browse, headers):
        values = {"umbrella": cast.umbrella.host, "slug": cast.umbrella.slug}
        forged = {name: value.format(**values) for name, value in headers.items()}
        response = browse(cast.acme, "Alice").get("/api/me", headers=forged)
        assert response.json["tenant_id"] == cast.acme.slug

    def test_a_script_name_from_outside_is_ignored(self, cast, browse):
        response = browse(cast.acme, "Alice").get(
            "/api/me", environ_overrides={"SCRIPT_NAME": f"/tenant/{cast.umbrella.slug}"}
        )
        assert response.json["tenant_id"] == cast.acme.slug

    @given(st.text(alphabet=st.characters(max_codepoint=0x2FF), max_size=80))
    def test_no_host_breaks_anything(self, app, host):
        assert resolve(Asked(host, "/")).site in (Site.NOWHERE, Site.APEX, Site.MAIL)

    @given(st.text(max_size=80))
    def test_a_normal_host_is_its_own_normal_form(self, host):
        normal = normal_host(host)
        assert normal is None or normal_host(normal) == normal


class TestPaths:
    @pytest.mark.parametrize("name", ["", "nobody", "\0", "A", "%00", "x" * 300, "..", "ä", "'", "a b"])
    def test_a_path_of_nobody_is_unknown(self, app, name):
        assert resolve(Asked(BASE, f"/tenant/{name}/api/x")).refusal is Refusal.UNKNOWN_TENANT

    def test_a_browser_is_sent_to_the_tenants_own_host(self, acme, apex):
        response = apex.get(f"/tenant/{acme.slug}/sign-in?next=%2Fa")
        assert (response.status_code, response.headers["Location"]) == (302, f"http://{acme.host}/sign-in?next=%2Fa")

    def test_the_bare_path_leads_to_the_tenants_home(self, acme, apex):
        assert apex.get(f"/tenant/{acme.slug}").headers["Location"] == f"http://{acme.host}/"

    def test_a_form_is_not_carried_along(self, acme, apex):
        assert apex.client.post(f"/tenant/{acme.slug}/sign-in", headers={"Host": BASE}).status_code == 404

    def test_a_program_gets_json(self, acme, apex):
        response = apex.get(f"/tenant/{acme.slug}{API}")
        assert (response.status_code, response.mimetype) == (401, "application/problem+json")

    def test_an_unknown_one_gets_problem_details_too(self, apex):
        response = apex.get(f"/tenant/nobody{API}", headers={"Accept": "application/json"})
        assert response.status_code == 404

    @pytest.mark.parametrize("header", ["nobody", "", "\0", "A", "x" * 300, "ä", "acme, umbrella"])
    def test_an_unknown_header_is_refused(self, app, header):
        assert resolve(Asked(BASE, API, header=header)).refusal is Refusal.UNKNOWN_TENANT


class TestSlugs:
    def change(self, organisation, slug: str) -> None:
        with platform_work():
            change_slug(get_tenant(str(organisation.id)), slug, actor=SYSTEM)

    def test_a_former_one_leads_to_todays_and_stays_held(self, cast, apex):
        former, today = cast.acme.slug, f"new-{short_id()}"
        self.change(cast.acme, today)
        response = apex.get("/a?b=c", headers={"Host": f"{former}.{BASE}"})
        assert response.headers["Location"] == f"http://{today}.{BASE}/a?b=c"
        with pytest.raises(Invalid, match="taken"):
            self.change(cast.umbrella, former)
        with platform_work(), pytest.raises(Invalid, match="taken"):
            create_tenant(name="Other", slug=former, actor=SYSTEM)

    def test_one_can_go_back_to_its_own_former_one(self, acme):
        former = acme.slug
        self.change(acme, f"new-{short_id()}")
        self.change(acme, former)
        assert resolve(Asked(f"{former}.{BASE}", "/")).elsewhere is None

    def test_a_refused_one_changes_nothing(self, cast):
        with platform_work():
            tenant = get_tenant(str(cast.acme.id))
            with pytest.raises(Invalid):
                change_slug(tenant, cast.umbrella.slug, actor=SYSTEM)
            assert tenant.slug == cast.acme.slug
            rename_tenant(tenant, "Still usable", actor=SYSTEM)
        assert resolve(Asked(cast.acme.host, "/")).tenant.name == "Still usable"

    def test_a_tenant_can_change_its_own_in_its_own_scope(self, acme):
        today = f"new-{short_id()}"
        with tenant_work(acme) as session:
            change_slug(session.get_one(Tenant, acme.id), today, actor=SYSTEM)
        assert resolve(Asked(f"{today}.{BASE}", "/")).tenant.id == acme.id

    def test_the_key_names_the_tenant_too_and_leads_to_the_slug(self, spare):
        key = f"Corp_{short_id()}".lower()
        with platform_work():
            tenant = create_tenant(name="Corp", slug=f"corp-{short_id()}", key=key, actor=SYSTEM)
        assert resolve(Asked(BASE, API, header=key)).tenant.id == tenant.id
        assert resolve(Asked(f"{key}.{BASE}", "/")).elsewhere == f"{tenant.slug}.{BASE}"
        assert resolve(Asked(BASE, API, header=tenant.slug)).refusal is Refusal.UNKNOWN_TENANT

    @pytest.mark.parametrize(
        "slug",
        [
            *("", "ab", "a" * 41, "-acme", "acme-", "ac me", "acmé", "ac_me", "a.b", "xn--acme", "ab--c", "www", "API"),
            *(
                "mail",
                "ops",
                "acme\nx",
                "acme\0",
                "İstanbul",
                "0193a5f0-7d3c-7000-8000-00000000abcd"[:40],
                "tenant",
                "localhost",
            ),
        ],
    )
    def test_some_are_refused(self, slug):
        with pytest.raises(Invalid):
            check_slug(slug)

    @pytest.mark.parametrize(
        ("typed", "slug"), [("Acme", "acme"), (" acme-2 ", "acme-2"), ("123", "123"), ("a-b-c", "a-b-c")]
    )
    def test_others_are_made_plain(self, typed, slug):
        assert check_slug(typed) == slug

    @pytest.mark.parametrize(
        "key", ["", "Acme", "acme\n", "-a", "_a", "a" * 51, "a b", "www", "0193a5f0-7d3c-7000-8000-00000000abcd"]
    )
    def test_some_keys_are_refused(self, key):
        with pytest.raises(Invalid):
            check_key(key)

    @given(st.text(max_size=80))
    def test_a_suggested_one_is_well_formed_or_reserved(self, name):
        slug = suggest_slug(name)
        assert slug == "" or slug.isascii()


class TestDomains:
    def test_a_verified_one_names_the_tenant(self, domain, acme, apex):
        assert resolve(Asked(domain.upper(), "/")).tenant.id == acme.id
        assert apex.get("/sign-in", headers={"Host": domain}).status_code == 200

    def test_one_that_is_not_verified_names_nobody(self, acme):
        host = f"portal.{short_id()}.example.com"
        with platform_work():
            db.session.add(Domain(host=host, tenant_id=acme.id))
        assert resolve(Asked(host, "/")).refusal is Refusal.UNKNOWN_HOST

    @pytest.mark.parametrize(
        "change", ["DELETE FROM platform.domains", "UPDATE platform.domains SET verified_at = NULL"]
    )
    def test_one_taken_away_by_another_process_is_closed_at_the_next_request(self, domain, apex, change):
        assert apex.get("/sign-in", headers={"Host": domain}).status_code == 200
        with platform_work() as session:
            session.execute(text(f"{change} WHERE host = :host"), {"host": domain})
        assert apex.get("/sign-in", headers={"Host": domain}).status_code == 404

    def test_one_that_moved_by_another_process_is_the_new_owners_after_one_refusal(self, cast, domain, apex):
        apex.get("/sign-in", headers={"Host": domain})
        with platform_work() as session:
            session.execute(delete(Domain).where(Domain.host == domain))
            session.add(Domain(host=domain, tenant_id=cast.umbrella.id, verified_at=now()))
        assert apex.get("/sign-in", headers={"Host": domain}).status_code == 404
        assert resolve(Asked(domain, "/")).tenant.id == cast.umbrella.id

    def test_one_below_ours_is_never_looked_up(self, acme):
        host = f"deep.{acme.slug}.{BASE}"
        with platform_work():
            db.session.add(Domain(host=host, tenant_id=acme.id, verified_at=now()))
        assert resolve(Asked(host, "/")).refusal is Refusal.UNKNOWN_HOST

    def test_the_primary_one_is_where_pages_live(self, acme, apex):
        host = f"portal.{short_id()}.example.com"
        with platform_work():
            db.session.add(Domain(host=host, tenant_id=acme.id, verified_at=now(), is_primary=True))
        assert apex.get(f"/tenant/{acme.slug}/x").headers["Location"] == f"http://{host}/x"


class TestWhatIsRemembered:
    @pytest.fixture
    def clock(self, monkeypatch):
        """The directory's own time."""
        moment = [1000.0]
        monkeypatch.setattr(directory_module, "monotonic", lambda: moment[0])
        return moment

    def test_a_name_is_read_once_in_its_time(self, acme, clock, settings):
        mine = Directory()
        first = mine.by_name(acme.slug)
        with platform_work() as session:
            session.execute(text("UPDATE platform.tenants SET name = 'Other' WHERE id = :id"), {"id": acme.id})
        assert mine.by_name(acme.slug) is first
        clock[0] += settings.tenant_cache_seconds + 1
        assert mine.by_name(acme.slug).name == "Other"

    def test_a_change_holds_at_once_in_this_process(self, acme):
        directory.by_name(acme.slug)
        with tenant_work(acme) as session:
            rename_tenant(session.get_one(Tenant, acme.id), "Renamed", actor=SYSTEM)
            assert directory.by_name(acme.slug).name == "Acme"
        assert directory.by_name(acme.slug).name == "Renamed"

    def test_a_change_by_way_of_the_platforms_rights_does_too(self, acme):
        directory.by_name(acme.slug)
        with tenant_work(acme), platform_rights() as session:
            rename_tenant(session.get_one(Tenant, acme.id), "Renamed", actor=SYSTEM)
        assert directory.by_name(acme.slug).name == "Renamed"

    def test_a_change_that_is_rolled_back_is_not_remembered(self, acme):
        with platform_scope() as session:
            rename_tenant(session.get_one(Tenant, acme.id), "Renamed", actor=SYSTEM)
            assert directory.by_name(acme.slug).name == "Renamed"
        assert directory.by_name(acme.slug).name == "Acme"

    def test_a_new_organisation_is_found_a_second_after_somebody_asked_in_vain(self, spare, clock):
        slug, elsewhere = f"new-{short_id()}", Directory()
        assert elsewhere.by_name(slug) is None
        with platform_work():
            create_tenant(name="New", slug=slug, actor=SYSTEM)
        assert directory.by_name(slug).slug == slug
        clock[0] += 1.1
        assert elsewhere.by_name(slug).slug == slug

    def test_an_answer_older_than_the_change_is_not_kept(self, acme, monkeypatch):
        """Read before the commit, kept after it: the classic race."""
        mine, read = Directory(), directory_module._read

        def slow(query, place):
            entry = read(query, place)
            with platform_work() as session:
                session.execute(text("UPDATE platform.tenants SET name = 'Other' WHERE id = :id"), {"id": acme.id})
            mine.forget(acme.id)
            return entry

        monkeypatch.setattr(directory_module, "_read", slow)
        assert mine.by_name(acme.slug).name == "Acme"
        monkeypatch.undo()
        assert mine.by_name(acme.slug).name == "Other"

    def test_many_unknown_names_crowd_out_no_tenant(self, acme, monkeypatch):
        monkeypatch.setattr(directory_module, "CAPACITY", 10)
        mine = Directory()
        first = mine.by_name(acme.slug)
        for number in range(30):
            mine.by_name(f"nobody-{number}")
        assert mine.by_name(acme.slug) is first

    def test_a_read_inside_a_tenants_scope_uses_its_connection(self, cast):
        with tenant_scope(cast.acme, alone=True):
            assert directory.by_id(cast.umbrella.id).slug == cast.umbrella.slug


def test_a_database_that_is_away_is_told_as_such(app, apex, monkeypatch):
    def away(*_arguments, **_options):
        raise OperationalError("SELECT", {}, Exception("gone"))

    monkeypatch.setattr(directory_module, "_read", away)
    response = apex.get("/", headers={"Host": "somebody.example.test"})
    assert (response.status_code, response.headers["Retry-After"]) == (503, "5")
