"""What people read: the words for each kind of notice, and the mail that carries them."""

from vzaimo.notify.letters.mail import Envelope, Item, mail
from vzaimo.notify.letters.words import Letter, summary, written

__all__ = ["Envelope", "Item", "Letter", "mail", "summary", "written"]
