"""What the steps of a run do, simulated: pure functions of a step and a seed. Nothing is called, nobody is notified.

A real product would put its calls here and keep everything around it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from random import Random
from urllib.parse import urlsplit

Settings = Mapping[str, str]
_MILLISECONDS_PER_TOKEN = {"swift": 4, "steady": 9, "deep": 22}


@dataclass(frozen=True, slots=True)
class AiCall:
    """One request to a language model."""

    model: str
    tokens_in: int
    tokens_out: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a step went, in words for people. ``goes_on`` says whether the next step is taken."""

    message: str
    duration_ms: int
    succeeded: bool = True
    goes_on: bool = True
    ai_calls: tuple[AiCall, ...] = ()


def simulate(kind: str, settings: Settings, *, seed: str) -> Outcome:
    """The outcome of one step; the same step and seed always give the same. A kind that is no more fails."""
    if kind not in _SIMULATIONS:
        return _failure("This kind of step is no longer there.", 0)
    return _SIMULATIONS[kind](settings, Random(seed))  # noqa: S311 (nothing secret comes of it)


def _failure(message: str, duration_ms: int) -> Outcome:
    return Outcome(message, duration_ms, succeeded=False, goes_on=False)


def _http_request(settings: Settings, random: Random) -> Outcome:
    host = urlsplit(settings["url"]).hostname or ""
    if host.endswith(".invalid"):
        return _failure(f"There is no server at {host}.", random.randint(5, 40))
    if random.random() < 0.04:
        return _failure(f"{host} answered 503, three times in a row.", random.randint(3_000, 9_000))
    return Outcome(f"{host} answered 200.", random.randint(60, 900))


def _transform(settings: Settings, random: Random) -> Outcome:
    return Outcome(f"Worked out {random.randint(1, 24)} values.", random.randint(1, 30))


def _ai_prompt(settings: Settings, random: Random) -> Outcome:
    model, speed = settings["model"], _MILLISECONDS_PER_TOKEN[settings["model"]]
    asked = 2 if random.random() < 0.1 else 1
    calls = tuple(
        AiCall(model, len(settings["prompt"]) // 4 + random.randint(80, 900), random.randint(40, 700))
        for _ in range(asked)
    )
    duration = sum(200 + call.tokens_out * speed for call in calls)
    if random.random() < 0.02:
        return Outcome("The model gave no usable answer.", duration, succeeded=False, goes_on=False, ai_calls=calls)
    return Outcome("Answered at once." if asked == 1 else "Answered when asked again.", duration, ai_calls=calls)


def _condition(settings: Settings, random: Random) -> Outcome:
    if random.random() < 0.8:
        return Outcome("This was so.", random.randint(1, 5))
    return Outcome("This was not so; the run ended here.", random.randint(1, 5), goes_on=False)


def _notify(settings: Settings, random: Random) -> Outcome:
    if random.random() < 0.01:
        return _failure("The message was not accepted.", random.randint(500, 2_000))
    return Outcome("Sent.", random.randint(20, 300))


_SIMULATIONS: Mapping[str, Callable[[Settings, Random], Outcome]] = {
    "http_request": _http_request,
    "transform": _transform,
    "ai_prompt": _ai_prompt,
    "condition": _condition,
    "notify": _notify,
}
