"""Who calls: tokens and roles."""

import asyncio
import base64
import json
import time
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, OctKey

from vzaimo.kit import identity
from vzaimo.kit.identity import ActorNotYetKnown, InvalidToken, IssuerAway, Stale, Tokens, actor_of, check_version
from vzaimo.kit.testing.tokens import AUDIENCE, ISSUER, signing_key, token, write_jwks

NOW = datetime(2026, 9, 27, 9, tzinfo=UTC)


@pytest.fixture
def tokens(tmp_path):
    return Tokens(issuer=ISSUER, audience=AUDIENCE, jwks=write_jwks(tmp_path))


async def test_a_good_token_names_a_person_by_reference_only(tokens):
    claims = await tokens.verify(token("anna", email="anna@tver.example"))
    assert len(claims.person) == 32
    assert claims.email == "anna@tver.example"
    assert "anna" not in repr(claims)


async def test_an_unverified_address_is_none(tokens):
    assert (await tokens.verify(token("anna", email="a@b.example", email_verified=False))).email is None


@pytest.mark.parametrize(
    "made, reason",
    [
        (lambda: token("anna", lives=-120), "expired"),
        (lambda: token("anna", iss="https://other.example"), "wrong-iss"),
        (lambda: token("anna", aud="other"), "wrong-aud"),
        (lambda: token("anna", nbf=int(time.time()) + 600), "wrong-nbf"),
        (lambda: token(""), "wrong-sub"),
        (lambda: token(7), "wrong-sub"),
        (lambda: token("anna")[:-6] + "AAAAAA", "bad-signature"),
        (lambda: "no token", "bad-signature"),
        (lambda: "a.b.c", "bad-signature"),
        (lambda: "x" * 10_000, "malformed"),
        (lambda: forged({"alg": "none"}), "bad-signature"),
        (lambda: forged({"alg": "HS256", "kid": "test"}), "bad-signature"),
        (lambda: signed_by(ECKey.generate_key("P-256", parameters={"kid": "strange"}), "strange"), "unknown-key"),
        (lambda: signed_by(signing_key(), "test", typ="id+jwt"), "not-an-access-token"),
    ],
)
async def test_a_bad_token_is_refused_with_a_reason(tokens, made, reason):
    with pytest.raises(InvalidToken) as refused:
        await tokens.verify(made())
    assert refused.value.reason == reason


def forged(header):
    claims = {"iss": ISSUER, "aud": AUDIENCE, "sub": "anna", "exp": int(time.time()) + 60}
    secret = OctKey.import_key(json.dumps(signing_key().as_dict(private=False)))
    if header["alg"] == "none":
        parts = (json.dumps(part).encode() for part in (header, claims))
        return ".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts) + "."
    return jwt.encode(header, claims, secret)


def signed_by(key, kid, typ="at+jwt"):
    claims = {"iss": ISSUER, "aud": AUDIENCE, "sub": "anna", "exp": int(time.time()) + 60}
    return jwt.encode({"alg": "ES256", "kid": kid, "typ": typ}, claims, key)


async def test_a_token_that_was_good_once_still_expires(tokens, monkeypatch):
    good = token("anna", lives=60)
    assert await tokens.verify(good) == await tokens.verify(good)
    later = time.time() + 60 + identity.LEEWAY + 1
    monkeypatch.setattr(identity.time, "time", lambda: later)
    with pytest.raises(InvalidToken, match="expired"):
        await tokens.verify(good)


async def test_keys_that_the_issuer_rotated_are_read_again(tokens, tmp_path, monkeypatch):
    await tokens.verify(token("anna"))
    new = ECKey.generate_key("P-256", parameters={"kid": "new"})
    (tmp_path / "jwks.json").write_text(json.dumps(KeySet([signing_key(), new]).as_dict(private=False)))
    with pytest.raises(InvalidToken, match="unknown-key"):
        await tokens.verify(signed_by(new, "new"))  # asked a moment ago: strangers cannot make us ask at will
    monkeypatch.setattr("vzaimo.kit.identity.REFRESH_AT_MOST", 0)
    assert await tokens.verify(signed_by(new, "new"))


