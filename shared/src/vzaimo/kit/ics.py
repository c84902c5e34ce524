"""What iCalendar's library writes otherwise than RFC 5545 says."""

from icalendar import vText


class Text(vText):
    r"""A value of type TEXT (RFC 5545, 3.3.11): it is read as it was written.

    The library takes a backslash with a capital N for a line break before it escapes backslashes, so that ``D:\New``
    would be read as two lines.
    """

    def to_ical(self) -> bytes:
        """The value, escaped: backslashes here, the rest by the library."""
        return b"\\\\".join(vText(piece).to_ical() for piece in self.split("\\"))
