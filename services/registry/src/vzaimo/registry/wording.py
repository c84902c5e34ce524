"""The words for registry's refusals."""

from vzaimo.kit.http import Wording, Words

WORDING: Wording = {
    "unknown-city": Words(404, ("Город не найден", "Города {city} нет."), ("No such city", "There is no city {city}.")),
    "city-exists": Words(
        409,
        ("Код города занят", "Код {city} уже занят: выберите другой."),
        ("The city's id is taken", "The id {city} is taken: choose another."),
    ),
    "unknown-timezone": Words(
        422,
        ("Неизвестный часовой пояс", "{timezone} — не имя IANA: укажите, например, Europe/Samara."),
        ("Unknown time zone", "{timezone} is no IANA name: say Europe/Samara, for example."),
    ),
    "wrong-city-status": Words(
        409,
        ("Шаг сейчас невозможен", "Город {city} в состоянии {status}; нужно: {needed}."),
        ("This step is not possible now", "City {city} is {status}; needed: {needed}."),
    ),
    "city-not-active": Words(
        409,
        ("Город не участвует", "Город {city} в состоянии {status}; это может только действующий участник."),
        ("The city does not take part", "City {city} is {status}; only an active city may do this."),
    ),
    "agreement-missing": Words(
        409,
        ("Нет действующего соглашения", "Сначала внесите подписанное действующее соглашение города {city}."),
        ("There is no agreement in force", "Enter the signed agreement of city {city} first."),
    ),
    "agreement-dates-wrong": Words(
        422,
        ("Неверные даты соглашения", "Подписано {signed_on}, действует до {valid_until}: исправьте даты."),
        ("The agreement's dates are wrong", "Signed {signed_on}, valid until {valid_until}: correct the dates."),
    ),
    "reserved-reason": Words(
        422,
        ("Эта причина ставится сама", "Причину {reason} ставит сам сервис, когда истекает соглашение: укажите другую."),
        ("This reason is given by itself", "The service gives {reason} when an agreement lapses: name another one."),
    ),
    "applicant-missing": Words(
        409,
        ("Заявитель неизвестен", "Данные заявителя города {city} удалены: пригласите координатора."),
        ("The applicant is not known", "The applicant's data for {city} are gone: invite a coordinator."),
    ),
    "unknown-invitation": Words(
        404,
        ("Приглашение не найдено", "Проверьте ссылку из письма или попросите новое приглашение."),
        ("No such invitation", "Check the link in the mail, or ask for a new invitation."),
    ),
    "invitation-expired": Words(
        410,
        ("Приглашение истекло", "Оно действовало до {expires_at}: попросите новое."),
        ("The invitation has expired", "It was valid until {expires_at}: ask for a new one."),
    ),
    "invitation-revoked": Words(
        410,
        ("Приглашение отозвано", "Попросите новое приглашение."),
        ("The invitation was revoked", "Ask for a new invitation."),
    ),
    "invitation-used": Words(
        410,
        ("Приглашение уже принято", "Каждое приглашение действует один раз."),
        ("The invitation was used", "Each invitation works once."),
    ),
    "email-not-verified": Words(
        403,
        ("Адрес почты не подтверждён", "Подтвердите адрес у своего провайдера входа и повторите."),
        ("The e-mail address is not verified", "Verify it with your identity provider and try again."),
    ),
    "email-mismatch": Words(
        403,
        ("Приглашён другой адрес", "Войдите под адресом, на который пришло приглашение."),
        ("Another address was invited", "Sign in with the address that the invitation was sent to."),
    ),
    "role-held": Words(
        409,
        ("Роль уже назначена", "У этого человека уже есть роль {role}."),
        ("The role is held already", "This person has the role {role} already."),
    ),
    "expiry-passed": Words(
        422,
        ("Срок уже истёк", "Проверьте поле expires_at: {expires_at} уже в прошлом."),
        ("It would be over already", "Check the field expires_at: {expires_at} is in the past."),
    ),
    "unknown-role": Words(
        404, ("Роль не найдена", "Роли {role_id} нет."), ("No such role", "There is no role {role_id}.")
    ),
    "unknown-contact": Words(
        404,
        ("Контактных данных нет", "Контактные данные этого человека здесь не хранятся."),
        ("There are no contact data", "No contact data of this person are kept here."),
    ),
    "last-moderator": Words(
        409,
        ("Последний модератор", "Сначала пригласите другого модератора."),
        ("The last moderator", "Invite another moderator first."),
    ),
    "last-coordinator": Words(
        409,
        ("Последний координатор", "Сначала пригласите другого координатора города {city}."),
        ("The last coordinator", "Invite another coordinator of {city} first."),
    ),
    "city-needed": Words(
        422,
        ("Город и роль не подходят друг другу", "Для роли {role} проверьте поле city: у модератора его нет."),
        ("City and role do not fit", "Check the field city for the role {role}: a moderator has none."),
    ),
    "unknown-organisation": Words(
        404,
        ("Организация не найдена", "Организации {organisation} нет."),
        ("No such organisation", "There is no organisation {organisation}."),
    ),
    "unknown-topic": Words(
        422,
        ("Неизвестная тема", "Темы {topic} нет в списке: выберите из /v1/topics."),
        ("Unknown topic", "There is no topic {topic}: choose from /v1/topics."),
    ),
    "unknown-practice": Words(
        404,
        ("Практика не найдена", "Практики {practice} нет."),
        ("No such practice", "There is no practice {practice}."),
    ),
    "practice-incomplete": Words(
        422,
        ("Практика заполнена не полностью", "Заполните: {missing}."),
        ("The practice is not complete", "Fill in: {missing}."),
    ),
    "wrong-practice-status": Words(
        409,
        ("Шаг сейчас невозможен", "Практика в состоянии {status}; нужно: {needed}."),
        ("This step is not possible now", "The practice is {status}; needed: {needed}."),
    ),
    "unknown-adoption": Words(
        404,
        ("Внедрение не найдено", "Внедрения {adoption} нет."),
        ("No such adoption", "There is no adoption {adoption}."),
    ),
    "own-practice": Words(
        422,
        ("Это практика самого города", "Проверьте поле practice: город {city} внедряет практики других городов."),
        ("This is the city's own practice", "Check the field practice: {city} adopts what other cities do well."),
    ),
    "unknown-indicator": Words(
        422,
        ("У практики нет такого показателя", "Проверьте поле indicator: выберите один из показателей: {offered}."),
        ("The practice has no such indicator", "Check the field indicator: choose one of these: {offered}."),
    ),
    "baseline-in-future": Words(
        422,
        ("Исходный год ещё не наступил", "Проверьте поле baseline_year: {baseline_year} год ещё впереди."),
        ("The baseline's year has not begun", "Check the field baseline_year: {baseline_year} is still to come."),
    ),
    "adoption-open": Words(
        409,
        ("Практика уже внедряется", "Сначала завершите внедрение {adoption}: отчитайтесь за 12 месяцев."),
        ("The practice is being adopted already", "Finish adoption {adoption} first: report after 12 months."),
    ),
    "measurement-too-early": Words(
        409,
        ("Отчитываться ещё рано", "Показатель через {after_months} месяцев можно внести с {possible_from}."),
        ("It is too early to report", "The value after {after_months} months can be reported from {possible_from} on."),
    ),
    "measurement-reported": Words(
        409,
        ("Показатель уже внесён", "Показатель через {after_months} месяцев вносится один раз."),
        ("It was reported already", "The value after {after_months} months is reported once."),
    ),
    "measured-outside": Words(
        422,
        ("Неверная дата измерения", "Проверьте поле measured_on: нужна дата с {earliest} по {latest}."),
        ("The day of measuring is wrong", "Check the field measured_on: a day from {earliest} to {latest} is needed."),
    ),
}
