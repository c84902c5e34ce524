"""Registry put together."""

from vzaimo.contracts.registry import CONTACTS
from vzaimo.kit.bus import Stream
from vzaimo.kit.keys import each_of
from vzaimo.kit.service import Parts, Service, run
from vzaimo.kit.settings import load
from vzaimo.registry.api import ROUTERS
from vzaimo.registry.handlers import adoptions, leaving, practices, standing
from vzaimo.registry.handlers.adopt import adopt
from vzaimo.registry.handlers.mail import send_due
from vzaimo.registry.settings import RegistrySettings
from vzaimo.registry.store import ADOPTION, CITY, CONTACT, ORGANISATION, PRACTICE, ROLE, TOPIC, Model
from vzaimo.registry.wording import WORDING

STREAMS = (
    # Contact data have a stream of their own; so this one names its aggregates instead of taking `registry.>`.
    Stream("REGISTRY", ("registry.pub.>", "registry.party.>", "registry.int.role.>", "registry.int.practice.>")),
    Stream(CONTACTS, ("registry.int.contact.>",), last_only=True),
)

TIMERS = {
    standing.LAPSING: leaving.warn_of_lapse,
    standing.LAPSED: leaving.lapse,
    practices.STALE: practices.grow_stale,
    adoptions.MEASUREMENT: adoptions.fall_due,
}


def parts(settings: RegistrySettings) -> Parts:
    """What registry is made of."""
    keys = each_of(settings.invitation_key)

    async def mail(service: Service) -> None:
        await send_due(
            service.works,
            settings.smtp,
            key=keys[0],
            sender=settings.mail_from,
            portal=settings.portal_url,
            first_moderator=settings.first_moderator,
        )

    return Parts(
        name="registry",
        title="Vzaimo: registry",
        streams=STREAMS,
        metadata=Model.metadata,
        wording=WORDING,
        routers=ROUTERS,
        adopt=adopt,
        timers=TIMERS,
        loops=(mail,),
        own={
            "city": CITY,
            "organisation": ORGANISATION,
            "topic": TOPIC,
            "practice": PRACTICE,
            "adoption": ADOPTION,
            "role": ROLE,
            "contact": CONTACT,
        },
        extras={"invitation_keys": keys},
    )


def main() -> None:
    """The process: ``python -m vzaimo.registry``."""
    settings = load(RegistrySettings)
    run(parts(settings), settings)
