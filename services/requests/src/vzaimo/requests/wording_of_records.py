"""The words for refusals about needs, attendance, feedback and personal data."""

from vzaimo.kit.http import Wording, Words

RECORDS: Wording = {
    "unknown-need": Words(
        404,
        ("Запрос на обучение не найден", "Запроса на обучение {need} нет."),
        ("No such learning need", "There is no learning need {need}."),
    ),
    "unknown-topic": Words(
        422,
        ("Такой темы нет", "topic: {topic}; выберите действующую тему из списка реестра, GET /v1/topics."),
        ("No such topic", "topic: {topic}; choose one in use from registry's list, GET /v1/topics."),
    ),
    "period-backwards": Words(
        422,
        ("Период заканчивается раньше, чем начинается", "not_before: {not_before}, not_after: {not_after}."),
        ("The period ends before it begins", "not_before is {not_before}, not_after is {not_after}."),
    ),
    "period-over": Words(
        422,
        ("Период уже прошёл", "not_after: {not_after}; укажите день не раньше сегодняшнего."),
        ("The period is past", "not_after: {not_after}; name a day that is not past."),
    ),
    "own-need": Words(
        409,
        ("Это ваш собственный запрос", "Город {city} сам его разместил; поддержать его могут другие города."),
        ("This is your own need", "City {city} posted it; other cities may back it."),
    ),
    "already-backed": Words(
        409,
        (
            "Вы уже поддержали этот запрос",
            "Чтобы изменить число участников, город {city} отзывает поддержку и даёт её снова.",
        ),
        (
            "You back this need already",
            "To change the head-count, city {city} takes its backing back and gives it again.",
        ),
    ),
    "not-backing": Words(
        409,
        ("Поддержки нет", "Город {city} не поддерживает этот запрос."),
        ("There is no backing", "City {city} does not back this need."),
    ),
    "need-not-open": Words(
        409,
        ("Шаг сейчас невозможен", "Запрос на обучение в состоянии {status}; нужно: {needed}."),
        ("This step is not possible now", "The learning need is {status}; needed: {needed}."),
    ),
    "unknown-session": Words(
        404,
        ("Занятие не найдено", "У мероприятия нет занятия {session}."),
        ("No such session", "The event has no session {session}."),
    ),
    "session-not-begun": Words(
        409,
        ("Занятие ещё не началось", "Присутствие можно отметить после {starts_at}."),
        ("The session has not begun", "Attendance can be recorded from {starts_at} on."),
    ),
    "attendance-closed": Words(
        409,
        ("Исправления больше не принимаются", "Присутствие можно было исправить до {until}."),
        ("Corrections are taken no more", "Attendance could be corrected until {until}."),
    ),
    "longer-than-session": Words(
        422,
        ("Дольше, чем шло занятие", "delegates: {delegate}: {minutes} мин, занятие длилось {longest} мин."),
        ("Longer than the session", "delegates: {delegate}: {minutes} minutes, the session took {longest}."),
    ),
    "not-expected": Words(
        422,
        ("У этого запроса нет мест", "remote: у запроса {request} нет дистанционных мест на этом мероприятии."),
        ("This request has no seats", "remote: request {request} has no remote seats at this event."),
    ),
    "nobody-attended": Words(
        409,
        ("Отзыв оставляют те, кто участвовал", "Участие города {city} не отмечено; его отмечает принимающий город."),
        ("Feedback is for those who attended", "Nobody of city {city} is recorded as present; the host records that."),
    ),
    "practice-not-shown": Words(
        422,
        ("Этой практики на мероприятии не было", "adopts: {practice}; показаны: {shown}."),
        ("The event did not show this practice", "adopts: {practice}; shown: {shown}."),
    ),
    "feedback-fixed": Words(
        409,
        ("Отзыв больше не меняется", "Изменить его можно было до {until}."),
        ("The feedback is final", "It could be changed until {until}."),
    ),
    "delegate-not-found": Words(
        404,
        ("Участник не найден", "В запросе нет участника {delegate}."),
        ("No such delegate", "The request has no delegate {delegate}."),
    ),
    "not-granted": Words(
        409,
        (
            "Об этом спрашивают только тех, кто едет",
            "Участник {delegate} в состоянии {status}; питание и доступность указывают после выделения места.",
        ),
        (
            "This is asked of those alone who come",
            "Delegate {delegate} is {status}; dietary and access needs are stated once a seat is granted.",
        ),
    ),
    "already-erased": Words(
        409,
        ("Данные уже уничтожены", "Данные участника {delegate} уничтожены {erased_at}."),
        ("The data are destroyed already", "The data of delegate {delegate} were destroyed at {erased_at}."),
    ),
    "unknown-act": Words(
        404,
        ("Акт не найден", "Акта об уничтожении {act} нет; акты хранятся три года."),
        ("No such act", "There is no act of destruction {act}; acts are kept for three years."),
    ),
}
