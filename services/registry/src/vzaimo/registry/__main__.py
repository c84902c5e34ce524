"""``python -m vzaimo.registry``."""

from vzaimo.registry.main import main

main()
