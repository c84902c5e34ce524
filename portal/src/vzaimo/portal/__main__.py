"""``python -m vzaimo.portal``."""

from vzaimo.portal.main import main

main()
