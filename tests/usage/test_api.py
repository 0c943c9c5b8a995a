"""Usage for programs: recorded, read, asked before; refusals that a program can act on."""

import json
from typing import Any

import pytest
from werkzeug.test import TestResponse

from saas.core.actor import SYSTEM
from saas.keys.operations import create_key
from saas.tenancy.scope import tenant_work
from tests.cast import Organisation
from tests.usage.conftest import events_of, total_of, use

PERMISSIONS = ("usage.view", "usage.track")


@pytest.fixture
def key(app):
    """The secret of a key that may record usage."""

    def make(organisation: Organisation, *permissions: str) -> str:
        with tenant_work(organisation):
            _, secret = create_key(name="Meter", permissions=permissions or PERMISSIONS, expires_at=None, actor=SYSTEM)
        return secret

    return make


@pytest.fixture
def call(app, on_plan, key):
    """Acme's API: ``call("POST", "/api/usage/track", {…})`` with a key that may."""
    secrets: dict[str, str] = {}

    def send(organisation: Organisation, method: str, path: str, body: Any = None, **options: Any) -> TestResponse:
        secret = secrets.setdefault(organisation.slug, key(organisation))
        headers = {"Host": organisation.host, "Authorization": f"Bearer {secret}"}
        given = {"json": body} if body is not None else {}
        return app.test_client().open(
            path, method=method, headers=headers, base_url=f"http://{organisation.host}", **given, **options
        )

    return send


class TestTracking:
    def test_a_use_is_recorded_once_for_its_key(self, on_plan, call):
        pro, body = on_plan("pro"), {"meter": "images", "quantity": 12, "key": "a", "resource": "page:7"}
        first, second = (call(pro, "POST", "/api/usage/track", body) for _ in range(2))
        assert (first.status_code, second.status_code) == (201, 200)
        assert first.json == {"id": second.json["id"], "meter": "images", "recorded": True} | {
            "used": 12,
            "limit": None,
            "cost": "0.1",
        }
        assert events_of(pro, "images")[0].resource == "page:7"

    def test_a_key_may_name_who_it_was_one_by_one_and_in_batches(self, on_plan, call):
        pro = on_plan("pro")
        use_of_bob = {"meter": "images", "user_id": str(pro.people["Bob"].id)}
        assert call(pro, "POST", "/api/usage/track", use_of_bob).status_code == 201
        assert call(pro, "POST", "/api/usage/events", [use_of_bob]).status_code == 200
        assert {event.actor_id for event in events_of(pro, "images")} == {pro.people["Bob"].id}

    def test_a_form_with_the_names_of_other_systems_is_taken_too(self, on_plan, call):
        form = {"resource_type": "images", "quantity": "2", "cost": "9.99", "workflow_id": "w1"}
        assert call(on_plan("pro"), "POST", "/api/usage/track", data=form).status_code == 201

    def test_a_plan_without_the_api_closes_all_of_it(self, on_plan, call):
        free = on_plan("free")
        answer = call(free, "GET", "/api/usage")
        assert answer.status_code == 402, "the plan has no API"
        assert answer.json["code"] == "feature_locked"

    @pytest.mark.parametrize(
        ("body", "field"),
        [
            ({"meter": "images", "quantity": 0}, "quantity"),
            ({"meter": "images", "quantity": -3}, "quantity"),
            ({"meter": "images", "quantity": "NaN"}, "quantity"),
            ({"meter": "images", "quantity": "1e999"}, "quantity"),
            ({"meter": "images", "quantity": [1]}, "quantity"),
            ({"meter": "pictures"}, "meter"),
            ({"meter": "users"}, "meter"),
            ({"quantity": 1}, "meter"),
            ({"meter": "images", "at": "2999-01-01T00:00:00Z"}, "at"),
            ({"meter": "images", "at": "2001-01-01T00:00:00Z"}, "at"),
            ({"meter": "images", "at": "tomorrow"}, "at"),
            ({"meter": "images", "at": "0001-01-01T00:00:00+10:00"}, "at"),
            ({"meter": "images", "at": "9999-12-31T23:00:00-10:00"}, "at"),
            ({"meter": "images", "quantity": 1.5}, "quantity"),
            ({"meter": "images", "quantity": "1_0"}, "quantity"),
            ({"meter": "images", "quantity": "٣"}, "quantity"),
            ({"meter": "images", "quantity": 10**9 + 1}, "quantity"),
            ({"meter": "storage", "quantity": -1}, "quantity"),
            ({"meter": "images", "dimension": "red"}, "dimension"),
            ({"meter": "images", "module": "bananas"}, "module"),
            ({"meter": "images", "user_id": "00000000-0000-7000-8000-000000000001"}, "user_id"),
            ({"meter": "images", "colour": "red"}, "body"),
            ({"meter": 7}, "meter"),
        ],
    )
    def test_what_cannot_be_taken_is_named(self, acme, call, body, field):
        answer = call(acme, "POST", "/api/usage/track", body)
        assert (answer.status_code, answer.json["field"]) == (422, field)
        assert events_of(acme, "images") == []

    def test_a_key_that_may_not_is_refused(self, acme, app, key):
        headers = {"Host": acme.host, "Authorization": f"Bearer {key(acme, 'usage.view')}"}
        base = f"http://{acme.host}"
        sent = app.test_client().post("/api/usage/track", json={"meter": "images"}, headers=headers, base_url=base)
        assert sent.status_code == 403
        assert app.test_client().get("/api/usage", headers=headers, base_url=base).status_code == 200


