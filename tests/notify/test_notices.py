"""What concerns whom, without a store."""

from datetime import timedelta

import pytest

from vzaimo.contracts.calendar import EventStatus, SeatPlan
from vzaimo.contracts.registry import Adoption, Agreement, City, CityStatus, Measurement, Practice, PracticeStatus
from vzaimo.contracts.requests import (
    Backer,
    Delegate,
    DelegateStatus,
    Erasure,
    Feedback,
    HostInvitation,
    Need,
    NeedStatus,
    Offer,
    RequestStatus,
)
from vzaimo.kit.ids import new_id
from vzaimo.notify.domain.attending import itip_method
from vzaimo.notify.domain.kinds import NOT_MUTED, TRAITS, Group, Kind
from vzaimo.notify.domain.notices import (
    of_adoption,
    of_city,
    of_erasure,
    of_event,
    of_invitation,
    of_need,
    of_practice,
)
from vzaimo.notify.domain.relevance import overtaken
from vzaimo.notify.domain.visits import of_request, told

Status = RequestStatus
DECIDED = {"status": Status.APPROVED, "decision_no": 1, "granted": 5}


def kinds(notices):
    return [(one.kind.value, one.city) for one in notices]


def test_every_kind_belongs_to_a_group():
    assert set(TRAITS) == set(Kind)
    assert {trait.group for trait in TRAITS.values()} == set(Group)
    assert {kind for kind, trait in TRAITS.items() if trait.urgent} == {
        Kind.EVENT_CALLED_OFF,
        Kind.REQUEST_CLOSED,
        Kind.EVENT_MOVED,
        Kind.VISIT_MOVED,
        Kind.RECONFIRMATION_ASKED,
    }
    assert TRAITS[Kind.REQUEST_REJECTED].group in NOT_MUTED


@pytest.mark.parametrize(
    "before, after, expected",
    [
        (None, {}, [("request-submitted", "moskva")]),
        (None, {"status": Status.DRAFT}, []),  # redirected: it keeps its time, and is not sent yet
        ({"status": Status.DRAFT}, {}, [("request-submitted", "moskva")]),
        ({}, DECIDED, [("request-approved", "tver")]),
        ({}, {"status": Status.WAITLISTED, "decision_no": 1, "waiting": 5}, [("request-waitlisted", "tver")]),
        ({}, {"status": Status.REJECTED, "decision_no": 1}, [("request-rejected", "tver")]),
        ({}, {"status": Status.REDIRECTED}, [("request-redirected", "tver")]),
        ({"status": Status.WAITLISTED, "decision_no": 1}, DECIDED | {"granted": 2}, [("request-promoted", "tver")]),
        (DECIDED, DECIDED | {"status": Status.CONFIRMED, "confirmed": 5}, [("request-confirmed", "moskva")]),
        (DECIDED, DECIDED | {"granted": 3}, [("seats-released", "tver"), ("seats-released", "moskva")]),
        (
            DECIDED,
            {"status": Status.RELEASED, "decision_no": 1},
            [("seats-released", "tver"), ("seats-released", "moskva")],
        ),
        ({"status": Status.APPROVED}, {"status": Status.WITHDRAWN}, [("request-withdrawn", "moskva")]),
        ({"status": Status.OFFERED}, {"status": Status.RELEASED}, [("offer-declined", "moskva")]),
        (
            {"status": Status.OFFERED},
            {"status": Status.EXPIRED},
            [("offer-expired", "tver"), ("offer-expired", "moskva")],
        ),
        ({}, {"status": Status.EXPIRED}, [("request-expired", "tver"), ("request-expired", "moskva")]),
        ({"status": Status.APPROVED}, {"status": Status.CLOSED}, [("request-closed", "tver")]),
        ({}, {"wanted": 4}, []),
        ({}, {}, []),
    ],
)
def test_what_a_change_of_a_request_tells_whom(request_of, before, after, expected):
    earlier = request_of(**before) if before is not None else None
    assert kinds(of_request(earlier, request_of(**after))) == expected


def test_an_offer_that_is_taken_tells_the_host_alone(request_of, event):
    offered = request_of(
        status=Status.OFFERED, decision_no=1, waiting=3, offer=Offer(seats=3, expires_at=event.starts_at)
    )
    taken = request_of(status=Status.CONFIRMED, decision_no=1, granted=3, confirmed=3)
    assert kinds(of_request(offered, taken)) == [("request-confirmed", "moskva")]


def test_silence_is_told_to_the_host_then_to_the_moderators(request_of, clock):
    late = request_of(overdue_at=clock.now())
    escalated = late.model_copy(update={"escalated_at": clock.now()})
    assert kinds(of_request(request_of(), late)) == [("decision-overdue", "moskva")]
    assert kinds(of_request(late, escalated)) == [("decision-escalated", "@moderators")]


