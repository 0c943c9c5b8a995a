"""The journey through Studio's catalogue: where Free stops, and what Pro pays beyond what it includes, to the cent."""

from decimal import Decimal

import pytest

from tests.cast import found
from tests.modules.renders.conftest import FILM, IMAGE, SPEECH, read
from tests.modules.selling import call, events, figure, give, use
from tests.support import sold

IMAGES, SPEAK, FILMS = "/renders/images/new", "/renders/speech/new", "/renders/films/new"


@pytest.fixture
def free(app):
    """An organisation that has just come to Studio, on the plan that costs nothing."""
    with sold("studio"):
        yield found("Lightbox", owner="Alice", people={"Bob": "member"})


@pytest.fixture
def pro(free):
    """The same, on Pro."""
    give(free, "pro")
    return free


class TestFree:
    def test_the_form_tells_what_an_order_uses(self, free, browse):
        bob = browse(free, "Bob")
        use(free, "images", 9)
        assert "This uses 1 of your 500 images; then 490 images are left this month." in bob.get(IMAGES).text
        told = bob.post("/renders/estimate", {"kind": "image", "number": "3"}).text
        assert "This uses 3 of your 500 images; then 488 images are left this month." in told
        told = bob.post("/renders/estimate", {"kind": "speech", "text": "x" * 46}).text
        assert "This uses 4 of your 60,000 seconds; then 59,996 seconds are left this month." in told

    def test_it_stops_at_five_hundred_images(self, free, browse, run_jobs):
        bob = browse(free, "Bob")
        use(free, "images", 498)
        refused = bob.post(IMAGES, IMAGE | {"number": 3})
        assert refused.status_code == 402
        assert "Your plan has 500 images a month; 498 images are in use. This needs 3 images more. Pro" in refused.text
        assert "Compare plans" in refused.text
        told = bob.post("/renders/estimate", {"kind": "image", "number": "3"}).text
        assert "This needs 3 images, and 2 images are left this month. Pro and Enterprise have more." in told
        assert bob.post(IMAGES, IMAGE | {"number": 2}).status_code == 303
        run_jobs()
        assert figure(free, "images").used == 500
        assert bob.post(IMAGES, IMAGE | {"number": 1}).status_code == 402
        assert figure(free, "images").cost == 0
        give(free, "pro")
        assert bob.post(IMAGES, IMAGE | {"number": 1}).status_code == 303

    def test_it_stops_at_a_thousand_minutes_of_speech_and_five_hundred_of_film(self, free, browse):
        bob = browse(free, "Bob")
        use(free, "tts_seconds", 59_999)
        use(free, "render_minutes", 498)
        assert bob.post(SPEAK, SPEECH | {"text": "x" * 16}).status_code == 402
        assert bob.post(SPEAK, SPEECH | {"text": "x" * 15}).status_code == 303
        assert bob.post(FILMS, FILM | {"minutes": 3}).status_code == 402
        assert bob.post(FILMS, FILM | {"minutes": 2}).status_code == 303

    def test_a_hundred_gigabytes_are_all_there_is(self, free, browse, run_jobs):
        bob = browse(free, "Bob")
        use(free, "storage", Decimal("99.9"))
        refused = bob.post(FILMS, FILM | {"minutes": 2})
        assert refused.status_code == 402
        assert "Your plan has 100 GB; 99.9 GB are in use. This needs 0.12 GB more." in refused.text
        assert bob.post(FILMS, FILM | {"minutes": 1}).status_code == 303
        run_jobs()
        assert figure(free, "storage").used == Decimal("99.96")

    def test_4k_and_youtube_are_locked_and_shown_as_locked(self, free, browse, make):
        bob, film = browse(free, "Bob"), make(free, "film")
        form = bob.get(FILMS).text
        assert "“4K rendering” is not in your plan. Pro and Enterprise have it." in form
        assert 'href="/plan"' in form
        assert bob.post(FILMS, FILM | {"resolution": "4k"}).status_code == 402
        page = bob.get(f"/renders/{film}").text
        assert "“Publishing to YouTube” is not in your plan." in page
        assert bob.post(f"/renders/{film}/publish").status_code == 402
        give(free, "pro")
        assert "is not in your plan" not in bob.get(FILMS).text + bob.get(f"/renders/{film}").text
        assert bob.post(FILMS, FILM | {"resolution": "4k"}).status_code == 303
        assert "The film is published." in bob.follow(bob.post(f"/renders/{film}/publish")).text