class TestBatches:
    def test_a_batch_is_recorded_and_sent_again_counts_nothing(self, on_plan, call):
        pro, batch = on_plan("pro"), [{"meter": "images", "key": f"k{number}"} for number in range(50)]
        assert call(pro, "POST", "/api/usage/events", batch).json == {"recorded": 50, "again": 0}
        assert call(pro, "POST", "/api/usage/events", {"events": batch}).json == {"recorded": 0, "again": 50}
        assert total_of(pro, "images").used == 50

    @pytest.mark.parametrize("body", [[], {}, "events", 7, [{"meter": "images"}] * 1001])
    def test_what_is_no_batch_is_refused(self, acme, call, body):
        answer = call(acme, "POST", "/api/usage/events", body)
        assert (answer.status_code, answer.json["field"]) == (422, "events")

    def test_the_event_that_is_wrong_is_named_and_none_is_kept(self, acme, call):
        answer = call(acme, "POST", "/api/usage/events", [{"meter": "images"}, {"meter": "images", "quantity": -1}])
        assert (answer.status_code, answer.json["field"]) == (422, "events.1.quantity")
        assert events_of(acme, "images") == []

    def test_what_is_no_json_is_refused(self, acme, call):
        deep = "[" * 100_000
        assert call(acme, "POST", "/api/usage/track", data=deep, content_type="application/json").status_code in (
            400,
            422,
        )
        sent = call(acme, "POST", "/api/usage/events", data="{", content_type="application/json")
        assert sent.status_code == 400


class TestReading:
    def test_every_meter_stands_there_with_its_limit_and_cost(self, on_plan, call):
        pro = on_plan("pro")
        use(pro, "images", 12)
        answer = call(pro, "GET", "/api/usage").json
        images = next(one for one in answer["meters"] if one["meter"] == "images")
        assert (images["used"], images["included"], images["limit"], images["cost"]) == (12, 10, None, "0.1")
        assert answer["currency"] == "EUR"
        people = next(one for one in answer["meters"] if one["meter"] == "users")
        assert (people["used"], people["standing"]) == (4, True)

    def test_a_limit_can_be_asked_for_before(self, on_plan, call, saas):
        pro = on_plan("pro")
        saas("tenants", "limit", pro.slug, "images", "5")
        use(pro, "images", 4)
        fits, not_ = (call(pro, "GET", f"/api/usage/limits/images?quantity={number}").json for number in (1, 2))
        assert (fits["allowed"], fits["remaining"], fits["plans"]) == (True, 1, [])
        assert (not_["allowed"], not_["plans"]) == (False, [])
        assert call(pro, "GET", "/api/usage/limits/pictures").status_code == 404
        for wrong in ("many", "-1", "0"):
            assert call(pro, "GET", f"/api/usage/limits/images?quantity={wrong}").status_code == 422
        assert call(pro, "GET", "/api/usage?start_date=9999-12-31").status_code == 422


class TestApiCalls:
    def test_each_request_of_a_program_counts_and_the_limit_closes_the_api(self, on_plan, call, saas):
        pro = on_plan("pro")
        saas("tenants", "limit", pro.slug, "api_calls", "3")
        answers = [call(pro, "GET", "/api/usage") for _ in range(5)]
        assert [answer.status_code for answer in answers] == [200, 200, 200, 402, 402]
        refusal = json.loads(answers[-1].text)
        assert answers[-1].mimetype == "application/problem+json"
        assert (refusal["code"], refusal["meter"], refusal["limit"], refusal["used"]) == (
            "limit_reached",
            "api_calls",
            3,
            3,
        )
        assert refusal["resets_at"].endswith("+00:00")
        assert refusal["plans"] == [], "what was agreed on holds in every plan"
        assert len(events_of(pro, "api_calls")) == 3

    def test_the_api_counts_and_is_closed_alike_for_who_comes_with_a_session(self, acme, browse, on_plan):
        alice = browse(acme, "Alice")
        assert alice.get("/api/usage").status_code == 200
        assert total_of(acme, "api_calls").used == 1
        assert browse(on_plan("free"), "Alice").get("/api/usage").status_code == 402

    def test_a_call_that_is_refused_for_another_reason_counts_too(self, acme, call):
        assert call(acme, "POST", "/api/usage/track", {"meter": "pictures"}).status_code == 422
        assert total_of(acme, "api_calls").used == 1


class TestRates:
    def test_the_headers_say_how_many_are_left_and_the_one_too_many_waits(self, on_plan, call):
        pro = on_plan("pro")
        first = call(pro, "GET", "/api/usage")
        limit, left = (int(first.headers[f"X-RateLimit-{name}"]) for name in ("Limit", "Remaining"))
        assert left == limit - 1
        answers = [call(pro, "GET", "/api/usage") for _ in range(limit + 1)]
        late = [answer for answer in answers if answer.status_code == 429]
        assert late, "more than ten in a second"
        assert int(late[0].headers["Retry-After"]) >= 1

    def test_strangers_are_counted_by_their_address(self, acme, app):
        base = f"http://{acme.host}"
        codes = [
            app.test_client().get("/api/usage", headers={"Host": acme.host}, base_url=base).status_code
            for _ in range(62)
        ]
        assert (codes[0], codes[-1]) == (401, 429)
