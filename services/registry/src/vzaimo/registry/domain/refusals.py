"""What registry refuses. Fields are facts of the case; the words are in ``wording``."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from vzaimo.contracts.refusal import Refusal
from vzaimo.contracts.registry import CityStatus, PracticeStatus


@dataclass
class UnknownCity(Refusal):
    """No such city."""

    city: str


@dataclass
class CityExists(Refusal):
    """The slug is taken, for good: slugs are never given twice."""

    city: str


@dataclass
class UnknownTimezone(Refusal):
    """Not an IANA time zone."""

    timezone: str


@dataclass
class WrongCityStatus(Refusal):
    """The step does not follow from where the city stands."""

    city: str
    status: CityStatus
    needed: tuple[CityStatus, ...]


@dataclass
class CityNotActive(Refusal):
    """Only an active city may do this."""

    city: str
    status: CityStatus


@dataclass
class AgreementMissing(Refusal):
    """A city is activated only with a signed agreement."""

    city: str


@dataclass
class AgreementDatesWrong(Refusal):
    """Signed in the future, or lapsed before it is signed or before today."""

    signed_on: date
    valid_until: date | None


@dataclass
class ReservedReason(Refusal):
    """This reason is given by itself when an agreement lapses: the moderator names another."""

    reason: str


@dataclass
class ApplicantMissing(Refusal):
    """The city's applicant is not known any more: invite a coordinator first."""

    city: str


@dataclass
class UnknownInvitation(Refusal):
    """No such invitation, or the secret is not its own."""


@dataclass
class InvitationExpired(Refusal):
    """The seven days are over."""

    expires_at: datetime


@dataclass
class InvitationRevoked(Refusal):
    """Whoever invited took it back."""


@dataclass
class InvitationUsed(Refusal):
    """An invitation is redeemed once."""


@dataclass
class EmailNotVerified(Refusal):
    """The token carries no verified e-mail address."""


@dataclass
class EmailMismatch(Refusal):
    """The token's verified e-mail is not the one that was invited (neither is shown)."""


@dataclass
class RoleHeld(Refusal):
    """The person has this role already."""

    role: str
    city: str | None


@dataclass
class ExpiryPassed(Refusal):
    """What is given would be over before it begins."""

    expires_at: datetime


@dataclass
class UnknownRole(Refusal):
    """No such role, or none that the caller may see."""

    role_id: UUID


@dataclass
class UnknownContact(Refusal):
    """No contact data of this person are kept here."""


@dataclass
class LastModerator(Refusal):
    """The programme would be left without a moderator."""


@dataclass
class LastCoordinator(Refusal):
    """An active city would be left without a coordinator."""

    city: str


@dataclass
class CityNeeded(Refusal):
    """This role is for a city; the moderator's is for none."""

    role: str


@dataclass
class UnknownOrganisation(Refusal):
    """No such organisation."""

    organisation: UUID


@dataclass
class UnknownTopic(Refusal):
    """A topic that is not in the list, or is retired."""

    topic: str


@dataclass
class UnknownPractice(Refusal):
    """No such practice, or none that the caller may see."""

    practice: UUID


@dataclass
class PracticeIncomplete(Refusal):
    """What a practice lacks to be published, field by field."""

    missing: tuple[str, ...]


@dataclass
class WrongPracticeStatus(Refusal):
    """The step does not follow from where the practice stands."""

    practice: UUID
    status: PracticeStatus
    needed: tuple[PracticeStatus, ...]


@dataclass
class UnknownAdoption(Refusal):
    """No such adoption."""

    adoption: UUID


@dataclass
class OwnPractice(Refusal):
    """A city adopts what another city does well."""

    city: str


@dataclass
class UnknownIndicator(Refusal):
    """The practice has no indicator of this name."""

    indicator: str
    offered: tuple[str, ...]


@dataclass
class BaselineInFuture(Refusal):
    """The baseline is a value of a year that has not begun."""

    baseline_year: int


@dataclass
class AdoptionOpen(Refusal):
    """The city is at work on this practice already: its report after twelve months is still to come."""

    adoption: UUID


@dataclass
class MeasurementTooEarly(Refusal):
    """So many months have not passed."""

    after_months: int
    possible_from: datetime


@dataclass
class MeasurementReported(Refusal):
    """Each measurement is reported once."""

    after_months: int


@dataclass
class MeasuredOutside(Refusal):
    """Measured before the adoption began, or on a day that has not come."""

    measured_on: date
    earliest: date
    latest: date
