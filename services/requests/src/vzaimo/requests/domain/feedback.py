"""What a city says of an event that its people came to: once, and changed for a while."""

from datetime import datetime, timedelta

from vzaimo.contracts.calendar import Event
from vzaimo.contracts.requests import Feedback, Request
from vzaimo.requests.domain.record_refusals import FeedbackFixed, NobodyAttended, PracticeNotShown
from vzaimo.requests.domain.transitions import Step, check

CHANGEABLE = timedelta(days=14)
"""After it was given first."""


def give(request: Request, event: Event, feedback: Feedback, given_at: datetime | None, now: datetime) -> Request:
    """The request with its city's feedback. ``given_at``: when it was given first, if it was."""
    check(request, Step.GIVE_FEEDBACK)
    if not request.attended:
        raise NobodyAttended(request.city)
    for practice in feedback.adopts:
        if practice not in event.practices:
            raise PracticeNotShown(practice, event.practices)
    if given_at is not None and now >= given_at + CHANGEABLE:
        raise FeedbackFixed(given_at + CHANGEABLE)
    return request.model_copy(update={"feedback": feedback})
