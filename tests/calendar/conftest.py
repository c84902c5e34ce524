"""Calendar at work on each store, with an active city whose coordinator is ``anna``."""

import pytest

from vzaimo.calendar.main import parts
from vzaimo.calendar.shapes.events import PlanBody
from vzaimo.kit.settings import Settings
from vzaimo.kit.testing.services import running

PLAN = {
    "title": "Образовательная среда московской школы",
    "summary": "Двухдневный визит.",
    "mode": "in_person",
    "audience": ["director", "teacher"],
    "topics": ["school-environment"],
    "timezone": "Europe/Moscow",
    "academic_hours": 16,
    "sessions": [
        {
            "title": "Школа № 1560",
            "starts": "2026-10-04T10:00",
            "ends": "2026-10-04T17:00",
            "site": {"name": "Школа № 1560", "address": "Москва"},
        },
        {
            "title": "Школа № 1474",
            "starts": "2026-10-05T10:00",
            "ends": "2026-10-05T16:00",
            "site": {"name": "Школа № 1474"},
        },
    ],
    "deadlines": {
        "apply_opens": "2026-09-27T12:00:00+03:00",
        "apply_closes": "2026-09-30T18:00:00+03:00",
        "decide_by": "2026-10-01T18:00:00+03:00",
        "confirm_by": "2026-10-02T18:00:00+03:00",
        "roster_freeze": "2026-10-03T18:00:00+03:00",
    },
    "seats": [{"mode": "in_person", "capacity": 60, "quota": 40, "reserves": {"tver": 10}}],
}


@pytest.fixture(scope="session")
def plan():
    """A plan that can be announced."""
    return PLAN


@pytest.fixture(scope="session")
def planned():
    """The usual plan with changes, as the domain has it."""
    return lambda **changes: PlanBody.model_validate({**PLAN, **changes}).plan()


@pytest.fixture
async def calendar(foreign, settings_of, clock):
    await foreign.city("izhevsk", "anna")
    await foreign.role("mod", "moderator")
    settings = settings_of(Settings)
    async with running(parts(), settings, clock) as service:
        await service.known("anna", "mod")
        yield service
