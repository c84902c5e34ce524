"""The rooms of the portal: one module for each thing that people come for."""

from vzaimo.portal.rooms import (
    agenda,
    asking,
    cities,
    events,
    health,
    hosting,
    inbox,
    login,
    mine,
    moderation,
    needs,
    people,
    planning,
    practices,
    requests,
    season,
)

ROOMS = (
    agenda.router,
    events.router,
    practices.router,
    cities.router,
    needs.router,
    season.router,
    mine.router,
    asking.router,
    requests.router,
    hosting.router,
    planning.router,
    moderation.router,
    inbox.router,
    people.router,
    login.router,
    health.router,
)
