"""What people read: the words for each kind of notice, and the mail that carries them."""

from vzaimo.notify.letters.itip import Invitation, attach
from vzaimo.notify.letters.mail import Envelope, Item, mail
from vzaimo.notify.letters.words import Letter, current, summary, written

__all__ = ["Envelope", "Invitation", "Item", "Letter", "attach", "current", "mail", "summary", "written"]
