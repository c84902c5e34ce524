"""Facts that belong to no service, for tests of the kit."""

from typing import ClassVar

from vzaimo.contracts.event import Audience, Fact

TOYS = "TOY"
NOTES = "CONTACTS"


class ToyFact(Fact):
    """Something happened to a toy."""

    service: ClassVar[str] = "toy"
    aggregate: ClassVar[str] = "toy"

    name: str
    text: str = ""

    @property
    def key(self) -> str:
        """The toy's name."""
        return self.name


class ToyMoved(ToyFact):
    """A toy moved."""

    audience: ClassVar[Audience] = Audience.PUBLIC


class NoteFact(Fact):
    """Something happened to a note: the stream keeps the last message of each only."""

    service: ClassVar[str] = "toy"
    aggregate: ClassVar[str] = "note"
    stream: ClassVar[str] = NOTES
    fact_word: ClassVar[str] = "note"

    name: str
    text: str | None = None

    @property
    def key(self) -> str:
        """The note's name."""
        return self.name


class NoteChanged(NoteFact):
    """A note says something else."""

    audience: ClassVar[Audience] = Audience.INTERNAL


class NoteErased(NoteFact):
    """A note is to be forgotten."""

    audience: ClassVar[Audience] = Audience.INTERNAL
