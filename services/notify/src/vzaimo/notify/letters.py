"""What people read: the words for each kind of notice, in both languages, and the mail that carries them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from typing import Any, Literal
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_datetime, format_time
from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from vzaimo.notify.domain.notices import Kind
from vzaimo.notify.projections import Known

Locale = Literal["ru", "en"]


@dataclass(frozen=True, slots=True)
class Letter:
    """Title and text for a person, in one language."""

    title: str
    text: str


_WORDS: Mapping[Kind, Mapping[Locale, tuple[str, str]]] = {
    Kind.CITY_APPLIED: {
        "ru": ("{city}: заявка на участие", "Город {city} просит принять его в программу. Рассмотрите заявку."),
        "en": ("{city} asks to take part", "City {city} asks to be admitted. Please look at its application."),
    },
    Kind.CITY_ACTIVATED: {
        "ru": ("{city} — участник программы", "Соглашение действует: можно объявлять мероприятия и просить участия."),
        "en": ("{city} takes part now", "The agreement is in force: you may announce events and ask to attend."),
    },
    Kind.PRACTICE_SUBMITTED: {
        "ru": ("Практика ждёт рассмотрения", "{city} прислал практику «{practice}»."),
        "en": ("A practice awaits review", "{city} has sent the practice “{practice}”."),
    },
    Kind.PRACTICE_RETURNED: {
        "ru": ("Практику нужно доработать", "Модератор вернул практику «{practice}»: замечания — в её карточке."),
        "en": ("A practice needs changes", "The moderator gave back “{practice}”: the remarks are with it."),
    },
    Kind.PRACTICE_PUBLISHED: {
        "ru": ("Практика опубликована", "Практика «{practice}» опубликована и видна всем городам."),
        "en": ("A practice is published", "The practice “{practice}” is published for all cities."),
    },
    Kind.EVENT_ANNOUNCED: {
        "ru": (
            "Новое мероприятие: {event}",
            "{host} приглашает: «{event}», {when}. Запросы принимаются до {closes}.",
        ),
        "en": ("A new event: {event}", "{host} invites: “{event}”, {when}. Requests are taken until {closes}."),
    },
    Kind.EVENT_CALLED_OFF: {
        "ru": ("Мероприятие отменено: {event}", "«{event}», {when}, не состоится. Все запросы закрыты."),
        "en": ("An event is called off: {event}", "“{event}”, {when}, will not take place. All requests are closed."),
    },
    Kind.CAPACITY_REFUSED: {
        "ru": ("Число мест не изменено: {event}", "Уже выдано больше мест, чем вы хотели оставить. Всё как прежде."),
        "en": ("Seats unchanged: {event}", "More seats are granted than you wanted to keep. Nothing was changed."),
    },
    Kind.REQUEST_SUBMITTED: {
        "ru": ("Запрос на участие: {city}", "{city} просит мест: {wanted}. «{event}». Решите до {decide}."),
        "en": ("A request to attend: {city}", "{city} asks for seats: {wanted}. “{event}”. Please decide by {decide}."),
    },
    Kind.REQUEST_APPROVED: {
        "ru": (
            "Запрос одобрен: {event}",
            "{host} принимает вас: мест {granted}, в очереди {waiting}. {when}. Подтвердите участие до {confirm}.",
        ),
        "en": (
            "Your request is approved: {event}",
            "{host} takes you: seats {granted}, waiting {waiting}. {when}. Please confirm by {confirm}.",
        ),
    },
    Kind.REQUEST_OFFERED: {
        "ru": (
            "Вам предложены места: {event}",
            "Мест {seats} — меньше, чем вам нужно ({least}). Они держатся для вас до {until}: примите или откажитесь.",
        ),
        "en": (
            "Seats are offered to you: {event}",
            "{seats} seats, fewer than you need ({least}), are held until {until}: take them or let them go.",
        ),
    },
    Kind.REQUEST_WAITLISTED: {
        "ru": (
            "Вы в очереди: {event}",
            "{host} одобрил ваш запрос, но мест пока нет. Ждут: {waiting}. Место освободится — вы узнаете сразу.",
        ),
        "en": (
            "You are on the waiting list: {event}",
            "{host} approved your request, but no seat is free. Waiting: {waiting}. You will hear at once.",
        ),
    },
    Kind.REQUEST_REJECTED: {
        "ru": ("Запрос отклонён: {event}", "{host} не может вас принять. Причина — в карточке запроса."),
        "en": ("Your request is declined: {event}", "{host} cannot take you. The reason is with the request."),
    },
    Kind.REQUEST_PROMOTED: {
        "ru": (
            "Места освободились: {event}",
            "Теперь у вас мест {granted}, в очереди {waiting}. {when}. Подтвердите участие до {confirm}.",
        ),
        "en": (
            "Seats became free: {event}",
            "You have {granted} seats now, {waiting} wait. {when}. Please confirm by {confirm}.",
        ),
    },
    Kind.REQUEST_CONFIRMED: {
        "ru": ("{city} приедет: {event}", "{city} подтверждает участие: {confirmed}."),
        "en": ("{city} will come: {event}", "{city} confirms: {confirmed}."),
    },
    Kind.REQUEST_WITHDRAWN: {
        "ru": ("{city} отозвал запрос: {event}", "Места города {city} переданы очереди."),
        "en": ("{city} withdrew: {event}", "The seats of {city} went to the waiting list."),
    },
    Kind.REQUEST_CLOSED: {
        "ru": ("Мероприятие отменено: {event}", "«{event}», {when}, не состоится. Ваш запрос закрыт."),
        "en": ("An event is called off: {event}", "“{event}”, {when}, will not take place. Your request is closed."),
    },
    Kind.OFFER_DECLINED: {
        "ru": ("{city} отказался от мест: {event}", "Места переданы очереди."),
        "en": ("{city} let its seats go: {event}", "The seats went to the waiting list."),
    },
    Kind.OFFER_EXPIRED: {
        "ru": ("Предложение истекло: {event}", "{city} не ответил вовремя, места переданы очереди."),
        "en": ("An offer has expired: {event}", "{city} did not answer in time; the seats went to the waiting list."),
    },
}


def written(kind: Kind, known: Known, locale: Locale) -> Letter:
    """The words for a notice, from the state now."""
    title, text = _WORDS[kind][locale]
    facts = _facts(known, locale)
    return Letter(title.format_map(facts), text.format_map(facts))


@dataclass(frozen=True, slots=True)
class Envelope:
    """Where a mail goes, and its Message-ID, which a repetition keeps."""

    sender: str
    to: str
    message_id: str
    date: datetime


def mail(letter: Letter, envelope: Envelope, *, link: str, locale: Locale) -> EmailMessage:
    """The mail: plain text, and the same as HTML."""
    message = EmailMessage()
    message["Subject"] = letter.title
    message["From"] = envelope.sender
    message["To"] = envelope.to
    message["Date"] = envelope.date
    message["Message-ID"] = envelope.message_id
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no out-of-office answers
    message["Content-Language"] = locale
    for name, kind in (("letter.txt", "plain"), ("letter.html", "html")):
        body = _TEMPLATES.get_template(name).render(letter=letter, link=link, locale=locale)
        if kind == "plain":
            message.set_content(body)
        else:
            message.add_alternative(body, subtype="html")
    return message


def _facts(known: Known, locale: Locale) -> dict[str, Any]:
    subject, event = known.subject, known.event or {}
    city = subject.get("city") or subject.get("id")
    facts: dict[str, Any] = {
        "city": known.cities.get(str(city), city),
        "practice": subject.get("title", ""),
        **{name: subject.get(name, "") for name in ("wanted", "granted", "waiting", "confirmed")},
        "least": subject.get("min_viable", ""),
    }
    if event:
        zone = event["timezone"]
        facts |= {
            "event": event["title"],
            "host": known.cities.get(event["host"], event["host"]),
            "when": _period(event, locale),
            **{
                name: _moment(event["deadlines"][deadline], zone, locale)
                for name, deadline in (("closes", "apply_closes"), ("decide", "decide_by"), ("confirm", "confirm_by"))
            },
        }
        offer = subject.get("offer")
        facts["seats"] = offer["seats"] if offer else 0
        facts["until"] = _moment(offer["expires_at"], zone, locale) if offer else "—"
    return facts


def _period(event: Mapping[str, Any], locale: Locale) -> str:
    zone = ZoneInfo(event["timezone"])
    first, last = (datetime.fromisoformat(event[name]).astimezone(zone) for name in ("starts_at", "ends_at"))
    begins = f"{format_date(first, 'long', locale)}, {format_time(first, 'short', locale=locale)}"
    days = begins if first.date() == last.date() else f"{begins} – {format_date(last, 'long', locale)}"
    return f"{days} ({event['timezone']})"


def _moment(iso: str, timezone: str, locale: Locale) -> str:
    zone = ZoneInfo(timezone)
    return f"{format_datetime(datetime.fromisoformat(iso), 'd MMMM y, HH:mm', tzinfo=zone, locale=locale)} ({timezone})"


_TEMPLATES = Environment(
    loader=PackageLoader("vzaimo.notify"), autoescape=select_autoescape(), undefined=StrictUndefined, trim_blocks=True
)