def test_a_moved_visit_is_confirmed_again(request_of, clock):
    seats = {"decision_no": 1, "granted": 5, "confirmed": 5}
    confirmed = request_of(status=Status.CONFIRMED, **seats)
    asked = request_of(status=Status.RECONFIRM_PENDING, reconfirm_by=clock.now(), **seats)
    later = asked.model_copy(update={"reconfirm_by": clock.now() + timedelta(days=1)})
    assert kinds(of_request(confirmed, asked)) == [("reconfirmation-asked", "tver")]
    assert kinds(of_request(asked, later)) == [("reconfirmation-asked", "tver")]
    assert kinds(of_request(later, confirmed)) == [("request-reconfirmed", "moskva")]


def test_what_comes_of_a_visit(request_of):
    one = Delegate(id=new_id(), rank=1, role="teacher", status=DelegateStatus.GRANTED)
    gone = one.model_copy(update={"status": DelegateStatus.REPLACED})
    before = request_of(delegates=(one,))
    assert kinds(of_request(before, request_of(delegates=(gone, one)))) == [("delegate-replaced", "moskva")]
    assert kinds(of_request(before, request_of(delegates=(one,), attended=5))) == [("attendance-recorded", "tver")]
    feedback = Feedback(score=5)
    assert kinds(of_request(before, request_of(delegates=(one,), feedback=feedback))) == [
        ("feedback-received", "moskva")
    ]


def test_an_event_is_news_once(event):
    assert kinds(of_event(None, event)) == [("event-announced", "@cities")]
    assert kinds(of_event(event, event)) == []
    gone = event.model_copy(update={"status": EventStatus.CANCELLED})
    assert kinds(of_event(event, gone)) == [("event-called-off", "moskva")]
    assert kinds(of_event(None, gone)) == [("event-called-off", "moskva")]


def test_a_host_hears_how_its_seats_and_its_new_time_were_taken(event):
    first = event.model_copy(update={"capacity_no": 1, "capacity_applied": True})
    applied = first.model_copy(update={"capacity_no": 2, "seats": (SeatPlan(mode="in_person", capacity=60),)})
    refused = first.model_copy(update={"capacity_no": 2, "capacity_applied": False})
    assert kinds(of_event(event, first)) == []
    assert kinds(of_event(first, applied)) == [("capacity-applied", "moskva")]
    assert kinds(of_event(first, refused)) == [("capacity-refused", "moskva")]
    assert kinds(of_event(event, event.model_copy(update={"schedule_revision": 2}))) == [("event-moved", "moskva")]


@pytest.mark.parametrize(
    "status, moved, changed",
    [
        (Status.SUBMITTED, True, False),
        (Status.WAITLISTED, True, False),
        (Status.OFFERED, True, False),
        (Status.APPROVED, True, True),
        (Status.CONFIRMED, True, True),
        (Status.RECONFIRM_PENDING, True, True),
        (Status.DRAFT, False, False),
        *[(one, False, False) for one in (Status.REJECTED, Status.REDIRECTED, Status.RELEASED, Status.WITHDRAWN)],
        *[(one, False, False) for one in (Status.EXPIRED, Status.CLOSED)],
    ],
)
def test_which_guests_hear_of_a_changed_event(event, request_of, status, moved, changed):
    guest = request_of(status=status, granted=2 if changed else 0)
    later = event.model_copy(update={"schedule_revision": 2})
    other = event.model_copy(update={"title": "Другое название"})
    assert kinds(told(event, later, guest)) == ([("visit-moved", "tver")] if moved else [])
    assert kinds(told(event, other, guest)) == ([("visit-changed", "tver")] if changed else [])
    assert kinds(told(event, event.model_copy(update={"capacity_no": 2}), guest)) == []


def test_whoever_agreed_to_the_new_time_is_not_told_of_it(event, request_of):
    later = event.model_copy(update={"schedule_revision": 2})
    assert kinds(told(event, later, request_of(schedule_revision=2))) == []
    assert kinds(told(None, later, request_of())) == [("visit-moved", "tver")]


def test_what_a_city_hears_of_itself(clock):
    def city(status, **more):
        return City(id="tver", name="Тверь", region="—", timezone="Europe/Moscow", status=CityStatus(status), **more)

    assert kinds(of_city(None, city("applied"))) == [("city-applied", "@moderators")]
    assert kinds(of_city(city("applied"), city("active"))) == [("city-activated", "tver")]
    assert kinds(of_city(city("active"), city("suspended"))) == [("city-suspended", "tver")]
    assert kinds(of_city(city("suspended"), city("active"))) == [("city-reinstated", "tver")]
    agreement = Agreement(number="1", signed_on=clock.now().date())
    warned = city("active", lapse_warned_at=clock.now(), agreement=agreement)
    assert kinds(of_city(city("active"), warned)) == [("agreement-lapsing", "tver")]
    assert kinds(of_city(warned, warned)) == []


