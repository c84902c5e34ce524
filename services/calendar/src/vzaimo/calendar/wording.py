"""The words for calendar's refusals."""

from vzaimo.kit.http import Wording, Words

WORDING: Wording = {
    "unknown-event": Words(
        404, ("Мероприятие не найдено", "Мероприятия {event} нет."), ("No such event", "There is no event {event}.")
    ),
    "unknown-practice": Words(
        422,
        ("Практика не опубликована", "Практики {practice} нет среди опубликованных: уберите её из practices."),
        ("The practice is not published", "Practice {practice} is not published: take it out of practices."),
    ),
    "unknown-feed": Words(
        404,
        ("Такого личного календаря нет", "Ссылка заменена или отозвана: создайте новую в POST /v1/feeds/private."),
        ("No such private feed", "Its address was replaced or revoked: make a new one by POST /v1/feeds/private."),
    ),
    "unknown-session": Words(
        404,
        ("Занятие не найдено", "В этом мероприятии нет занятия {session}."),
        ("No such session", "The event has no session {session}."),
    ),
    "unknown-planned-session": Words(
        422,
        ("Такой части в плане нет", "{field}: части {session} нет в этом мероприятии; у новой части id не указывают."),
        ("The plan has no such session", "{field}: the event has no session {session}; a new one is sent without id."),
    ),
    "no-join-link": Words(
        404,
        ("Подключаться не к чему", "У ближайшего занятия нет ссылки: её указывает принимающий город."),
        ("There is nothing to join", "The session has no link; the host gives it."),
    ),
    "no-remote-seat": Words(
        403,
        (
            "Нет места для дистанционного участия",
            "Подключаются города, чей запрос на дистанционное участие одобрен: подайте запрос или дождитесь решения.",
        ),
        (
            "No seat for remote participation",
            "Cities join once their request for remote participation is approved: ask, or await the decision.",
        ),
    ),
    "event-called-off": Words(
        410,
        ("Мероприятие отменено", "Мероприятие {event} не состоится."),
        ("The event was called off", "Event {event} will not take place."),
    ),
    "event-over": Words(
        410,
        ("Мероприятие закончилось", "Оно завершилось {ended_at}, подключиться уже нельзя."),
        ("The event is over", "It ended {ended_at} and cannot be joined any more."),
    ),
    "unknown-share-link": Words(
        404,
        ("Такой ссылки нет", "Попросите координатора своего города прислать действующую ссылку."),
        ("No such link", "Ask your city's coordinator for a link that works."),
    ),
    "share-link-revoked": Words(
        410,
        ("Ссылка отозвана", "Координатор города отозвал её: попросите новую."),
        ("The link was revoked", "The city's coordinator took it back: ask for a new one."),
    ),
    "city-not-active": Words(
        409,
        ("Город не участвует", "Город {city} в состоянии {status}; это может только действующий участник."),
        ("The city does not take part", "City {city} is {status}; only an active city may do this."),
    ),
    "unknown-timezone": Words(
        422,
        ("Неизвестный часовой пояс", "{timezone} — не имя IANA: укажите, например, Europe/Samara."),
        ("Unknown time zone", "{timezone} is no IANA name: say Europe/Samara, for example."),
    ),
    "wall-clock-missing": Words(
        422,
        ("Такого времени не бывает", "{field}: {local} в поясе {timezone} пропущено при переводе часов."),
        ("This time does not exist", "{field}: {local} in {timezone} is skipped when the clocks go forward."),
    ),
    "wall-clock-ambiguous": Words(
        422,
        (
            "Такое время бывает дважды",
            "{field}: {local} в поясе {timezone} повторяется: добавьте {field}_fold, 0 или 1.",
        ),
        ("This time comes twice", "{field}: {local} in {timezone} comes twice: add {field}_fold, 0 or 1."),
    ),
    "event-incomplete": Words(
        422,
        ("Мероприятие заполнено не полностью", "Заполните: {missing}."),
        ("The event is not complete", "Fill in: {missing}."),
    ),
    "session-ends-too-early": Words(
        422,
        ("Неверное время занятия", "sessions.{session}: окончание должно быть позже начала."),
        ("The session's times are wrong", "sessions.{session}: it must end after it begins."),
    ),
    "sessions-overlap": Words(
        422,
        ("Занятия пересекаются", "sessions.{first} и sessions.{second} идут в одно время на площадке «{site}»."),
        ("Sessions overlap", "sessions.{first} and sessions.{second} are at one time at {site}."),
    ),
    "deadlines-out-of-order": Words(
        422,
        ("Сроки идут не по порядку", "{earlier} должно быть раньше, чем {later}."),
        ("The deadlines are out of order", "{earlier} must come before {later}."),
    ),
    "too-late": Words(
        422,
        ("Этот срок уже прошёл", "{field}: {moment} — в прошлом; укажите более позднее время."),
        ("This moment has passed", "{field}: {moment} is past; choose a later time."),
    ),
    "deadline-binds": Words(
        409,
        (
            "Этот срок уже объявлен",
            "{field}: было {moment}. Объявленный срок можно продлить, пока он не прошёл; приём можно открыть раньше.",
        ),
        (
            "This deadline is announced",
            "{field}: it was {moment}. A deadline may be put off until it has passed; requests may open earlier.",
        ),
    ),
    "too-early": Words(
        409,
        ("Ещё рано", "Это можно сделать начиная с {moment}."),
        ("It is too early", "This may be done from {moment} on."),
    ),
    "seat-plan-wrong": Words(
        422,
        ("Места заданы неверно", "{field}: {fault}. Квоты и резервы должны помещаться в число мест."),
        ("The seats do not fit together", "{field}: {fault}. Quotas and reserves must fit the capacity."),
    ),
    "material-change": Words(
        409,
        (
            "Так изменить нельзя",
            "{fields}: это касается уже принятых решений. Места меняют через /capacity, время и форму — /reschedule.",
        ),
        (
            "This cannot be changed so",
            "{fields} bind whoever was admitted; seats are changed by /capacity, time, site and mode by /reschedule.",
        ),
    ),
    "nothing-rescheduled": Words(
        409,
        ("Переносить нечего", "Время, пояс, площадки и форма не изменились: остальное меняют через PUT."),
        ("There is nothing to reschedule", "Time, zone, sites and mode stay the same: change the rest by PUT."),
    ),
    "no-room-to-reconfirm": Words(
        422,
        (
            "Некогда подтвердить участие заново",
            "Списки закрываются {roster_freeze}, это уже прошло: назначьте deadlines.roster_freeze позже.",
        ),
        (
            "There is no time left to confirm anew",
            "The roster froze at {roster_freeze}, which is past: choose a later deadlines.roster_freeze.",
        ),
    ),
    "mode-in-use": Words(
        409,
        ("Эту форму участия убрать нельзя", "Мест в форме {mode}, уже предоставленных или предложенных: {used}."),
        ("This mode cannot be removed", "Seats of mode {mode} that are granted or held: {used}."),
    ),
    "session-in-use": Words(
        409,
        (
            "На занятие назначено больше людей",
            "{field}: назначено {assigned}. Сначала распределите их по другим занятиям, затем уменьшите вместимость.",
        ),
        (
            "More people are assigned to the session",
            "{field}: {assigned} are assigned. Assign some of them to other sessions, then make it smaller.",
        ),
    ),
    "unknown-city": Words(
        422,
        ("Неизвестный город", "Города {city} нет среди участников, или его часовой пояс ещё не известен."),
        ("Unknown city", "There is no city {city}, or its time zone is not known here yet."),
    ),
    "period-wrong": Words(
        422,
        ("Неверный период", "{field} должно быть позже начала периода, не больше чем на {most_days} дн."),
        ("The period is not valid", "{field} must be after the period's start, by {most_days} days at most."),
    ),
    "wrong-event-status": Words(
        409,
        ("Шаг сейчас невозможен", "Мероприятие в состоянии {status}; нужно: {needed}."),
        ("This step is not possible now", "The event is {status}; needed: {needed}."),
    ),
    "event-took-place": Words(
        409,
        (
            "Мероприятие уже прошло",
            "Оно закончилось {ended_at}, отменить или перенести его нельзя. Отметьте, что оно прошло, или скопируйте.",
        ),
        (
            "The event took place",
            "It ended {ended_at} and can be neither called off nor moved: complete it, or clone it.",
        ),
    ),
    "capacity-request-open": Words(
        409,
        ("Прошлый запрос мест ещё не решён", "Запрос № {no} от {requested_at} ждёт ответа: повторите позже."),
        (
            "The last request for seats is open",
            "Request no. {no} of {requested_at} awaits its answer: try again later.",
        ),
    ),
}
