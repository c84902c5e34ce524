"""The rooms of the portal: one module for each thing that people come for."""

from vzaimo.portal.rooms import agenda, cities, events, health, inbox, login, mine, needs, people, practices, season

ROOMS = (
    agenda.router,
    events.router,
    practices.router,
    cities.router,
    needs.router,
    season.router,
    mine.router,
    inbox.router,
    people.router,
    login.router,
    health.router,
)
