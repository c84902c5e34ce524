"""A practice's life: drafted, reviewed, published, confirmed as current from year to year, archived."""

from dataclasses import dataclass, replace
from datetime import datetime

from vzaimo.contracts.registry import Practice, PracticeStatus
from vzaimo.registry.domain.days import months_later
from vzaimo.registry.domain.refusals import PracticeIncomplete, WrongPracticeStatus

CURRENT_FOR = 12
"""Months after which a practice that nobody confirmed is stale."""


@dataclass(frozen=True, slots=True)
class PracticeState:
    """A practice: what is public on the bus, and the texts that stay here.

    ``baseline_reasons`` tells, by the indicator's place, why its baseline year is missing.
    """

    public: Practice
    summary: str = ""
    does_not_apply: str = ""
    baseline_reasons: tuple[str | None, ...] = ()
    remark: str | None = None


def revise(state: PracticeState, new: PracticeState) -> PracticeState:
    """Change a draft, or a published practice if it stays complete."""
    public = state.public
    _need(public, PracticeStatus.DRAFT, PracticeStatus.PUBLISHED)
    changed = new.public.model_copy(
        update={
            "id": public.id,
            "city": public.city,
            "status": public.status,
            "published_at": public.published_at,
            "review_round": public.review_round,
            "confirmed_at": public.confirmed_at,
            "stale_since": public.stale_since,
        }
    )
    revised = replace(new, public=changed, remark=state.remark)
    if public.status is PracticeStatus.PUBLISHED:
        check_complete(revised)
    return revised


def submit(state: PracticeState) -> PracticeState:
    """Ask for review. Raises ``PracticeIncomplete``."""
    _need(state.public, PracticeStatus.DRAFT)
    check_complete(state)
    asked = _with(state, status=PracticeStatus.IN_REVIEW, review_round=state.public.review_round + 1)
    return replace(asked, remark=None)


def publish(state: PracticeState, now: datetime) -> PracticeState:
    """The moderator found it good."""
    _need(state.public, PracticeStatus.IN_REVIEW)
    return _with(state, status=PracticeStatus.PUBLISHED, published_at=now, confirmed_at=now)


def give_back(state: PracticeState, remark: str) -> PracticeState:
    """The moderator asks for changes; the remark stays here."""
    _need(state.public, PracticeStatus.IN_REVIEW)
    return replace(_with(state, status=PracticeStatus.DRAFT), remark=remark)


def archive(state: PracticeState) -> PracticeState:
    """It is no longer offered; the credit stays."""
    _need(state.public, PracticeStatus.PUBLISHED)
    return _with(state, status=PracticeStatus.ARCHIVED)


def take_back(state: PracticeState) -> PracticeState:
    """Its city has left before the moderator had read it: it is a draft again, without a remark."""
    _need(state.public, PracticeStatus.IN_REVIEW)
    return _with(state, status=PracticeStatus.DRAFT)


def confirm(state: PracticeState, now: datetime) -> PracticeState:
    """Its city says that it is current."""
    _need(state.public, PracticeStatus.PUBLISHED)
    return _with(state, confirmed_at=now, stale_since=None)


def stales_at(practice: Practice) -> datetime | None:
    """When a published practice becomes stale, unless it is confirmed before; none when it is stale already."""
    if practice.status is not PracticeStatus.PUBLISHED or practice.stale_since is not None:
        return None
    since = practice.confirmed_at or practice.published_at
    return months_later(since, CURRENT_FOR) if since else None


def grow_stale(state: PracticeState, now: datetime) -> PracticeState | None:
    """Nobody confirmed it for twelve months; it is stale since then, however late that is noticed."""
    at = stales_at(state.public)
    return None if at is None or now < at else _with(state, stale_since=at)


def check_complete(state: PracticeState) -> None:
    """What must be there before others see it (design: domain, Registry). Raises ``PracticeIncomplete``."""
    missing = []
    if not state.public.topics:
        missing.append("topics")
    if not state.public.audience:
        missing.append("audience")
    if not state.public.indicators:
        missing.append("indicators")
    if not state.summary.strip():
        missing.append("summary")
    if not state.does_not_apply.strip():
        missing.append("does_not_apply")
    for place, indicator in enumerate(state.public.indicators):
        reason = state.baseline_reasons[place] if place < len(state.baseline_reasons) else None
        if indicator.baseline_year is None and not reason:
            missing.append(f"indicators.{place}.baseline_year")
        if not indicator.evidence:
            missing.append(f"indicators.{place}.evidence")
    if missing:
        raise PracticeIncomplete(tuple(missing))


def _with(state: PracticeState, **changes: object) -> PracticeState:
    return replace(state, public=state.public.model_copy(update=changes))


def _need(practice: Practice, *statuses: PracticeStatus) -> None:
    if practice.status not in statuses:
        raise WrongPracticeStatus(practice.id, practice.status, statuses)