class TestPro:
    def test_twelve_images_beyond_cost_sixty_cents(self, pro, browse, run_jobs):
        """2 500 are included, 2 512 made: 12 × 0.05 = 0.60."""
        bob = browse(pro, "Bob")
        use(pro, "images", 2_496)
        for number, told in (
            (8, "The 2,500 images in your plan are used up by it; it costs US$0.20."),
            (8, "The 2,500 images in your plan are used up by it; it costs US$0.40."),
        ):
            assert told in bob.post("/renders/estimate", {"kind": "image", "number": str(number)}, page=IMAGES).text
            assert bob.post(IMAGES, IMAGE | {"number": number}).status_code == 303
        run_jobs()
        told = figure(pro, "images")
        assert (told.used, told.beyond, told.cost) == (2_512, 12, Decimal("0.60"))
        assert [event.cost for event in events(pro, "images")] == [0, Decimal("0.20"), Decimal("0.40")]

    def test_five_hundred_seconds_of_speech_beyond_cost_half_a_dollar(self, pro, browse, run_jobs):
        """300 000 s are included, 300 500 spoken: 500 × 0.001 = 0.50. 15 000 characters take 1 000 s."""
        use(pro, "tts_seconds", 299_500)
        ordered = browse(pro, "Bob").post(SPEAK, SPEECH | {"text": "x" * 15_000})
        assert ordered.status_code == 303
        run_jobs()
        told = figure(pro, "tts_seconds")
        assert (told.used, told.beyond, told.cost) == (300_500, 500, Decimal("0.50"))

    def test_seven_minutes_of_film_beyond_cost_seventy_cents(self, pro, browse, run_jobs):
        """2 500 are included, 2 507 rendered: 7 × 0.10 = 0.70."""
        use(pro, "render_minutes", 2_490)
        assert browse(pro, "Bob").post(FILMS, FILM | {"minutes": 17, "resolution": "4k"}).status_code == 303
        run_jobs()
        told = figure(pro, "render_minutes")
        assert (told.used, told.beyond, told.cost) == (2_507, 7, Decimal("0.70"))

    def test_what_fails_costs_nothing(self, pro, browse, run_jobs):
        """Eight beyond, 0.40, of which four are given back: 0.20."""
        bob = browse(pro, "Bob")
        use(pro, "images", 2_500)
        for prompt in ("A harbour", "A weapon"):
            bob.post(IMAGES, IMAGE | {"prompt": prompt, "number": 4})
        assert figure(pro, "images").cost == Decimal("0.40")
        run_jobs()
        told = figure(pro, "images")
        assert (told.used, told.cost) == (2_504, Decimal("0.20"))

    def test_within_what_is_included_the_form_says_what_is_left(self, pro, browse):
        told = browse(pro, "Bob").get(FILMS).text
        assert "This uses 2 minutes. Of the 2,500 in your plan 2,498 minutes are left then this month." in told


def test_programs_are_told_the_same(free, app):
    use(free, "images", 500)
    body = {"kind": "image", "settings": IMAGE | {"number": 1}}
    refused = call(app, free, "Bob", "POST", "/api/renders", json=body)
    assert (refused.status_code, refused.mimetype) == (402, "application/problem+json")
    assert refused.json["limit"] == 500
    give(free, "pro")
    accepted = call(app, free, "Bob", "POST", "/api/renders", json=body)
    assert accepted.status_code == 202
    assert read(free, accepted.json["id"]).amount == 1


def test_enterprise_has_no_bounds(free, browse):
    give(free, "enterprise")
    use(free, "images", 10**6)
    bob = browse(free, "Bob")
    assert bob.post(IMAGES, IMAGE).status_code == 303
    assert bob.post(FILMS, FILM | {"resolution": "4k"}).status_code == 303
    assert "This uses 1 image; your plan does not limit them." in bob.get(IMAGES).text
    assert figure(free, "images").cost == 0
