"""The brand compiler: a brand in, the tokens of a light and a dark theme out, readable whatever the brand's colours are."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from saas.branding.brand import Brand
from saas.branding.charts import series
from saas.branding.colours import Colour, contrast, distance, mixed, oklch, parse
from saas.branding.pairs import SAME_AS_FOREGROUND, SERIES, STATES, TEXT, Pair, pairs_of, shade
from saas.branding.scales import COLOURFUL, DARK, LIGHT, Scale, Step

SPARE = 0.03
"""A repair aims this much higher than the ratio needed, so that a browser's rounding does not fall below it."""

STATES_APART = 0.09
"""The brand's colour and the one for what destroys are at least this far apart in OKLab."""

BLACK, WHITE = parse("#000"), parse("#fff")


@dataclass(frozen=True)
class Repair:
    """A colour that was moved, what it stands on, and the contrast before and after."""

    mode: str
    token: str
    before: str
    after: str
    against: str
    ratio_before: float
    ratio_after: float
    reason: str


@dataclass(frozen=True)
class Theme:
    """Every colour token of both modes as ``#rrggbb``, and what had to be changed for it."""

    light: Mapping[str, str]
    dark: Mapping[str, str]
    repairs: tuple[Repair, ...]


@lru_cache(maxsize=256)
def compile_brand(brand: Brand) -> Theme:
    """The theme of a brand: the same brand always gives the same theme."""
    light, dark = _Mode(brand, LIGHT), _Mode(brand, DARK)
    return Theme(light.compiled(), dark.compiled(), (*light.repairs.values(), *dark.repairs.values()))


def _surface_reason(mode: str) -> str:
    return f"Text must be readable on every surface of the {mode} theme, so all of them stay {mode}."


def _fill_reason(needed: float) -> str:
    return f"Neither black nor white text could be read on it: it needs {needed - SPARE:g} to 1."


def _text_reason(pair: Pair, level: str) -> str:
    return f"As {pair.kind.word} on {pair.ground} it needs {pair.needs(level):g} to 1 for {level}."


