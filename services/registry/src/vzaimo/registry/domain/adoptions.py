"""A city puts another city's practice to use, and reports after six and twelve months what it gave."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from vzaimo.contracts.registry import Adoption, Measurement, Practice, PracticeStatus
from vzaimo.registry.domain.days import months_later, today
from vzaimo.registry.domain.refusals import (
    BaselineInFuture,
    MeasuredOutside,
    MeasurementReported,
    MeasurementTooEarly,
    OwnPractice,
    UnknownIndicator,
    WrongPracticeStatus,
)

Months = Literal[6, 12]
MONTHS: tuple[Months, ...] = (6, 12)


@dataclass(frozen=True, slots=True)
class Commitment:
    """What an adopting city says at the start: which indicator it follows, and its own value before."""

    city: str
    indicator: str
    baseline: float
    baseline_year: int


def commit(adoption: UUID, practice: Practice, commitment: Commitment, timezone: str, now: datetime) -> Adoption:
    """A city adopts a published practice of another city. ``timezone`` is the adopting city's."""
    if practice.city == commitment.city:
        raise OwnPractice(commitment.city)
    if practice.status is not PracticeStatus.PUBLISHED:
        raise WrongPracticeStatus(practice.id, practice.status, (PracticeStatus.PUBLISHED,))
    followed = next((one for one in practice.indicators if one.name == commitment.indicator), None)
    if followed is None:
        raise UnknownIndicator(commitment.indicator, tuple(one.name for one in practice.indicators))
    if commitment.baseline_year > today(timezone, now).year:
        raise BaselineInFuture(commitment.baseline_year)
    return Adoption(
        id=adoption,
        practice=practice.id,
        source=practice.city,
        city=commitment.city,
        indicator=followed.name,
        unit=followed.unit,
        baseline=commitment.baseline,
        baseline_year=commitment.baseline_year,
        committed_at=now,
    )


def report(adoption: Adoption, measurement: Measurement, timezone: str, now: datetime) -> Adoption:
    """The city says what the adoption gave. ``timezone`` is its own."""
    months = measurement.after_months
    if months in _reported(adoption):
        raise MeasurementReported(months)
    possible = months_later(adoption.committed_at, months)
    if now < possible:
        raise MeasurementTooEarly(months, possible)
    earliest, latest = today(timezone, adoption.committed_at), today(timezone, now)
    if not earliest <= measurement.measured_on <= latest:
        raise MeasuredOutside(measurement.measured_on, earliest, latest)
    measurements = sorted((*adoption.measurements, measurement), key=lambda one: one.after_months)
    # The last report ends the adoption, and with it what is still owed from before.
    owed = None if months in {adoption.due, MONTHS[-1]} else adoption.due
    return adoption.model_copy(update={"measurements": tuple(measurements), "due": owed})


def is_open(adoption: Adoption) -> bool:
    """Whether the report after twelve months is still to come."""
    return MONTHS[-1] not in _reported(adoption)


def falls_due_at(adoption: Adoption) -> datetime | None:
    """When the next report falls due; none when all were asked for or given."""
    ahead = _ahead(adoption)
    return months_later(adoption.committed_at, ahead[0]) if ahead else None


def fall_due(adoption: Adoption, now: datetime) -> Adoption | None:
    """Ask for the report whose month has come; of two that came during an outage, for the later one."""
    come = [months for months in _ahead(adoption) if months_later(adoption.committed_at, months) <= now]
    return adoption.model_copy(update={"due": come[-1]}) if come else None


def waive(adoption: Adoption) -> Adoption:
    """Its city has left: what it owes is forgiven, what it gave stays."""
    return adoption.model_copy(update={"due": None})


def change(baseline: float, value: float) -> float | None:
    """By which part of the baseline the value differs from it; none where the baseline is 0."""
    return None if baseline == 0 else (value - baseline) / abs(baseline)


def _reported(adoption: Adoption) -> set[int]:
    return {one.after_months for one in adoption.measurements}


def _ahead(adoption: Adoption) -> list[Months]:
    if not is_open(adoption):
        return []
    return [
        months
        for months in MONTHS
        if months not in _reported(adoption) and (adoption.due is None or months > adoption.due)
    ]
