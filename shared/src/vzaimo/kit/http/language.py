"""The caller's language: Russian, unless English is preferred (RFC 9110, section 12.5.4)."""

from typing import Literal

Language = Literal["ru", "en"]


def preferred(accept_language: str | None) -> Language:
    """Choose by the header's weights; what cannot be read counts as nothing."""
    best: tuple[float, Language] = (0.0, "ru")
    for part in (accept_language or "").split(",")[:20]:
        name, _, parameters = part.strip().partition(";")
        try:
            weight = float(parameters.strip().removeprefix("q=")) if parameters else 1.0
        except ValueError:
            continue
        primary = name.partition("-")[0].lower()
        if primary == "en" and weight > best[0]:
            best = weight, "en"
        elif primary in {"ru", "*"} and weight > best[0]:
            best = weight, "ru"
    return best[1]
