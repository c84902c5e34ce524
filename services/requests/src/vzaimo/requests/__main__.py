"""``python -m vzaimo.requests``."""

from vzaimo.requests.main import main

main()
