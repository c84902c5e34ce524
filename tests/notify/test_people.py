"""Who sees whose contacts, and what somebody new finds: on both stores."""

from datetime import timedelta

from vzaimo.contracts.calendar import EventAnnounced, SeatMode
from vzaimo.contracts.registry import RoleEnded
from vzaimo.contracts.requests import (
    DecisionEscalated,
    Offer,
    RequestApproved,
    RequestOffered,
    RequestRejected,
    RequestReleased,
    RequestStatus,
    RequestSubmitted,
)
from vzaimo.kit.ids import new_id
from vzaimo.kit.testing import eventually

SEATS = {"decision_no": 1, "granted": 5}


async def test_host_and_guest_see_each_others_contacts_once_seats_were_given_and_nobody_else_does(
    notify, foreign, contact, event, request_of, heard
):
    await contact("boris", version=2, phone="+7 4822 00-00-00")
    await foreign.role("viewer", "viewer", "tver")
    await foreign.role("robot", "service", "tver", scopes=("read",))
    former = await foreign.role("former", "coordinator", "moskva")
    await contact("former")
    await foreign.tell(
        RoleEnded(
            aggregate_version=2, role=former.model_copy(update={"ended_at": former.granted_at + timedelta(days=1)})
        )
    )
    later = event.model_copy(update={"starts_at": event.starts_at + timedelta(days=7)})
    await foreign.tell(EventAnnounced(aggregate_version=1, event=later))
    asked = request_of()
    path = f"/requests/{asked.id}/contacts"
    await foreign.tell(RequestSubmitted(aggregate_version=1, request=asked))
    await notify.known("viewer", "robot", "former")
    await heard("host", "request-submitted")

    async def cells():
        people = (None, "stranger", "anna", "mod", "robot", "host", "boris", "viewer", "former")
        return [(await notify.call("GET", path, who)).status_code for who in people]

    assert await cells() == [401, 403, 404, 404, 404, 404, 404, 404, 403]
    approved = request_of(status=RequestStatus.APPROVED, **SEATS)
    await foreign.tell(RequestApproved(aggregate_version=2, request=approved))
    await eventually(lambda: _parties(notify, path, "boris"), "contacts")
    assert await cells() == [401, 403, 404, 404, 404, 200, 200, 200, 403]
    assert await _parties(notify, path, "host") == [
        {"city": "tver", "people": [{"name": "Boris", "phone": "+7 4822 00-00-00", "email": "boris@city.example"}]}
    ]
    assert await _parties(notify, path, "boris") == [
        {"city": "moskva", "people": [{"name": "Host", "phone": None, "email": "host@city.example"}]}
    ]
    assert (await notify.call("GET", path, "boris")).headers["Cache-Control"] == "no-store"

    # They know each other, whatever becomes of the seats; a refusal ends it.
    released = request_of(status=RequestStatus.RELEASED, decision_no=1)
    await foreign.tell(RequestReleased(aggregate_version=3, request=released))
    await heard("boris", "event-announced", "request-approved", "seats-released")
    assert (await notify.call("GET", path, "boris")).status_code == 200
    rejected = request_of(status=RequestStatus.REJECTED, decision_no=2)
    await foreign.tell(RequestRejected(aggregate_version=4, request=rejected))
    await heard("boris", "event-announced", "request-approved", "seats-released", "request-rejected")
    assert await cells() == [401, 403, 404, 404, 404, 404, 404, 404, 403]


async def _parties(notify, path, who):
    answer = await notify.call("GET", path, who)
    return answer.is_success and answer.json()["parties"]


async def test_somebody_new_finds_what_is_open_now_and_gets_no_old_mail(
    notify, foreign, contact, event, request_of, heard, clock, smtp_sink, settled, passing
):
    other = request_of(id=new_id(), city="izhevsk", escalated_at=clock.now())
    offered = request_of(
        status=RequestStatus.OFFERED, decision_no=1, waiting=5, offer=Offer(seats=2, expires_at=event.starts_at)
    )
    done = request_of(id=new_id(), mode=SeatMode.REMOTE, status=RequestStatus.REJECTED, decision_no=1)
    await foreign.tell(EventAnnounced(aggregate_version=1, event=event))
    await foreign.tell(RequestOffered(aggregate_version=2, request=offered))
    await foreign.tell(DecisionEscalated(aggregate_version=2, request=other))
    await foreign.tell(RequestRejected(aggregate_version=2, request=done))
    await heard("boris", "event-announced", "request-offered", "request-rejected")
    await heard("host", "request-submitted", "request-submitted", "request-submitted")
    for person, role, city in (("late", "coordinator", "tver"), ("second", "coordinator", "moskva")):
        await contact(person)
        await foreign.role(person, role, city, granted_at=clock.now() - timedelta(minutes=1))
    await contact("judge")
    await foreign.role("judge", "moderator", granted_at=clock.now() - timedelta(minutes=1))
    await heard("late", "request-offered")
    await heard("second", "request-submitted")
    await heard("judge", "decision-escalated")
    # News that arrives after the role, though it happened before.
    older = request_of(id=new_id(), mode=SeatMode.REMOTE)
    await foreign.tell(RequestSubmitted(aggregate_version=1, request=older))
    await heard("second", "request-submitted", "request-submitted")
    await passing(lambda: smtp_sink.mails, "mails")
    await settled("sent")
    newcomers = {"late@city.example", "second@city.example", "judge@city.example"}
    assert not [mail for mail in smtp_sink.mails if mail["To"] in newcomers]
