"""A service put together, in one process or split by role."""

from vzaimo.kit.service.parts import Parts
from vzaimo.kit.service.process import opened, run, serve
from vzaimo.kit.service.service import Service

__all__ = ["Parts", "Service", "opened", "run", "serve"]
