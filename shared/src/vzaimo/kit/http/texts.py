"""Which texts both stores can keep."""

import re

UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
"""PostgreSQL keeps no NUL, and UTF-8 has no halves of surrogate pairs; JSON may write both."""