def test_a_practice_and_who_adopts_it(clock):
    practice = Practice(
        id=new_id(), city="vyborg", title="Комплекс", topics=(), audience=(), indicators=(), status="published"
    )
    stale = practice.model_copy(update={"stale_since": clock.now()})
    assert kinds(of_practice(practice, stale)) == [("practice-stale", "vyborg")]
    assert kinds(of_practice(stale, stale)) == []
    draft = practice.model_copy(update={"status": PracticeStatus.DRAFT})
    assert kinds(of_practice(draft, practice)) == [("practice-published", "vyborg")]
    adopted = Adoption(
        id=new_id(),
        practice=practice.id,
        source="vyborg",
        city="tver",
        indicator="Доля",
        unit="%",
        baseline=8,
        baseline_year=2025,
        committed_at=clock.now(),
    )
    due = adopted.model_copy(update={"due": 6})
    reported = Measurement(after_months=6, value=9, measured_on=clock.now().date())
    measured = adopted.model_copy(update={"measurements": (reported,)})
    assert kinds(of_adoption(None, adopted)) == [("practice-adopted", "vyborg")]
    assert kinds(of_adoption(adopted, due)) == [("measurement-due", "tver")]
    assert kinds(of_adoption(due, measured)) == [("adoption-measured", "vyborg")]


def test_a_need_and_those_who_share_it(clock):
    need = Need(
        id=new_id(),
        city="tver",
        topic="olympiads",
        roles=(),
        heads=3,
        mode="remote",
        not_before=clock.now().date(),
        not_after=clock.now().date(),
        status=NeedStatus.OPEN,
        posted_at=clock.now(),
    )
    backed = need.model_copy(update={"backers": (Backer(city="perm", heads=2, backed_at=clock.now()),)})
    answered = backed.model_copy(update={"status": NeedStatus.ANSWERED, "answered_by": new_id()})
    assert kinds(of_need(None, need)) == [("need-posted", "@cities")]
    assert kinds(of_need(need, backed)) == [("need-backed", "tver")]
    assert kinds(of_need(backed, need)) == []
    assert kinds(of_need(backed, answered)) == [("need-answered", "tver"), ("need-answered", "perm")]
    assert kinds(of_need(answered, answered.model_copy(update={"status": NeedStatus.CLOSED}))) == [
        ("need-closed", "perm")
    ]
    invitation = HostInvitation(
        need=need.id, city="kazan", asked_by="tver", topic="olympiads", backers=4, invited_at=clock.now()
    )
    assert kinds(of_invitation(None, invitation)) == [("host-invited", "kazan")]
    assert kinds(of_invitation(invitation, invitation)) == []
    act = Erasure(id=new_id(), request=new_id(), city="tver", people=3, cause="purge", erased_at=clock.now())
    assert kinds(of_erasure(None, act)) == [("data-erased", "tver")]


@pytest.mark.parametrize(
    "kind, status, cancelled, gone",
    [
        (Kind.REQUEST_APPROVED, Status.APPROVED, True, True),
        (Kind.REQUEST_CLOSED, Status.CLOSED, True, False),
        (Kind.EVENT_ANNOUNCED, None, True, True),
        (Kind.FEEDBACK_RECEIVED, Status.CLOSED, True, False),
        (Kind.REQUEST_OFFERED, Status.OFFERED, False, False),
        (Kind.REQUEST_OFFERED, Status.CONFIRMED, False, True),
        (Kind.VISIT_TOMORROW, Status.WITHDRAWN, False, True),
        (Kind.REQUEST_SUBMITTED, Status.APPROVED, False, False),
    ],
)
def test_what_a_mail_no_longer_says(kind, status, cancelled, gone):
    state = {"status": "cancelled" if cancelled else "announced"}
    assert overtaken(kind, {"status": status}, state) is gone


@pytest.mark.parametrize(
    "kind, status, city, expected",
    [
        (Kind.REQUEST_APPROVED, Status.APPROVED, "tver", "REQUEST"),
        (Kind.VISIT_MOVED, Status.RECONFIRM_PENDING, "tver", "REQUEST"),
        (Kind.VISIT_MOVED, Status.SUBMITTED, "tver", None),
        (Kind.SEATS_RELEASED, Status.CONFIRMED, "tver", None),
        (Kind.SEATS_RELEASED, Status.RELEASED, "tver", "CANCEL"),
        (Kind.SEATS_RELEASED, Status.RELEASED, "moskva", None),
        (Kind.REQUEST_CLOSED, Status.CLOSED, "tver", "CANCEL"),
        (Kind.REQUEST_WAITLISTED, Status.WAITLISTED, "tver", None),
    ],
)
def test_what_a_calendar_is_told(kind, status, city, expected):
    request = {"city": "tver", "status": status, "granted": 2}
    assert itip_method(kind, request, {"status": "announced"}, city, admitted=True) == expected
    if expected == "CANCEL":
        assert itip_method(kind, request, {"status": "announced"}, city, admitted=False) is None
