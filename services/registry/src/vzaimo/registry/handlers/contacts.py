"""How people are reached: kept here and told in the stream of contact data, never elsewhere."""

from dataclasses import dataclass
from typing import Literal

from vzaimo.contracts.registry import Contact, ContactChanged
from vzaimo.kit.cause import Cause
from vzaimo.kit.database import insert as upsert
from vzaimo.kit.database import retry_conflicts
from vzaimo.kit.identity import Claims
from vzaimo.kit.work import Done, Work, Works
from vzaimo.registry.domain.refusals import UnknownContact
from vzaimo.registry.store import CONTACT, contact_of, locked


@dataclass(frozen=True, slots=True)
class ChangeContact:
    """What a person says of themselves; the e-mail comes from tokens alone."""

    name: str
    phone: str | None
    locale: Literal["ru", "en"]


@retry_conflicts
async def change(command: ChangeContact, *, works: Works, cause: Cause, person: Claims) -> Done:
    """A person corrects the own contact data."""
    async with works.begin(cause) as work:
        row = await work.first(locked(CONTACT, person.person))
        if row is None or row.email is None:
            raise UnknownContact
        said = {"name": command.name, "phone": command.phone, "locale": command.locale}
        version = await keep_contact(work, contact_of(row).model_copy(update=said))
        return work.done("contact", person.person, version)


async def keep_contact(work: Work, contact: Contact) -> int:
    """Keep how a person is reached, in place of what was known. Returns the version."""
    columns = contact.model_dump()
    statement = upsert(work.tx, CONTACT).values(**columns, version=1)
    version: int = await work.scalar(
        statement.on_conflict_do_update(
            index_elements=["person"], set_={**columns, "version": CONTACT.c.version + 1}
        ).returning(CONTACT.c.version)
    )
    work.add(ContactChanged(aggregate_version=version, contact=contact))
    return version
