"""What comes of an order, simulated: pure functions of its settings. Nobody is asked to draw, to speak or to film."""

from typing import Any

from saas.modules.renders.kinds import SIZES, VOICES, Settings, seconds_of

REFUSED = ("gore", "nude", "weapon")
"""Words for which models make nothing."""
FRAMES_A_MINUTE = 1_500


def refusal_of(settings: Settings) -> str:
    """Why a model would make nothing of an order; empty when it would."""
    words = " ".join(str(value) for value in settings.values()).lower()
    return "The model refused this: it does not make such things." if any(one in words for one in REFUSED) else ""


def result_of(kind: str, settings: Settings) -> dict[str, Any]:
    """The facts about what was made."""
    if kind == "image":
        size = SIZES[str(settings["size"])]
        return {"images": settings["number"], "width": size.width, "height": size.height, "format": "SVG"}
    if kind == "speech":
        text = str(settings["text"])
        return {"seconds": seconds_of(text), "voice": VOICES[str(settings["voice"])], "format": "MP3, 128 kbit/s"}
    minutes = int(settings["minutes"])
    return {"minutes": minutes, "frames": minutes * FRAMES_A_MINUTE, "format": "MP4, 25 frames a second"}
