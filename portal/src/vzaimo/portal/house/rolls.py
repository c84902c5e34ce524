"""A session's whole list, as it stands in the form: who is expected, who came, what another desk wrote meanwhile."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

from starlette.datastructures import FormData

from vzaimo.contracts.calendar import AudienceRole, SeatMode, Session
from vzaimo.contracts.requests import DelegateStatus, RequestStatus
from vzaimo.portal.house.records import Present
from vzaimo.portal.house.shapes import Delegate, Request

EXPECTED = {DelegateStatus.GRANTED, DelegateStatus.CONFIRMED, DelegateStatus.ATTENDED, DelegateStatus.NO_SHOW}
RECORDED = {RequestStatus.APPROVED, RequestStatus.CONFIRMED, RequestStatus.RECONFIRM_PENDING}
_MOST_DIGITS = 6


@dataclass(slots=True)
class Roll:
    """Minutes of those who came, and, remote, people by request and role."""

    minutes: dict[UUID, int] = field(default_factory=dict)
    remote: dict[UUID, dict[AudienceRole, int]] = field(default_factory=dict)

    @property
    def body(self) -> dict[str, object]:
        """As requests wants it."""
        return {
            "delegates": {str(one): minutes for one, minutes in self.minutes.items()},
            "remote": {str(one): heads for one, heads in self.remote.items()},
        }

    @property
    def mark(self) -> str:
        """Equal for equal lists: tells whether somebody else wrote one meanwhile."""
        lines = [f"{one} {minutes}" for one, minutes in self.minutes.items()]
        lines += [f"{one} {role} {heads}" for one, roles in self.remote.items() for role, heads in roles.items()]
        return hashlib.blake2b("\n".join(sorted(lines)).encode(), digest_size=9).hexdigest()

    def joined(self, other: "Roll") -> "Roll":
        """Whoever is on either list; where both say something, this one counts."""
        return Roll(other.minutes | self.minutes, other.remote | self.remote)


@dataclass(frozen=True, slots=True)
class Party:
    """A delegation at the door: those who belong here, and those assigned to another session."""

    request: Request
    here: Sequence[Delegate]
    elsewhere: Sequence[Delegate]

    @property
    def number(self) -> int:
        """People who are expected here by name."""
        return len(self.here)


def parties(requests: Iterable[Request], session: UUID | None, names: Mapping[str, str]) -> list[Party]:
    """All who are expected at a session (none: at the event), by the names of their cities."""
    found = []
    for request in requests:
        if request.status not in RECORDED:
            continue
        seated = [one for one in sorted(request.delegates, key=lambda one: one.rank) if one.status in EXPECTED]
        here = [one for one in seated if session is None or one.sessions is None or session in one.sessions]
        if seated or request.mode is SeatMode.REMOTE:
            found.append(Party(request, here, [one for one in seated if one not in here]))
    return sorted(found, key=lambda one: (names.get(one.request.city, one.request.city), one.request.mode))


def stored(rows: Iterable[Present]) -> Roll:
    """The list as it was recorded."""
    roll = Roll()
    for row in rows:
        if row.delegate is not None:
            roll.minutes[row.delegate] = row.minutes or 0
        elif row.role is not None and row.people:
            roll.remote.setdefault(row.request, {})[row.role] = row.people
    return roll


def typed(form: FormData, expected: Iterable[Party], longest: int) -> Roll:
    """The list as it was sent: ticked is the whole session, unless minutes say otherwise."""
    came = {str(one) for one in form.getlist("came")}
    roll = Roll()
    for party in expected:
        for one in (*party.here, *party.elsewhere):
            if str(one.id) in came:
                minutes = _number(form.get(f"minutes-{one.id}"))
                roll.minutes[one.id] = longest if minutes is None else minutes
        if party.request.mode is SeatMode.REMOTE:
            heads = {role: _number(form.get(f"people-{party.request.id}-{role}")) or 0 for role in AudienceRole}
            if any(heads.values()):
                roll.remote[party.request.id] = {role: people for role, people in heads.items() if people}
    return roll


def length(session: Session) -> int:
    """Minutes of a session."""
    return round((session.ends_at - session.starts_at) / timedelta(minutes=1))


def _number(typed_in: object) -> int | None:
    text = str(typed_in or "").strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS else None
