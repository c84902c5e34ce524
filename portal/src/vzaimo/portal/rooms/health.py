"""For whoever runs the portal."""

from fastapi import APIRouter

router = APIRouter()


@router.get("/healthz")
@router.get("/readyz")
async def healthz() -> dict[str, bool]:
    """The loop turns. The portal keeps nothing, so whoever is alive is ready."""
    return {"ok": True}
