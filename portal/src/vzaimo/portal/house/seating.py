"""Who sits in which session, as a form: a choice for each group of sessions that run in parallel."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from starlette.datastructures import FormData

from vzaimo.contracts.calendar import Session
from vzaimo.portal.house.records import Seated


@dataclass(frozen=True, slots=True)
class Group:
    """Sessions that overlap: whoever sits in one of them cannot sit in the others."""

    sessions: Sequence[Session]

    @property
    def parallel(self) -> bool:
        """Whether there is anything to choose."""
        return len(self.sessions) > 1

    def where(self, sessions: Iterable[UUID] | None) -> str:
        """Which of them a delegate sits in; nothing where that is open."""
        chosen = set(sessions or ())
        return next((str(one.id) for one in self.sessions if one.id in chosen), "")


def groups(sessions: Iterable[Session]) -> list[Group]:
    """The sessions in order, those together that overlap one with the next."""
    found: list[list[Session]] = []
    until = None
    for one in sorted(sessions, key=lambda one: (one.starts_at, one.ends_at, str(one.id))):
        if until is not None and one.starts_at < until:
            found[-1].append(one)
            until = max(until, one.ends_at)
        else:
            found.append([one])
            until = one.ends_at
    return [Group(one) for one in found]


def typed(form: FormData, arranged: Sequence[Group], delegates: Iterable[Seated]) -> list[dict[str, object]]:
    """The assignments that a form asks for. One choice for the whole delegation goes before those of its people."""
    everywhere = [one.sessions[0].id for one in arranged if not one.parallel]
    made: list[dict[str, object]] = []
    for one in delegates:
        chosen = [
            str(form.get(f"all-{no}") or form.get(f"seat-{one.delegate}-{no}") or "")
            for no, group in enumerate(arranged)
            if group.parallel
        ]
        sessions = [str(session) for session in everywhere] + [session for session in chosen if session]
        made.append({"delegate": str(one.delegate), "sessions": sessions if any(chosen) else None})
    return made


def tally(delegates: Iterable[Seated]) -> Mapping[UUID, list[Seated]]:
    """Delegates with seats by request, in the city's order."""
    found: dict[UUID, list[Seated]] = {}
    for one in sorted(delegates, key=lambda one: one.rank):
        found.setdefault(one.request, []).append(one)
    return found
