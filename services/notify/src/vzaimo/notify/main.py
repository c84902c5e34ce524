"""Notify put together."""

from collections.abc import Callable

from vzaimo.kit.bus import Stream
from vzaimo.kit.keys import each_of
from vzaimo.kit.service import Parts, Service, run
from vzaimo.kit.settings import load
from vzaimo.kit.smtp import Connections
from vzaimo.notify.api import ROUTERS
from vzaimo.notify.api.webhooks import Outgoing
from vzaimo.notify.consumers import SUBSCRIPTIONS
from vzaimo.notify.courier import Courier
from vzaimo.notify.feed import Feed, herald
from vzaimo.notify.handlers import dispatch
from vzaimo.notify.handlers.adopt import adopt
from vzaimo.notify.handlers.mail import Post, send_due
from vzaimo.notify.handlers.measure import measure_regularly
from vzaimo.notify.handlers.purge import purge_regularly
from vzaimo.notify.handlers.remind import TIMERS
from vzaimo.notify.settings import NotifySettings
from vzaimo.notify.store import NOTIFICATION, WEBHOOK, Model
from vzaimo.notify.wording import WORDING


def parts(settings: NotifySettings) -> Parts:
    """What notify is made of."""
    seals, keys = each_of(settings.unsubscribe_key), each_of(settings.webhook_key)
    post = Post(
        Connections(settings.smtp),
        settings.mail_from,
        settings.portal_url,
        settings.join_url or settings.portal_url,
        settings.notify_url if seals else None,
        next(iter(seals), b""),
    )

    async def mail(service: Service) -> None:
        await send_due(service.works, post, counted(service, "email"))

    async def webhooks(service: Service) -> None:
        if keys:
            courier = Courier(anywhere=settings.webhook_allow_private, authorities=settings.webhook_tls_ca)
            await dispatch.send_due(service.works, courier, keys, counted(service, "webhook"))

    async def measured(service: Service) -> None:
        await measure_regularly(service.works, service.metrics)

    async def forget(service: Service) -> None:
        await purge_regularly(service.works)

    return Parts(
        name="notify",
        title="Vzaimo: notify",
        streams=(Stream("NOTIFY", ("notify.>",)),),
        metadata=Model.metadata,
        wording=WORDING,
        routers=ROUTERS,
        adopt=adopt,
        subscriptions=SUBSCRIPTIONS,
        timers=TIMERS,
        loops=(mail, webhooks, measured, forget, herald),
        forms=("/v1/unsubscribe/",),
        secret_paths=("/v1/unsubscribe/",),
        own={"notification": NOTIFICATION, "webhook": WEBHOOK},
        extras={
            "unsubscribe_keys": seals,
            "feed": Feed(settings.access),
            "outgoing": Outgoing(keys, settings.webhook_allow_private),
        },
    )


def counted(service: Service, channel: str) -> Callable[[str], None]:
    """What counts the tries of a channel, by their outcome."""
    return lambda outcome: service.metrics.tries.labels(channel, outcome).inc()


def main() -> None:
    """The process: ``python -m vzaimo.notify``."""
    settings = load(NotifySettings)
    run(parts(settings), settings)
