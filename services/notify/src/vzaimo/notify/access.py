"""Whose webhooks somebody may see, and change."""

from vzaimo.kit.identity import Actor, NotAllowed
from vzaimo.notify.domain.refusals import UnknownWebhook

SCOPE = "webhooks"


def check_sees(actor: Actor, city: str) -> None:
    """A city's own people, and its programs with that scope. Raises ``UnknownWebhook`` for everybody else."""
    if city not in actor.coordinated | actor.viewed and not actor.serves(city, SCOPE):
        raise UnknownWebhook(city)


def check_changes(actor: Actor, city: str) -> None:
    """The same, but for those who only read. Raises ``NotAllowed`` for these, ``UnknownWebhook`` for strangers."""
    check_sees(actor, city)
    if not (actor.coordinates(city) or actor.serves(city, SCOPE)):
        raise NotAllowed


def check_mends(actor: Actor, city: str, *, reads: bool = False) -> None:
    """Deliveries are the moderator's as well: to read, and to have tried again."""
    if not actor.moderates:
        (check_sees if reads else check_changes)(actor, city)
