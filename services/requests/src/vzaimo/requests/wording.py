"""The words for requests' refusals."""

from vzaimo.kit.http import Wording, Words
from vzaimo.requests.wording_of_records import RECORDS

WORDING: Wording = {
    "unknown-event": Words(
        404,
        ("Мероприятие не найдено", "Мероприятия {event} нет среди объявленных; только что объявленное появится скоро."),
        ("No such event", "No event {event} is announced; one announced just now will be known shortly."),
    ),
    "unknown-request": Words(
        404, ("Запрос не найден", "Запроса {request} нет."), ("No such request", "There is no request {request}.")
    ),
    "city-not-active": Words(
        409,
        ("Город не участвует", "Город {city} в состоянии {status}; это может только действующий участник."),
        ("The city does not take part", "City {city} is {status}; only an active city may do this."),
    ),
    "own-event": Words(
        409,
        ("Это мероприятие вашего города", "Город {city} сам принимает гостей: запрос не нужен."),
        ("This is your own event", "City {city} is the host: it needs no request."),
    ),
    "event-not-open": Words(
        409,
        ("Мероприятие закрыто", "Мероприятие {event} в состоянии {status}."),
        ("The event is not open", "Event {event} is {status}."),
    ),
    "mode-not-offered": Words(
        422,
        ("Такой формы участия нет", "mode: {mode}; есть: {offered}."),
        ("This way of attending is not offered", "mode: {mode}; offered: {offered}."),
    ),
    "applications-closed": Words(
        409,
        ("Сейчас запросы не принимаются", "Приём с {opens} до {closes}."),
        ("Requests are not taken now", "They are taken from {opens} to {closes}."),
    ),
    "request-exists": Words(
        409,
        ("Запрос уже есть", "Измените открытый запрос {request} вместо нового."),
        ("There is a request already", "Change the open request {request} instead."),
    ),
    "ranks-with-gaps": Words(
        422,
        ("Порядок участников с пропусками", "delegates: rank — числа от 1 подряд, сейчас {ranks}."),
        ("The delegates' ranks have gaps", "delegates: rank must run from 1 without gaps, not {ranks}."),
    ),
    "nobody-named": Words(
        422,
        ("Не указано, кто поедет", "{field}: очно перечислите delegates, дистанционно — heads по ролям."),
        ("It is not said who will come", "{field}: list delegates in person, heads by role remote."),
    ),
    "role-not-invited": Words(
        422,
        ("Мероприятие для других ролей", "role {role}; приглашены: {audience}."),
        ("The event is for other roles", "role {role}; invited: {audience}."),
    ),
    "minimum-too-high": Words(
        422,
        ("Минимум больше делегации", "min_viable {min_viable}, а названо {wanted}."),
        ("The minimum is above the delegation", "min_viable is {min_viable}, but {wanted} are named."),
    ),
    "wrong-request-status": Words(
        409,
        ("Шаг сейчас невозможен", "Запрос в состоянии {status}; нужно: {needed}."),
        ("This step is not possible now", "The request is {status}; needed: {needed}."),
    ),
    "schedule-changed": Words(
        409,
        ("Расписание изменилось", "Вы видели версию {seen}, сейчас {actual}: посмотрите мероприятие и повторите."),
        ("The schedule has changed", "You saw revision {seen}, it is {actual} now: look at the event and try again."),
    ),
    "unknown-delegate": Words(
        422,
        ("Такого участника в запросе нет", "delegates: {delegate}."),
        ("No such delegate in this request", "delegates: {delegate}."),
    ),
    "too-many": Words(
        422,
        ("Больше, чем просили", "count: {count}, а в запросе {wanted}."),
        ("More than were asked for", "count is {count}, the request names {wanted}."),
    ),
    "too-many-replaced": Words(
        409,
        (
            "Слишком много замен",
            "С заменёнными в запросе уже {most} человек: о новых скажите принимающему городу.",
        ),
        (
            "Too many replacements",
            "The request names {most} people with those replaced: tell the host about others.",
        ),
    ),
    "offer-expired": Words(
        409,
        ("Предложение истекло", "Места держались до {expires_at}."),
        ("The offer has expired", "The seats were held until {expires_at}."),
    ),
    "roster-not-frozen": Words(
        409,
        ("Места пока раздаёт очередь", "Рассаживать ожидающих вручную можно после закрытия списков: {freeze}."),
        (
            "The queue still gives the seats",
            "Those who wait can be seated by hand once the roster is frozen: {freeze}.",
        ),
    ),
    "roster-frozen": Words(
        409,
        ("Списки закрыты", "С {freeze} замену вносит принимающий город: обратитесь к нему."),
        ("The roster is frozen", "Since {freeze} the host enters replacements: ask it to."),
    ),
    "no-free-seats": Words(
        409,
        ("Мест не хватает", "count: {count}, а городу можно дать ещё {free}."),
        ("There are not enough seats", "count is {count}, but the city can have {free} more."),
    ),
    "below-minimum": Words(
        409,
        ("Меньше, чем нужно городу", "count: {count}, а город едет, если мест не меньше {min_viable}."),
        ("Fewer than the city comes with", "count is {count}, but the city comes with {min_viable} at least."),
    ),
    "counted-by-heads": Words(
        422,
        ("Дистанционно считают людей", "count: укажите число людей вместо delegates; в запросе их {wanted}."),
        ("Remote people are counted", "count: say how many instead of delegates; the request has {wanted}."),
    ),
    "foreign-event": Words(
        422,
        ("Это не другое ваше мероприятие", "event: {event}; направить можно на другое мероприятие своего города."),
        ("Not another event of yours", "event: {event}; a city can be sent to another event of the same host."),
    ),
    "foreign-session": Words(
        422,
        ("Такого занятия нет", "sessions: {session}; занятия перечислены в мероприятии."),
        ("No such session", "sessions: {session}; the event lists its sessions."),
    ),
    "sessions-overlap": Words(
        422,
        ("Занятия идут одновременно", "sessions: {sessions} для участника {delegate}; оставьте одно из них."),
        ("Sessions run at the same time", "sessions: {sessions} for delegate {delegate}; keep one of them."),
    ),
    "session-full": Words(
        409,
        ("На занятии не хватает мест", "Занятие {session}: мест {capacity}, назначено {assigned}."),
        ("A session has too few seats", "Session {session} holds {capacity}, {assigned} are assigned."),
    ),
    "attendance-taken": Words(
        409,
        (
            "Посещение уже записано",
            "Приехали: {attended}. Места больше не меняются; ошибку исправит принимающий город.",
        ),
        (
            "Attendance is recorded already",
            "People who came: {attended}. Seats move no more; the host corrects errors.",
        ),
    ),
    **RECORDS,
}
