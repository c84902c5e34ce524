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
    "capacity-request-open": Words(
        409,
        ("Прошлый запрос мест ещё не решён", "Запрос № {no} от {requested_at} ждёт ответа: повторите позже."),
        (
            "The last request for seats is open",
            "Request no. {no} of {requested_at} awaits its answer: try again later.",
        ),
    ),
}
