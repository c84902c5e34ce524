"""A person says what to get by mail."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select

from vzaimo.kit.cause import Cause
from vzaimo.kit.database import insert, retry_conflicts
from vzaimo.kit.identity import Actor, check_version
from vzaimo.kit.work import Done, Work, Works
from vzaimo.notify.domain.preferences import Choice, Preferences, checked
from vzaimo.notify.domain.unsubscribing import reader_of
from vzaimo.notify.store import PREFERENCE


@retry_conflicts
async def prefer(wishes: Preferences, expected: int | None, *, works: Works, cause: Cause, actor: Actor) -> Done:
    """All of the caller's wishes, in place of what was said before."""
    checked(wishes)
    async with works.begin(cause) as work:
        row = await _locked(work, actor.person)
        check_version(row.version, expected)
        quiet = {"quiet_from": wishes.quiet_from, "quiet_until": wishes.quiet_until}
        return await _save(
            work,
            row,
            choices={group.value: choice.value for group, choice in wishes.choices.items()},
            timezone=wishes.timezone,
            **{name: clock.strftime("%H:%M") if clock else None for name, clock in quiet.items()},
        )


@retry_conflicts
async def unsubscribe(token: str, keys: Sequence[bytes], *, works: Works) -> Done:
    """Whoever has one of our mails wants no more of its kind. Raises ``BadUnsubscribeToken``."""
    person, groups = reader_of(token, keys)
    async with works.begin(Cause(actor="unsubscribe")) as work:
        row = await _locked(work, person)
        choices = {**row.choices, **{group.value: Choice.OFF.value for group in groups}}
        if choices == row.choices:
            return work.done("preferences", person, row.version)
        return await _save(work, row, choices=choices)


async def _locked(work: Work, person: str) -> Any:
    usual = {"person": person, "choices": {}, "version": 0}
    await work.execute(insert(work.tx, PREFERENCE).values(usual).on_conflict_do_nothing())
    return await work.first(select(PREFERENCE).where(PREFERENCE.c.person == person).with_for_update())


async def _save(work: Work, row: Any, **columns: Any) -> Done:
    version = row.version + 1
    changed = PREFERENCE.update().where(PREFERENCE.c.person == row.person)
    await work.execute(changed.values(**columns, version=version))
    return work.done("preferences", row.person, version)
