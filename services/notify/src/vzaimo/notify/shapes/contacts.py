"""Contact persons of two cities that are to meet."""

from pydantic import BaseModel


class ContactView(BaseModel):
    """How somebody is reached at work."""

    name: str | None
    phone: str | None
    email: str | None


class PartyView(BaseModel):
    """A city and those who act for it."""

    city: str
    people: list[ContactView]


class ContactsView(BaseModel):
    """Those of the other side; both sides for whoever acts for both."""

    parties: list[PartyView]
