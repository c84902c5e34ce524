"""What concerns whom, without a store."""

import pytest

from vzaimo.contracts.calendar import EventStatus
from vzaimo.contracts.requests import Offer, RequestStatus
from vzaimo.notify.domain.notices import of_event
from vzaimo.notify.domain.visits import of_request

Status = RequestStatus


def kinds(notices):
    return [(one.kind.value, one.city) for one in notices]


@pytest.mark.parametrize(
    "before, after, expected",
    [
        (None, {}, [("request-submitted", "moskva")]),
        ({}, {"status": Status.APPROVED, "decision_no": 1, "granted": 5}, [("request-approved", "tver")]),
        ({}, {"status": Status.WAITLISTED, "decision_no": 1, "waiting": 5}, [("request-waitlisted", "tver")]),
        ({}, {"status": Status.REJECTED, "decision_no": 1}, [("request-rejected", "tver")]),
        (
            {"status": Status.WAITLISTED, "decision_no": 1},
            {"status": Status.APPROVED, "decision_no": 1, "granted": 2},
            [("request-promoted", "tver")],
        ),
        (
            {"status": Status.APPROVED, "granted": 2},
            {"status": Status.CONFIRMED, "granted": 2},
            [("request-confirmed", "moskva")],
        ),
        ({"status": Status.APPROVED}, {"status": Status.WITHDRAWN}, [("request-withdrawn", "moskva")]),
        (
            {"status": Status.OFFERED},
            {"status": Status.EXPIRED},
            [("offer-expired", "tver"), ("offer-expired", "moskva")],
        ),
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


def test_an_event_is_news_once(event):
    assert kinds(of_event(None, event)) == [("event-announced", "@cities")]
    assert kinds(of_event(event, event)) == []
    gone = event.model_copy(update={"status": EventStatus.CANCELLED})
    assert kinds(of_event(event, gone)) == [("event-called-off", "moskva")]
    assert kinds(of_event(None, gone)) == [("event-called-off", "moskva")]
