"""What a rule answers when it says no: a type with the facts of the case, and no words for people.

The gateway of a service has the words, in each language, and the status code.
"""

import dataclasses
import re
from typing import Any, ClassVar


class Refusal(Exception):
    """A command was refused by a rule, and nothing was changed.

    Subclasses are dataclasses; their fields are the facts of the case and go into the problem details
    (RFC 9457) as extension members. ``kind`` is the stable end of the problem's ``type``.
    """

    kind: ClassVar[str] = "refusal"
    known: ClassVar[list[type["Refusal"]]] = []
    """Every refusal that was imported; services may use one name each in their own sense."""

    def __init_subclass__(cls, **kwargs: object) -> None:
        super().__init_subclass__(**kwargs)
        cls.kind = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", cls.__name__).lower()
        Refusal.known.append(cls)

    @property
    def facts(self) -> dict[str, Any]:
        """The fields of the case by name."""
        if not dataclasses.is_dataclass(self):
            return {}
        return {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}

    def __str__(self) -> str:
        return f"{self.kind} {self.facts}" if self.facts else self.kind
