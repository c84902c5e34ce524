"""When people are reminded of what, from states alone."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from vzaimo.contracts.calendar import EventStatus
from vzaimo.contracts.registry import Adoption, Agreement, City, CityStatus
from vzaimo.contracts.requests import Offer, RequestStatus
from vzaimo.kit.ids import new_id
from vzaimo.notify.domain import reminders

DAY = timedelta(days=1)


def test_a_guest_with_seats_is_reminded_of_the_visit_and_of_the_word_that_it_owes(event, request_of):
    late = event.deadlines.confirm_by + 2 * DAY
    approved = request_of(status=RequestStatus.APPROVED, granted=2, confirm_by=late)
    assert reminders.of_visit(approved, event) == {
        "visit-in-a-week": event.starts_at - 7 * DAY,
        "visit-tomorrow": event.starts_at - DAY,
        "confirmation-in-3-days": late - 3 * DAY,
        "confirmation-tomorrow": late - DAY,
    }
    by_hand = request_of(status=RequestStatus.APPROVED, granted=2)
    assert set(reminders.of_visit(by_hand, event)) == {"visit-in-a-week", "visit-tomorrow"}
    confirmed = request_of(status=RequestStatus.CONFIRMED, granted=2, confirmed=2)
    assert set(reminders.of_visit(confirmed, event)) == {"visit-in-a-week", "visit-tomorrow"}


def test_a_moved_visit_and_an_offer_run_out(event, request_of):
    asked = request_of(status=RequestStatus.RECONFIRM_PENDING, granted=2, reconfirm_by=event.starts_at)
    assert reminders.of_visit(asked, event)["reconfirmation-tomorrow"] == event.starts_at - DAY
    offered = request_of(status=RequestStatus.OFFERED, offer=Offer(seats=1, expires_at=event.starts_at))
    assert reminders.of_visit(offered, None) == {"offer-in-12-hours": event.starts_at - DAY / 2}


@pytest.mark.parametrize("status", [EventStatus.CANCELLED, EventStatus.COMPLETED])
def test_nobody_is_reminded_of_what_is_over(event, request_of, status):
    over = event.model_copy(update={"status": status})
    assert reminders.of_visit(request_of(status=RequestStatus.APPROVED, granted=2), over) == {}
    assert reminders.of_event(over) == {}
    assert reminders.of_visit(request_of(status=RequestStatus.WITHDRAWN), event) == {}


def test_an_agreement_and_a_measurement():
    agreement = Agreement(number="1", signed_on=date(2026, 1, 1), valid_until=date(2026, 11, 30))
    city = City(
        id="perm", name="Пермь", region="—", timezone="Asia/Yekaterinburg", status="active", agreement=agreement
    )
    morning = datetime(2026, 11, 23, 4, tzinfo=UTC)
    assert reminders.of_city(city, ZoneInfo(city.timezone)) == {"agreement-in-a-week": morning}
    suspended = city.model_copy(update={"status": CityStatus.SUSPENDED})
    assert reminders.of_city(suspended, ZoneInfo(city.timezone)) == {}
    adoption = Adoption(
        id=new_id(),
        practice=new_id(),
        source="vyborg",
        city="perm",
        indicator="Доля",
        unit="%",
        baseline=1,
        baseline_year=2025,
        committed_at=datetime(2026, 1, 1, tzinfo=UTC),
    )
    assert reminders.of_adoption(adoption) == {}
    due = adoption.model_copy(update={"due": 6})
    assert reminders.of_adoption(due) == {"measurement-late": datetime(2026, 7, 16, tzinfo=UTC)}


def test_one_that_is_late_by_more_than_half_its_lead_is_dropped(clock):
    now = clock.now()
    assert reminders.in_time("visit-in-a-week", now - 3.5 * DAY, now)
    assert not reminders.in_time("visit-in-a-week", now - 3.6 * DAY, now)
    assert not reminders.in_time("visit-tomorrow", now - timedelta(hours=13), now)
