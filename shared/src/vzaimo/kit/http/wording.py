"""The words for every refusal, in both languages, with its status code."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from vzaimo.contracts.refusal import Refusal
from vzaimo.kit.http.language import Language


@dataclass(frozen=True, slots=True)
class Words:
    """Title and detail of a problem. Details are templates over the refusal's facts: ``{city}``."""

    status: int
    ru: tuple[str, str]
    en: tuple[str, str]

    def told(self, language: Language, facts: Mapping[str, object]) -> tuple[str, str]:
        """Title and detail in a language."""
        title, detail = self.ru if language == "ru" else self.en
        return title, detail.format_map(facts)


Wording = Mapping[str, Words]

KIT: Wording = {
    "not-allowed": Words(
        403,
        ("Это действие вам недоступно", "У вас нет роли, которая разрешает это действие."),
        ("You may not do this", "None of your roles allows this."),
    ),
    "actor-not-yet-known": Words(
        403,
        (
            "Ваша роль здесь ещё не известна",
            "Если роль только что назначена, повторите через несколько секунд; иначе попросите приглашение.",
        ),
        (
            "No role of yours is known here yet",
            "If it was granted just now, try again in a few seconds; otherwise ask for an invitation.",
        ),
    ),
    "stale": Words(
        412,
        ("Данные уже изменились", "Вы видели версию {expected}, сейчас версия {actual}: обновите и повторите."),
        ("This has changed meanwhile", "You saw version {expected}, it is {actual} now: read it again and retry."),
    ),
    "invalid-token": Words(
        401,
        ("Токен не принят", "Причина: {reason}. Получите новый токен и повторите."),
        ("The token is not accepted", "Reason: {reason}. Get a new token and try again."),
    ),
    "token-missing": Words(
        401,
        ("Нужен токен", "Передайте токен доступа в заголовке Authorization: Bearer …"),
        ("A token is needed", "Send an access token in the header Authorization: Bearer …"),
    ),
    "invalid-request": Words(
        422,
        ("Запрос заполнен неверно", "Исправьте поля, перечисленные в errors."),
        ("The request is not valid", "Correct the fields that are listed under errors."),
    ),
    "unknown-dead-letter": Words(
        404,
        ("Такого письма нет", "Необработанного факта {seq} нет среди отложенных этого сервиса."),
        ("No such dead letter", "There is no dead letter {seq} of this service."),
    ),
    "unknown-consumer": Words(
        404,
        ("Такого потребителя нет", "Потребителя {consumer} нет; есть: {known}."),
        ("No such consumer", "There is no consumer {consumer}; there are: {known}."),
    ),
    "malformed-json": Words(
        400,
        ("Тело запроса — не JSON", "Исправьте тело запроса: это должен быть JSON в UTF-8."),
        ("The body is not JSON", "Correct the body: it must be JSON in UTF-8."),
    ),
    "unsupported-media-type": Words(
        415,
        ("Тип содержимого не поддерживается", "Передайте Content-Type: application/json."),
        ("This media type is not supported", "Send Content-Type: application/json."),
    ),
    "body-too-large": Words(
        413,
        ("Запрос слишком велик", "Тело запроса не может быть больше {limit} байт."),
        ("The request is too large", "A body may have at most {limit} bytes."),
    ),
    "bad-header": Words(
        400,
        ("Неверный заголовок", "Исправьте заголовок {header}: {remedy}"),
        ("A header is not valid", "Correct the header {header}: {remedy}"),
    ),
    "bad-cursor": Words(
        400,
        ("Неверный курсор", "Начните список без cursor или возьмите ссылку rel=next из предыдущего ответа."),
        ("The cursor is not valid", "Start without cursor, or follow the rel=next link of the last answer."),
    ),
    "key-reused": Words(
        422,
        (
            "Idempotency-Key уже использован",
            "С этим ключом уже был другой запрос. Для нового запроса возьмите новый ключ.",
        ),
        (
            "The Idempotency-Key was used before",
            "Another request came with this key. Take a new key for a new request.",
        ),
    ),
    "too-many-requests": Words(
        429,
        ("Слишком много запросов", "Повторите через {retry_after} с."),
        ("Too many requests", "Try again in {retry_after} s."),
    ),
    "not-found": Words(
        404,
        ("Не найдено", "По этому адресу ничего нет."),
        ("Not found", "There is nothing at this address."),
    ),
    "method-not-allowed": Words(
        405,
        ("Метод не поддерживается", "Смотрите заголовок Allow."),
        ("The method is not allowed", "See the header Allow."),
    ),
    "conflict": Words(
        409,
        ("Одновременное изменение", "Кто-то меняет то же самое. Повторите запрос."),
        ("Changed at the same time", "Somebody changes the same thing. Try again."),
    ),
    "unavailable": Words(
        503,
        ("Сервис временно недоступен", "Ничего не изменено. Повторите через {retry_after} с."),
        ("The service is not available for the moment", "Nothing was changed. Try again in {retry_after} s."),
    ),
    "writes-refused": Words(
        503,
        ("Изменения временно не принимаются", "Причина: {reason}. Повторите через {retry_after} с."),
        ("Changes are not accepted for the moment", "Reason: {reason}. Try again in {retry_after} s."),
    ),
    "bus-away": Words(
        503,
        ("Шина не отвечает", "Сервис не получил ответа от NATS, см. /readyz. Повторите, когда она вернётся."),
        ("The bus is away", "NATS does not answer the service, see /readyz. Try again when it is back."),
    ),
    "stray-message": Words(
        409,
        (
            "В потоке есть чужое",
            "Сообщение {seq} потока {stream} — не факт этого сервиса: см. `vzaimo bus message {stream} {seq}`.",
        ),
        (
            "The stream holds what is not ours",
            "Message {seq} of stream {stream} is no fact of this service: see `vzaimo bus message {stream} {seq}`.",
        ),
    ),
    "internal-error": Words(
        500,
        ("Ошибка сервиса", "Сообщите номер {trace}, мы найдём причину."),
        ("The service failed", "Tell us the number {trace}, and we shall find the cause."),
    ),
}


def complete(wording: Wording, packages: Iterable[str]) -> Wording:
    """The kit's words and a service's. Raises ``LookupError`` naming a refusal of these packages without words."""
    known = {**KIT, **wording}
    prefixes = tuple(packages)
    silent = sorted(
        {one.kind for one in Refusal.known if one.__module__.startswith(prefixes) and one.kind not in known}
    )
    if silent:
        raise LookupError(f"refusals without words: {', '.join(silent)}")
    return known
