"""``python -m vzaimo.calendar``."""

from vzaimo.calendar.main import main

main()
