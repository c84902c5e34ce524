"""The mail that carries one letter or several."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from vzaimo.notify.catalogues import CATALOGUES, Locale
from vzaimo.notify.letters.words import Letter, summary

MOST_SHOWN = 50
"""Letters in one digest; the rest is in the inbox."""


@dataclass(frozen=True, slots=True)
class Item:
    """A letter, and where its matter is shown."""

    letter: Letter
    link: str


@dataclass(frozen=True, slots=True)
class Envelope:
    """Where a mail goes, and its Message-ID, which a repetition keeps."""

    sender: str
    to: str
    message_id: str
    date: datetime


def mail(
    items: Sequence[Item], envelope: Envelope, *, locale: Locale, settings: str, unsubscribe: str | None = None
) -> EmailMessage:
    """The mail: plain text, and the same as HTML.

    ``settings``: where its reader decides about mails; ``unsubscribe``: where one click ends them (RFC 8058).
    """
    words = CATALOGUES[locale]
    alone = items[0] if len(items) == 1 else None
    letter = alone.letter if alone else summary(len(items), locale)
    message = EmailMessage()
    message["Subject"] = " ".join(letter.title.split())
    message["From"] = envelope.sender
    message["To"] = envelope.to
    message["Date"] = envelope.date
    message["Message-ID"] = envelope.message_id
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no out-of-office answers
    message["Content-Language"] = locale
    if unsubscribe is not None:
        message["List-Unsubscribe"] = f"<{unsubscribe}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    shown = {
        "letter": letter,
        "link": alone.link if alone else None,
        "items": () if alone else items[:MOST_SHOWN],
        "more": words.count("news", len(items) - MOST_SHOWN) if len(items) > MOST_SHOWN else None,
        "settings": settings,
        "say": words.say,
        "locale": locale,
    }
    message.set_content(_TEMPLATES.get_template("letter.txt").render(shown))
    message.add_alternative(_TEMPLATES.get_template("letter.html").render(shown), subtype="html")
    return message


_TEMPLATES = Environment(
    loader=PackageLoader("vzaimo.notify"),
    autoescape=select_autoescape(),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
