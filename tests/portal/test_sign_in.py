"""The portal signs people in at the desk of one machine: authorization code flow with PKCE, end to end."""

import httpx2
import pytest

from vzaimo.local.codes import CLIENT, Codes, Redemption, Wanted
from vzaimo.local.desk import desk
from vzaimo.local.ground import prepared
from vzaimo.local.issuer import Issuer
from vzaimo.local.mailbox import Mailbox
from vzaimo.local.traces.store import Traces
from vzaimo.portal.testing import Browser, settings, stubbed

# RFC 7636, appendix B.
VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
BACK = "http://127.0.0.1:9905/login/done"


@pytest.fixture
def ground(tmp_path):
    return prepared(tmp_path, 9900)


@pytest.fixture
def issuer(ground, tmp_path):
    return Issuer(tmp_path / "desk", ground.desk)


@pytest.fixture
async def at_desk(ground, issuer, tmp_path):
    app = desk(ground, issuer, Mailbox(tmp_path / "mail"), Traces(tmp_path / "traces.db"))
    transport = httpx2.ASGITransport(app=app)
    async with httpx2.AsyncClient(transport=transport, base_url=ground.desk) as http:
        yield http


def wanted(**more):
    usual = {"response_type": "code", "client_id": CLIENT, "redirect_uri": BACK, "state": "s"}
    return Wanted(**{**usual, "code_challenge": CHALLENGE, "code_challenge_method": "S256", **more})


def redemption(code, **more):
    usual = {"grant_type": "authorization_code", "client_id": CLIENT, "redirect_uri": BACK}
    return Redemption(**{**usual, "code": code, "code_verifier": VERIFIER, **more})


def test_a_code_is_redeemed_once(issuer):
    codes = Codes(issuer)
    code = codes.issue("izhevsk", wanted())
    assert codes.redeem(redemption(code))
    assert codes.redeem(redemption(code)) is None


@pytest.mark.parametrize(
    "more", [{"code_verifier": "x" * 43}, {"client_id": "other"}, {"redirect_uri": "http://evil.example/"}]
)
def test_a_code_is_for_whoever_began(issuer, more):
    codes = Codes(issuer)
    code = codes.issue("izhevsk", wanted())
    assert codes.redeem(redemption(code, **more)) is None
    assert codes.redeem(redemption(code)) is None, "a code that was tried in vain is void"


@pytest.mark.parametrize("more", [{"redirect_uri": "http://evil.example/"}, {"client_id": "other"}])
async def test_the_desk_sends_nobody_elsewhere(at_desk, more):
    for path in ("/authorize", "/authorize/izhevsk"):
        assert (await at_desk.get(path, params=wanted(**more).model_dump())).status_code == 400


async def test_somebody_signs_in(at_desk, ground):
    async def wires(request):
        if str(request.url).startswith(ground.desk):
            return await at_desk.request(
                request.method, str(request.url), content=await request.aread(), headers=request.headers
            )
        return httpx2.Response(503)

    app = stubbed(settings(public_url=ground.portal, issuer=ground.desk), httpx2.MockTransport(wires))
    transport = httpx2.ASGITransport(app=app)
    async with httpx2.AsyncClient(transport=transport, base_url=ground.portal) as http:
        away = (await Browser(http).get("/login?back=/inbox")).headers["location"]
        assert "izhevsk" in (await at_desk.get(away)).text
        back = (await at_desk.get(away.replace("/authorize?", "/authorize/izhevsk?"))).headers["location"]
        assert (await http.get(back)).headers["location"] == "/inbox"
        assert "/logout" in (await http.get("/")).text
