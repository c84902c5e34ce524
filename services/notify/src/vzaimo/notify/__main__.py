"""``python -m vzaimo.notify``."""

from vzaimo.notify.main import main

main()
