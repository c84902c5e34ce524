"""The words for a notice, from the state now."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_datetime, get_timezone_location
from babel.numbers import format_decimal

from vzaimo.contracts.requests import RequestStatus
from vzaimo.notify.catalogues import CATALOGUES, Catalogue, Locale
from vzaimo.notify.domain.kinds import Kind
from vzaimo.notify.domain.relevance import MODE_REMOVED, overtaken
from vzaimo.notify.projections import Known

_DEADLINES = (("closes", "apply_closes"), ("decide", "decide_by"))
_UNKNOWN = "—"
_DAY, _MINUTE = "d MMMM y", "d MMMM y, HH:mm"


@dataclass(frozen=True, slots=True)
class Letter:
    """Title and text for a person, in one language."""

    title: str
    text: str


def written(kind: Kind, known: Known, locale: Locale) -> Letter:
    """The words for a notice."""
    words = CATALOGUES[locale]
    facts = _facts(known, words)
    name = f"{kind}.{MODE_REMOVED}" if _for_this_mode_alone(kind, known) else str(kind)
    return Letter(words.say(f"{name}.title", facts), words.say(f"{name}.text", facts))


def current(kind: Kind, known: Known, locale: Locale) -> Letter:
    """The same for whoever reads it later: what is settled by now asks for nothing."""
    letter, settled = written(kind, known, locale), overtaken(kind, known.subject, known.event)
    return Letter(letter.title, CATALOGUES[locale].say("overtaken")) if settled else letter


def summary(count: int, locale: Locale) -> Letter:
    """The words above several notices in one mail."""
    words = CATALOGUES[locale]
    return Letter(words.say("digest.title", {"news": words.count("news", count)}), words.say("digest.text"))


def _for_this_mode_alone(kind: Kind, known: Known) -> bool:
    return kind is Kind.REQUEST_CLOSED and known.subject.get("reason") == MODE_REMOVED


def _facts(known: Known, words: Catalogue) -> dict[str, Any]:
    subject = known.subject
    city = str(subject.get("city") or subject.get("asked_by") or subject.get("id"))
    name = known.cities.get(city, city)
    facts = {"city": name, "city_of": words.city_of(name), **_practice(known, words), **_need(known, words)}
    if known.event:
        held = _event(known, known.event, words)
        facts |= held | _request(subject, held, known.event["timezone"], words)
    agreement = subject.get("agreement") or {}
    if agreement.get("valid_until"):
        facts["lapses"] = format_date(date.fromisoformat(agreement["valid_until"]), _DAY, words.locale)
    if subject.get("status") == "suspended":
        lapsed = subject.get("suspended_for") == "agreement-lapsed"
        facts["suspension"] = words.say("suspended.agreement-lapsed" if lapsed else "suspended.other")
    if "disabled_for" in subject:
        why = subject["disabled_for"] or "no-longer"
        facts |= {"address": subject["address"], "disabled": words.say(f"disabled.{why}")}
    if "cause" in subject:
        facts |= {"people": words.count("people", subject["people"]), "reason": words.say(f"erased.{subject['cause']}")}
    return _Facts(facts)


class _Facts(dict[str, Any]):
    """What the state does not say any longer is a dash: a mail is rendered later than its cause."""

    def __missing__(self, _name: str) -> str:
        return _UNKNOWN


def _practice(known: Known, words: Catalogue) -> dict[str, Any]:
    subject = known.subject
    if "practice" not in subject:
        return {"practice": subject.get("title", _UNKNOWN)}
    measured = subject["measurements"]
    return {
        "practice": known.practices.get(str(subject["practice"]), _UNKNOWN),
        "indicator": subject["indicator"],
        "baseline": _value(subject["baseline"], subject["unit"], words),
        "measured": _value(measured[-1]["value"], subject["unit"], words) if measured else _UNKNOWN,
        "months": words.count("months", subject["due"] or 12),
    }


def _need(known: Known, words: Catalogue) -> dict[str, Any]:
    subject = known.subject
    topic = known.topics.get(str(subject.get("topic")), {})
    title = (topic.get("name_en") if words.locale == "en" else None) or topic.get("name") or subject.get("topic")
    backers = subject.get("backers", ())
    cities = backers if isinstance(backers, int) else len(backers) + 1
    heads = subject.get("heads")
    return {
        "topic": title or _UNKNOWN,
        "cities": words.count("cities", cities),
        "heads_people": words.count("people", heads) if isinstance(heads, int) else _UNKNOWN,
    }


def _event(known: Known, event: Mapping[str, Any], words: Catalogue) -> dict[str, Any]:
    zone = event["timezone"]
    seats = [plan["capacity"] for plan in event["seats"]]
    limits = [str(seat) if seat is not None else words.say("no-limit") for seat in seats]
    return {
        "event": event["title"],
        "host": known.cities.get(event["host"], event["host"]),
        "when": _period(event, words.locale),
        "capacity": ", ".join(limits) or _UNKNOWN,
        **{name: _moment(event["deadlines"][deadline], zone, words.locale) for name, deadline in _DEADLINES},
    }


def _request(subject: Mapping[str, Any], held: Mapping[str, Any], zone: str, words: Catalogue) -> dict[str, Any]:
    if "wanted" not in subject:
        return {}
    waiting, offer = subject["waiting"], subject.get("offer")
    facts = {
        "wanted_seats": words.count("seats", subject["wanted"]),
        "granted_seats": words.count("seats", subject["granted"]),
        "confirmed_people": words.count("people", subject["confirmed"]),
        "waiting_people": words.count("people", waiting),
        "waiting": words.say("and-waiting", {"people": words.count("people", waiting)}) if waiting else "",
        "least": subject["min_viable"],
        # Whoever reads this later, or whose request was admitted by itself, is not asked for what is done.
        "ask_decision": words.say("ask-decision", held) if subject["status"] == RequestStatus.SUBMITTED else "",
        "ask_confirmation": "",
    }
    if subject.get("confirm_by"):
        facts["confirm"] = _moment(subject["confirm_by"], zone, words.locale)
        facts["ask_confirmation"] = words.say("ask-confirmation", facts)
    if offer:
        facts |= {
            "offered_seats": words.count("seats", offer["seats"]),
            "until": _moment(offer["expires_at"], zone, words.locale),
        }
    if subject.get("reconfirm_by"):
        facts["reconfirm"] = _moment(subject["reconfirm_by"], zone, words.locale)
    if subject.get("attended") is not None:
        facts["attended"] = subject["attended"]
    if subject.get("feedback"):
        facts["score"] = subject["feedback"]["score"]
    return facts


def _value(number: float, unit: str, words: Catalogue) -> str:
    return f"{format_decimal(number, locale=words.locale)} {unit}"


def _period(event: Mapping[str, Any], locale: Locale) -> str:
    zone = ZoneInfo(event["timezone"])
    first, last = (datetime.fromisoformat(event[name]).astimezone(zone) for name in ("starts_at", "ends_at"))
    begins = format_datetime(first, _MINUTE, tzinfo=zone, locale=locale)
    days = begins if first.date() == last.date() else f"{begins} – {format_date(last, _DAY, locale)}"
    return f"{days} ({_place(first, locale)})"


def _moment(iso: str, timezone: str, locale: Locale) -> str:
    there = datetime.fromisoformat(iso).astimezone(ZoneInfo(timezone))
    return f"{format_datetime(there, _MINUTE, tzinfo=there.tzinfo, locale=locale)} ({_place(there, locale)})"


def _place(there: datetime, locale: Locale) -> str:
    """By whose clock: «Екатеринбург, UTC+5»."""
    minutes = int((there.utcoffset() or timedelta()).total_seconds() // 60)
    hours, rest = divmod(abs(minutes), 60)
    offset = f"UTC{'+' if minutes >= 0 else '−'}{hours}" + (f":{rest:02}" if rest else "")
    return f"{get_timezone_location(there.tzinfo, locale=locale, return_city=True)}, {offset}"
