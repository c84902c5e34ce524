"""A batch of facts: as messages in their places, as what was acknowledged of it, as spans."""

import itertools
from collections.abc import Mapping, Sequence

from vzaimo.kit import telemetry
from vzaimo.kit.publisher import Answer, Message, Moved, Refused
from vzaimo.kit.relay.log import Pending


def trace(batch: Sequence[Pending], answers: Sequence[Answer], began: int) -> None:
    """A span a fact, in the trace of what it follows from."""
    if not telemetry.exporting():
        return
    for fact, answer in zip(batch, answers, strict=True):
        place = ".".join(fact.subject.split(".")[:4])
        error = "" if isinstance(answer, int) else "Refused" if isinstance(answer, Refused) else "Unanswered"
        said: dict[str, str | int] = {"messaging.destination.name": place, "messaging.message.id": str(fact.event_id)}
        telemetry.tell(f"publish {place}", fact.traceparent, began, kind=telemetry.PRODUCER, error=error, **said)


def messages(batch: Sequence[Pending], ends: Mapping[str, int]) -> list[Message]:
    """Each where its stream will end: the server takes none out of order, whatever came between or got lost."""
    places = {stream: itertools.count(end) for stream, end in ends.items()}
    return [
        Message(
            fact.event_id,
            fact.stream,
            fact.subject,
            fact.body,
            fact.traceparent,
            after=next(places[fact.stream]) if fact.stream in places else None,
        )
        for fact in batch
    ]


def up_to_gaps(batch: Sequence[Pending], answers: Sequence[Answer]) -> tuple[list[tuple[Pending, int]], set[str]]:
    """What each stream acknowledged up to the first fact that it did not, and the streams with such a gap.

    What is noted has no gaps, so healing sees all that is not noted beyond the last that is.
    """
    acks, gaps = [], set[str]()
    for fact, answer in zip(batch, answers, strict=True):
        if answer is None or isinstance(answer, Moved):
            gaps.add(fact.stream)
        elif isinstance(answer, int) and fact.stream not in gaps:
            acks.append((fact, answer))
    return acks, gaps
