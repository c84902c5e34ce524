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
}