class _Mode:
    """One mode while it is made, each step standing on those before it."""

    def __init__(self, brand: Brand, scale: Scale) -> None:
        self.brand, self.scale = brand, scale
        self.tokens: dict[str, Colour] = {}
        self.repairs: dict[str, Repair] = {}

    def compiled(self) -> dict[str, str]:
        self._set_surfaces()
        self._set_fill("primary", self._lit(self._given("primary") or parse(self.brand.primary)))
        self._set_states()
        self._set_texts()
        self._settle()
        self._set_destructive()
        self._set_brand_colours()
        self._set_series()
        return {name: colour.hex for name, colour in self.tokens.items()}

    def _given(self, token: str) -> Colour | None:
        given = self.brand.overrides.get(f"{self.scale.mode}.{token}")
        return parse(given) if given else None

    def _tinted(self, step: Step, hue_of: str) -> Colour:
        """A step of the scale in the brand's hue, as colourful as the brand is."""
        _, chroma, hue = parse(hue_of).oklch
        return parse(oklch(step[0], step[1] * min(1.0, chroma / COLOURFUL), hue).hex)

    def _lit(self, colour: Colour) -> Colour:
        """The brand's own colour, lightened where the mode is dark; one that was set for the mode stays."""
        lightness, chroma, hue = colour.oklch
        least, growth = self.scale.fill
        if lightness >= least or self._given("primary"):
            return colour
        return parse(oklch(least, chroma * growth, hue).hex)

    def _set_surfaces(self) -> None:
        for name, step in self.scale.surfaces.items():
            hue_of = (name == "accent" and self.brand.secondary) or self.brand.primary
            given = self._given(name)
            self.tokens[name] = self._bounded(name, given) if given else self._tinted(step, hue_of)

    def _bounded(self, name: str, given: Colour) -> Colour:
        own, bounds = self.scale.surfaces[name][0], self.scale.bounds[self.brand.level]
        low, high = min(own, bounds[0]), max(own, bounds[1])
        lightness, chroma, hue = given.oklch
        if name == "border" or low <= lightness <= high:
            return given
        moved = parse(oklch(min(high, max(low, lightness)), min(chroma, 0.06), hue).hex)
        ink = WHITE if self.scale.away > 0 else BLACK
        self._tell(
            name, given, moved, ink.hex, contrast(given, ink), contrast(moved, ink), _surface_reason(self.scale.mode)
        )
        return moved

    def _set_fill(self, name: str, colour: Colour) -> None:
        """The fill and the text on it; the fill moves only when no text can be read on it."""
        self.tokens[name] = colour
        inks = [self._tinted(step, colour.hex) for step in self.scale.inks]
        needed = TEXT.ratios[self.brand.level] + SPARE
        fitting = [ink for ink in inks if contrast(ink, colour) >= needed]
        ink = fitting[0] if fitting else max(inks, key=lambda ink: contrast(ink, colour))
        if not fitting:
            way = 1 if ink.luminance < colour.luminance else -1
            moved = self._moved(colour, way, lambda tried: contrast(tried, ink) >= needed)
            self._tell(name, colour, moved, ink.hex, contrast(colour, ink), contrast(moved, ink), _fill_reason(needed))
            self.tokens[name] = moved
        self.tokens[f"{name}-foreground"] = ink

    def _set_states(self) -> None:
        for name, state in self.scale.states.items():
            self.tokens[name] = parse(oklch(*state).hex)

    def _set_texts(self) -> None:
        for name in ("foreground", *SAME_AS_FOREGROUND):
            self.tokens[name] = self._tinted(self.scale.texts["foreground"], self.brand.primary)
        self.tokens["muted-foreground"] = self._tinted(self.scale.texts["muted-foreground"], self.brand.primary)

    def _settle(self) -> None:
        """Repair the texts and states that stand on tints of each other: twice, for what the last repair did to the first."""
        for _ in range(2):
            for name in ("muted-foreground", *STATES, "foreground"):
                self._repair(name)
            self._keep_destructive_apart()
        self.tokens |= dict.fromkeys(SAME_AS_FOREGROUND, self.tokens["foreground"])

    def _hover(self, fill: str) -> Colour:
        """The fill a little nearer to the text's colour, or away from it where its own text would not be readable."""
        colour, ink = self.tokens[fill], self.tokens[f"{fill}-foreground"]
        needed = TEXT.ratios[self.brand.level] + SPARE
        tried = [parse(mixed(colour, 88, end).hex) for end in (self.tokens["foreground"], WHITE, BLACK)]
        return next((hover for hover in tried if contrast(hover, ink) >= needed), colour)

    def _set_brand_colours(self) -> None:
        primary = self.tokens["primary"]
        self.tokens["primary-hover"] = self._hover("primary")
        for name in ("link", "primary-border", "ring"):
            self.tokens[name] = self._given(name) or primary
            self._repair(name)
        self.tokens["input"] = self._given("input") or self._tinted(self.scale.texts["input"], self.brand.primary)
        self._repair("input")
        _, chroma, hue = parse(self.brand.secondary or self.brand.primary).oklch
        lightness, strongest = (0.3589, 0.07) if self.scale.away < 0 else (0.8807, 0.062)
        self.tokens["accent-foreground"] = parse(oklch(lightness, min(chroma * 0.7, strongest), hue).hex)
        self._repair("accent-foreground")

    def _set_destructive(self) -> None:
        self._set_fill("destructive", self.tokens["destructive"])
        self.tokens["destructive-hover"] = self._hover("destructive")

    def _keep_destructive_apart(self) -> None:
        """Move what destroys away from a brand that is as red: lighter, darker or to the next reds."""
        before, primary, start = self.tokens["destructive"], self.tokens["primary"], self._start("destructive")
        if distance(before, primary) >= STATES_APART:
            return
        lightness, chroma, hue = before.oklch
        tried = [
            parse(oklch(lightness + step / 50, chroma, hue + turn).hex)
            for turn in (0, -9, 9)
            for step in range(-12, 13)
        ]
        fitting = [one for one in tried if distance(one, primary) >= STATES_APART and self._holds("destructive", one)]
        moved = min(fitting, key=lambda one: distance(one, before))
        reason = "It looked too much like the brand's colour: nobody could tell what deletes from what does not."
        self._tell("destructive", start, moved, primary.hex, contrast(start, primary), contrast(moved, primary), reason)
        self.tokens["destructive"] = moved

    def _set_series(self) -> None:
        self.tokens[SERIES[0]] = self.tokens["primary"]
        self._repair(SERIES[0], told=False)
        second = parse(self.brand.secondary) if self.brand.secondary else None
        found = series(self.tokens[SERIES[0]], second, self.scale.mode, self.tokens, self.brand.level)
        self.tokens |= {name: parse(colour.hex) for name, colour in zip(SERIES, found, strict=True)}

    def _holds(self, token: str, colour: Colour) -> bool:
        tokens = {**self.tokens, token: colour}
        return all(pair.ratio(tokens) >= pair.needs(self.brand.level) + SPARE for pair in pairs_of(token))

    def _repair(self, token: str, told: bool = True) -> None:
        """Move the token's lightness as little as needed for every pair it stands in."""
        before = self.tokens[token]
        worst = min(pairs_of(token), key=lambda pair: pair.ratio(self.tokens) / pair.needs(self.brand.level))
        if worst.ratio(self.tokens) >= worst.needs(self.brand.level):
            return
        start = self._start(token)
        ratio = worst.ratio({**self.tokens, token: start})
        self.tokens[token] = moved = self._moved(before, self.scale.away, lambda tried: self._holds(token, tried))
        if told:
            reason = _text_reason(worst, self.brand.level)
            against = shade(worst.ground, self.tokens).hex
            self._tell(token, start, moved, against, ratio, worst.ratio(self.tokens), reason)

    def _moved(self, colour: Colour, way: int, holds: Callable[[Colour], bool]) -> Colour:
        """The colour nearest in lightness, that way, of the same hue, which holds."""
        lightness, chroma, hue = colour.oklch
        near, far = lightness, 1.0 if way > 0 else 0.0
        found = WHITE if way > 0 else BLACK
        for _ in range(9):
            middle = (near + far) / 2
            tried = parse(oklch(middle, chroma, hue).hex)
            if holds(tried):
                far, found = middle, tried
            else:
                near = middle
        return found

    def _tell(
        self, token: str, before: Colour, after: Colour, against: str, ratio: float, ratio_after: float, reason: str
    ) -> None:
        """Note a repair; of a token that is repaired again only the last is told."""
        ratios = round(ratio, 2), round(ratio_after, 2)
        self.repairs[token] = Repair(self.scale.mode, token, before.hex, after.hex, against, *ratios, reason)

    def _start(self, token: str) -> Colour:
        """What the token was before its first repair."""
        return parse(self.repairs[token].before) if token in self.repairs else self.tokens[token]
