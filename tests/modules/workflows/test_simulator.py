"""The simulator and the rule of complexity: pure functions."""

import pytest

from saas.modules.workflows.kinds import KINDS, SETTINGS, complexity_of
from saas.modules.workflows.simulator import Outcome, simulate

EXAMPLES = {
    kind: {setting.name: next(iter(setting.choices), setting.example) for setting in about.settings}
    for kind, about in KINDS.items()
}


def outcomes(kind: str, tries: int = 1000) -> list[Outcome]:
    return [simulate(kind, EXAMPLES[kind], seed=str(number)) for number in range(tries)]


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_seed_gives_the_same_outcome(kind):
    assert outcomes(kind, 50) == outcomes(kind, 50)


@pytest.mark.parametrize("kind", KINDS)
def test_outcomes_vary_take_time_and_say_what_happened(kind):
    found = outcomes(kind)
    assert len(set(found)) > 1
    assert all(outcome.duration_ms > 0 and outcome.message for outcome in found)
    assert all(outcome.succeeded or not outcome.goes_on for outcome in found)


def test_only_ai_prompts_ask_a_model_and_some_ask_twice():
    assert {len(outcome.ai_calls) for outcome in outcomes("ai_prompt")} == {1, 2}
    assert not any(outcome.ai_calls for kind in KINDS if kind != "ai_prompt" for outcome in outcomes(kind, 50))


def test_a_condition_that_does_not_hold_ends_the_run_without_failing_it():
    ended = [outcome for outcome in outcomes("condition") if not outcome.goes_on]
    assert ended
    assert all(outcome.succeeded for outcome in ended)


def test_most_requests_succeed_and_some_fail_in_plain_words():
    failed = [outcome for outcome in outcomes("http_request") if not outcome.succeeded]
    assert 0 < len(failed) < 100
    assert {outcome.message for outcome in failed} == {"api.example.com answered 503, three times in a row."}


@pytest.mark.parametrize(
    ("kinds", "complexity"),
    [
        ([], "simple"),
        (["http_request", "transform", "notify"], "simple"),
        (["http_request", "ai_prompt"], "medium"),
        (["ai_prompt"] * 3 + ["notify"], "medium"),
        (["ai_prompt"] * 3 + ["http_request"], "complex"),
    ],
)
def test_complexity_follows_the_weights_of_the_steps(kinds, complexity):
    assert complexity_of(kinds) == complexity


@pytest.mark.parametrize("kind", KINDS)
def test_the_examples_are_what_they_ask_for(kind):
    assert [SETTINGS[name].fault(value) for name, value in EXAMPLES[kind].items()] == [""] * len(EXAMPLES[kind])


def test_a_step_is_described_in_one_line():
    assert {kind: KINDS[kind].describe(EXAMPLES[kind]) for kind in KINDS} == {
        "http_request": "GET https://api.example.com/orders",
        "transform": "order.total * 1.2",
        "ai_prompt": "Swift: Summarise the order in one sentence.",
        "condition": "order.total is 100",
        "notify": "E-mail: A large order has come in.",
    }
