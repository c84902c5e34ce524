"""The words of feeds, in both languages."""

from collections.abc import Mapping
from dataclasses import dataclass

from vzaimo.calendar.domain.feeds import Standing, Surroundings
from vzaimo.contracts.calendar import Mode
from vzaimo.contracts.requests import RequestStatus
from vzaimo.kit.http.language import Language

_LONGEST = 500
_UNSAID = dict.fromkeys((*range(9), *range(11, 32), 127, 0xFFFE, 0xFFFF))


def printable(text: str) -> str:
    """The text without what neither iCalendar nor XML can carry; a line ends with a line feed."""
    return text.replace("\r\n", "\n").replace("\r", "\n").translate(_UNSAID)


def shortened(text: str) -> str:
    """The text's beginning, cut between words."""
    if len(text) <= _LONGEST:
        return text
    beginning = text[:_LONGEST]
    return (beginning.rpartition(" ")[0] or beginning) + " …"


@dataclass(frozen=True, slots=True)
class FeedWords:
    """What a feed says besides what hosts wrote."""

    all: str
    of_city: str
    on_topic: str
    own: str
    announcements: str
    modes: Mapping[Mode, str]
    host: str
    hosted: str
    online: str
    join: str
    more: str
    cancelled: str
    times: str
    seats: str
    statuses: Mapping[RequestStatus, str]

    def standing(self, one: Standing, around: Surroundings) -> str:
        """Where a city stands with an event."""
        line = f"{around.cities.get(one.city, one.city)}: {self.statuses[one.status]}"
        return f"{line} ({self.seats.format(granted=one.granted)})" if one.granted else line


WORDS: Mapping[Language, FeedWords] = {
    "ru": FeedWords(
        all="Взаимообучение городов",
        of_city="Взаимообучение городов: принимает {city}",
        on_topic="Взаимообучение городов: тема {topic}",
        own="Взаимообучение городов: мой календарь",
        announcements="Взаимообучение городов: анонсы мероприятий",
        modes={
            Mode.IN_PERSON: "Очное участие",
            Mode.REMOTE: "Дистанционное участие",
            Mode.HYBRID: "Очное и дистанционное участие",
        },
        host="Принимающий город: {city}",
        hosted="Принимает ваш город",
        online="Онлайн",
        join="Подключиться",
        more="Подробнее",
        cancelled="Отменено",
        times="{starts} — {ends} ({zone})",
        seats="мест: {granted}",
        statuses={
            RequestStatus.SUBMITTED: "запрос на рассмотрении",
            RequestStatus.APPROVED: "запрос одобрен, подтвердите участие",
            RequestStatus.OFFERED: "места предложены, ответьте на предложение",
            RequestStatus.WAITLISTED: "в листе ожидания",
            RequestStatus.CONFIRMED: "участие подтверждено",
            RequestStatus.RECONFIRM_PENDING: "расписание изменилось, подтвердите участие ещё раз",
            RequestStatus.CLOSED: "запрос закрыт",
        },
    ),
    "en": FeedWords(
        all="Cities learn from one another",
        of_city="Cities learn from one another: hosted by {city}",
        on_topic="Cities learn from one another: topic {topic}",
        own="Cities learn from one another: my calendar",
        announcements="Cities learn from one another: events announced",
        modes={
            Mode.IN_PERSON: "In person",
            Mode.REMOTE: "Remote",
            Mode.HYBRID: "In person and remote",
        },
        host="Host: {city}",
        hosted="Hosted by your city",
        online="Online",
        join="Join",
        more="More",
        cancelled="Cancelled",
        times="{starts} – {ends} ({zone})",
        seats="seats: {granted}",
        statuses={
            RequestStatus.SUBMITTED: "the request awaits a decision",
            RequestStatus.APPROVED: "approved, please confirm",
            RequestStatus.OFFERED: "seats are offered, please answer",
            RequestStatus.WAITLISTED: "on the waiting list",
            RequestStatus.CONFIRMED: "confirmed",
            RequestStatus.RECONFIRM_PENDING: "the schedule changed, please confirm again",
            RequestStatus.CLOSED: "the request is closed",
        },
    ),
}
