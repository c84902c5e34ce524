"""The words for notify's refusals."""

from vzaimo.kit.http import Wording, Words

WORDING: Wording = {
    "unknown-notification": Words(
        404,
        ("Уведомление не найдено", "Уведомления {notification} в вашем ящике нет."),
        ("No such notification", "There is no notification {notification} in your inbox."),
    ),
    "unknown-delivery": Words(
        404,
        ("Отправка не найдена", "Отправки {delivery} нет."),
        ("No such delivery", "There is no delivery {delivery}."),
    ),
    "delivery-not-dead": Words(
        409,
        ("Повторять нечего", "Отправка {delivery} в состоянии {status}; повторяют только dead."),
        ("There is nothing to retry", "Delivery {delivery} is {status}; only a dead one is retried."),
    ),
    "cannot-be-muted": Words(
        422,
        (
            "Эти письма приходят сразу",
            "email.{group}: решения, отмены и переносы нельзя отключить или отложить. Уберите эту группу.",
        ),
        (
            "These mails come at once",
            "email.{group}: decisions, cancellations and reschedules are neither muted nor put off. Leave it out.",
        ),
    ),
    "unknown-zone": Words(
        422,
        ("Часовой пояс неизвестен", "timezone: укажите имя из базы IANA, например Europe/Samara."),
        ("The time zone is not known", "timezone: name a zone of the IANA database, such as Europe/Samara."),
    ),
    "half-quiet": Words(
        422,
        ("Тихие часы указаны наполовину", "Укажите и quiet_from, и quiet_until, или ни одного."),
        ("Quiet hours need both ends", "Send both quiet_from and quiet_until, or neither."),
    ),
    "bad-unsubscribe-token": Words(
        404,
        ("Ссылка не действует", "Отключить письма можно в настройках уведомлений."),
        ("This address does not work", "You can turn mails off in your notification settings."),
    ),
    "unknown-request": Words(
        404,
        ("Контактов нет", "Контакты по запросу {request} видят город и принимающая сторона после одобрения."),
        ("No contacts", "Contacts about request {request} are shown to guest and host after approval."),
    ),
    "too-many-streams": Words(
        429,
        ("Открыто слишком много потоков", "Закройте другие вкладки: одновременно можно держать {most}."),
        ("Too many streams are open", "Close other windows: {most} may be open at a time."),
    ),
    "bad-address": Words(
        422,
        (
            "По этому адресу отправлять нельзя",
            "address ({reason}): нужен адрес https://…, порт 443, хост из интернета, без имени, пароля и #фрагмента.",
        ),
        (
            "Nothing is sent to this address",
            "address ({reason}): use https://…, port 443, a host on the internet, no user, password or #fragment.",
        ),
    ),
    "unknown-webhook": Words(
        404,
        ("Вебхук не найден", "Такого вебхука у города {city} нет, или его видят только люди этого города."),
        ("No such webhook", "The city {city} has no such webhook, or its own people alone see it."),
    ),
    "too-many-webhooks": Words(
        409,
        ("Вебхуков слишком много", "У города их может быть {most}: удалите лишний."),
        ("Too many webhooks", "A city may have {most}: delete one that is not needed."),
    ),
    "webhook-not-active": Words(
        409,
        ("Вебхук отключён", "Сначала включите его: PUT с active: true."),
        ("The webhook is disabled", "Enable it first: PUT with active: true."),
    ),
    "test-pending": Words(
        409,
        ("Проверка ещё идёт", "Дождитесь, чем кончится предыдущая: она видна среди отправок."),
        ("A test is under way", "Wait for the outcome of the last one: it is among the deliveries."),
    ),
    "nothing-to-retry": Words(
        409,
        ("Повторять нечего", "Отправка {delivery} в состоянии {status}; повторяют только dead и suppressed."),
        ("There is nothing to retry", "Delivery {delivery} is {status}; only a dead or suppressed one is retried."),
    ),
    "webhooks-off": Words(
        501,
        ("Вебхуков здесь нет", "Их включает оператор: VZAIMO_WEBHOOK_KEY."),
        ("There are no webhooks here", "The operator switches them on: VZAIMO_WEBHOOK_KEY."),
    ),
}