async def test_good_keys_stay_good_while_the_issuer_is_away(tokens, tmp_path, monkeypatch):
    await tokens.verify(token("anna"))
    (tmp_path / "jwks.json").unlink()
    monkeypatch.setattr("vzaimo.kit.identity.REFRESH_AFTER", 0)
    monkeypatch.setattr("vzaimo.kit.identity.REFRESH_AT_MOST", 0)
    assert await tokens.verify(token("anna"))


@pytest.mark.parametrize(
    "published", ["", "<html>", "[]", "{}", '{"keys": []}', "7", '{"keys": 7}', '{"keys": [7]}', '{"keys": [{}]}']
)
async def test_what_is_no_set_of_keys_takes_none_away(tokens, tmp_path, monkeypatch, published):
    """A proxy before the issuer may answer anything."""
    await tokens.verify(token("anna"))
    (tmp_path / "jwks.json").write_text(published)
    monkeypatch.setattr("vzaimo.kit.identity.REFRESH_AFTER", 0)
    monkeypatch.setattr("vzaimo.kit.identity.REFRESH_AT_MOST", 0)
    assert await tokens.verify(token("anna"))


async def test_an_issuer_that_never_answered_is_no_fault_of_the_token():
    with pytest.raises(IssuerAway):
        await Tokens(issuer=ISSUER, audience=AUDIENCE, jwks="http://127.0.0.1:9/jwks").verify(token("anna"))


def hanging(tokens, monkeypatch):
    """Let the issuer not answer; the event says that it was asked."""
    asked = asyncio.Event()

    async def slowly():
        asked.set()
        await asyncio.Event().wait()

    monkeypatch.setattr(tokens, "_published", slowly)
    return asked


async def test_while_a_slow_issuer_is_asked_again_others_go_on_with_the_keys_that_there_are(tokens, monkeypatch):
    await tokens.verify(token("anna"))
    monkeypatch.setattr("vzaimo.kit.identity.REFRESH_AFTER", 0)
    monkeypatch.setattr("vzaimo.kit.identity.REFRESH_AT_MOST", 0)
    asked = hanging(tokens, monkeypatch)
    first = asyncio.create_task(tokens.verify(token("anna")))
    await asked.wait()
    async with asyncio.timeout(10):
        assert await tokens.verify(token("boris"))
    first.cancel()


async def test_who_hangs_up_while_the_issuer_is_asked_leaves_the_question_to_the_next(tokens, monkeypatch):
    published, asked = tokens._published, hanging(tokens, monkeypatch)
    first = asyncio.create_task(tokens.verify(token("anna")))
    await asked.wait()
    first.cancel()
    await asyncio.wait([first])
    monkeypatch.setattr(tokens, "_published", published)
    assert await tokens.verify(token("anna"))


def role(name="coordinator", city="izhevsk", **fields):
    usual = {"role": name, "city": city, "scopes": [], "granted_at": NOW, "ended_at": None, "expires_at": None}
    return SimpleNamespace(**(usual | fields))


def test_a_coordinator_acts_for_the_own_city_only():
    actor = actor_of("p", [role()], NOW)
    assert actor.coordinates("izhevsk")
    assert actor.views("izhevsk")
    assert not actor.coordinates("tver")
    assert not actor.moderates


def test_a_viewer_only_reads():
    actor = actor_of("p", [role("viewer")], NOW)
    assert actor.views("izhevsk")
    assert not actor.coordinates("izhevsk")


def test_a_client_program_does_what_its_scopes_say():
    actor = actor_of("p", [role("service", scopes=["events"])], NOW)
    assert actor.serves("izhevsk", "events")
    assert not actor.serves("izhevsk", "requests")
    assert not actor.views("izhevsk")


@pytest.mark.parametrize(
    "roles",
    [
        [],
        [role(ended_at=NOW)],
        [role(expires_at=NOW)],
        [role(granted_at=NOW + timedelta(seconds=1))],
    ],
)
def test_nobody_acts_by_a_role_that_is_not_valid_now(roles):
    with pytest.raises(ActorNotYetKnown):
        actor_of("p", roles, NOW)


def test_a_version_that_was_not_named_is_not_checked():
    check_version(3, None)
    check_version(3, 3)
    with pytest.raises(Stale) as stale:
        check_version(3, 2)
    assert stale.value.facts == {"expected": 2, "actual": 3}
