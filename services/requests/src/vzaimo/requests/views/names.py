"""Who reads the names of delegates (design: domain, Who may do what)."""

from vzaimo.kit.identity import Actor


def guests(actor: Actor, city: str) -> bool:
    """The guest's own people and programs."""
    return actor.views(city) or actor.serves(city, "requests")


def named(actor: Actor, city: str, host: str) -> bool:
    """The guest's own, and of the host only who prepares the visit: neither its viewers nor its programs."""
    return guests(actor, city) or actor.coordinates(host)
