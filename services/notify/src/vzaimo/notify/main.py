"""Notify put together."""

from vzaimo.kit.bus import Stream
from vzaimo.kit.service import Parts, Service, run
from vzaimo.kit.settings import load
from vzaimo.kit.smtp import MailSettings
from vzaimo.notify.api import router
from vzaimo.notify.consumers import SUBSCRIPTIONS
from vzaimo.notify.handlers.adopt import adopt
from vzaimo.notify.handlers.mail import Post, send_due
from vzaimo.notify.store import NOTIFICATION, Model
from vzaimo.notify.wording import WORDING


def parts(settings: MailSettings) -> Parts:
    """What notify is made of."""
    post = Post(settings.smtp, settings.mail_from, settings.portal_url)

    async def mail(service: Service) -> None:
        await send_due(service.works, post)

    return Parts(
        name="notify",
        title="Vzaimo: notify",
        streams=(Stream("NOTIFY", ("notify.>",)),),
        metadata=Model.metadata,
        wording=WORDING,
        routers=(router,),
        adopt=adopt,
        subscriptions=SUBSCRIPTIONS,
        loops=(mail,),
        own={"notification": NOTIFICATION},
    )


def main() -> None:
    """The process: ``python -m vzaimo.notify``."""
    settings = load(MailSettings)
    run(parts(settings), settings)
