"""Where webhooks may lead, how they are signed, and when they are tried: without a store."""

import json
import time
from base64 import b64decode
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from cloudevents.core.bindings.http import HTTPMessage, from_structured_event
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from vzaimo.contracts.event import FACTS, Audience, parse
from vzaimo.notify.domain.refusals import BadAddress
from vzaimo.notify.domain.signing import headers, secret_of
from vzaimo.notify.domain.targets import checked, host_of, origin, reachable
from vzaimo.notify.domain.webhooks import (
    GIVEN_UP_AFTER,
    READABLE,
    TEST_TYPE,
    Answer,
    concerns,
    given_up,
    packed,
    pause,
    unpacked,
)

GOLDEN = Path(__file__).parents[1] / "contracts" / "golden"
KEY = b"w" * 40


@pytest.mark.parametrize(
    "address, kept",
    [
        ("https://school.example/hook", "https://school.example/hook"),
        ("https://school.example", "https://school.example/"),
        ("https://SCHOOL.example:443/a?b=c%20d", "https://school.example:443/a?b=c%20d"),
        ("https://школа.рф/x", "https://xn--80atdl2c.xn--p1ai/x"),
        ("https://93.184.216.34/x", "https://93.184.216.34/x"),
        ("https://[2606:4700:4700::1111]/x", "https://[2606:4700:4700::1111]/x"),
    ],
)
def test_addresses_that_are_taken(address, kept):
    assert checked(address) == kept
    assert checked(kept) == kept


@pytest.mark.parametrize(
    "address, reason",
    [
        ("http://school.example/", "not-https"),
        ("ftp://school.example/", "not-https"),
        ("//school.example/", "not-https"),
        ("https:///x", "no-host"),
        ("https://user:pass@school.example/", "credentials"),
        ("https://user@school.example/", "credentials"),
        ("https://school.example:8443/", "other-port"),
        ("https://school.example:port/", "malformed"),
        ("https://school.example/#x", "fragment"),
        ("https://school.example/a b", "malformed"),
        ("https://school.example/\nx", "malformed"),
        ("https://school.example/приём", "malformed"),
        ("https://[::1", "malformed"),
        ("https://localhost/", "not-public"),
        ("https://notify/", "not-public"),
        ("https://127.0.0.1/", "not-public"),
        ("https://10.1.2.3/", "not-public"),
        ("https://169.254.169.254/latest", "not-public"),
        ("https://[::ffff:10.0.0.1]/", "not-public"),
        ("https://[fe80::1]/", "not-public"),
    ],
)
def test_addresses_that_are_refused(address, reason):
    with pytest.raises(BadAddress) as refused:
        checked(address)
    assert refused.value.reason == reason


def test_an_operator_may_allow_trials_at_home():
    assert checked("http://127.0.0.1:8080/x", anywhere=True) == "http://127.0.0.1:8080/x"
    for address, reason in (("file:///etc/passwd", "not-https"), ("http://a:b@localhost/", "credentials")):
        with pytest.raises(BadAddress) as refused:
            checked(address, anywhere=True)
        assert refused.value.reason == reason


def test_what_is_left_of_an_address():
    assert origin("https://school.example/secret?token=1") == "https://school.example"
    assert host_of("https://[2606:4700::1111]:443/x") == "2606:4700::1111"


@pytest.mark.parametrize(
    "address, there",
    [
        ("93.184.216.34", True),
        ("2606:4700:4700::1111", True),
        ("::ffff:93.184.216.34", True),
        ("64:ff9b::93.184.216.34", True),
        *[
            (one, False)
            for one in (
                *("127.0.0.1", "0.0.0.1", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1"),
                *("192.0.2.1", "198.18.0.1", "224.0.0.1", "239.1.1.1", "240.0.0.1", "255.255.255.255"),
                *("::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "ff02::1", "2001:db8::1", "::ffff:127.0.0.1"),
                *("::127.0.0.1", "64:ff9b::10.0.0.1", "64:ff9b:1::1", "2002:7f00:1::1", "2001:0:7f00:1::1", "100::1"),
            )
        ],
    ],
)
def test_which_addresses_are_of_the_open_internet(address, there):
    assert reachable(address) is there


@given(st.ip_addresses(v=4))
def test_an_address_is_the_same_however_it_is_written(address):
    assert reachable(str(address)) is reachable(f"::ffff:{address}") is reachable(f"64:ff9b::{address}")


def test_libraries_of_standard_webhooks_verify_what_we_sign():
    old, new, message_id, body = uuid4(), uuid4(), uuid4(), '{"а": 1}'.encode()
    sent = headers(message_id, int(time.time()), body, [new, old], (KEY,))
    for secret in (old, new):
        Webhook(secret_of(secret, KEY)).verify(body, sent)
    with pytest.raises(WebhookVerificationError):
        Webhook(secret_of(uuid4(), KEY)).verify(body, sent)
    with pytest.raises(WebhookVerificationError):
        Webhook(secret_of(new, KEY)).verify(body + b" ", sent)


def test_a_secret_has_256_bits_and_follows_from_key_and_id():
    one = uuid4()
    secret = secret_of(one, KEY)
    assert len(b64decode(secret.removeprefix("whsec_"), validate=True)) == 32
    assert secret == secret_of(one, KEY)
    assert len({secret, secret_of(one, b"x" * 40), secret_of(uuid4(), KEY)}) == 3


def test_a_body_is_a_cloudevent_in_structured_mode():
    body = (GOLDEN / "calendar" / "EventAnnounced.v1.json").read_bytes()
    sent = HTTPMessage({"content-type": "application/cloudevents+json; charset=utf-8"}, body)
    event = from_structured_event(sent)
    assert event.get_type() == "city.vzaimo.calendar.EventAnnounced.v1"
    assert event.get_data() == json.loads(body)["data"]


def test_what_a_city_may_read_is_what_its_account_on_the_bus_may():
    ours = [fact for fact in FACTS.values() if fact.__module__.startswith("vzaimo.contracts.")]
    assert set(READABLE.values()) == {fact for fact in ours if fact.audience is not Audience.INTERNAL}
    assert max(Counter(fact.__name__ for fact in ours).values()) == 1, "webhooks name facts without their service"
    assert not {"ContactChanged", "RoleGranted", "CapacityRequested", "PersonalDataErased"} & set(READABLE)
    assert TEST_TYPE not in FACTS
    for name, fact in READABLE.items():
        (sample,) = GOLDEN.rglob(f"{name}.v1.json")
        told = parse(sample.read_bytes()).data
        parties = {"izhevsk", "perm"} & set(told.parties)
        assert concerns(told, "nowhere") is (fact.audience is Audience.PUBLIC)
        assert all(concerns(told, city) for city in parties)


@given(st.sets(st.sampled_from(sorted(READABLE)), min_size=1))
def test_names_of_facts_in_a_column(names):
    assert set(unpacked(packed(names))) == names


@given(st.uuids())
def test_the_next_try_is_later_each_time_and_three_days_are_some_twenty_of_them(delivery: UUID):
    pauses = [pause(delivery, attempts) for attempts in range(1, 40)]
    assert pauses == sorted(pauses)
    assert timedelta(seconds=7) < pauses[0] < timedelta(seconds=13)
    assert pauses[-1] < timedelta(hours=7.6)
    passed, tries = timedelta(), 0
    while passed < GIVEN_UP_AFTER:
        passed, tries = passed + pauses[tries], tries + 1
    assert 17 <= tries <= 28


def test_what_an_answer_means():
    now = datetime(2026, 10, 1, tzinfo=UTC)
    assert [status for status in (199, 200, 204, 299, 301, 302, 404, 410, 500) if Answer(status).taken] == [
        200,
        204,
        299,
    ]
    assert Answer(410).gone
    assert [answer.taken or answer.gone for answer in (Answer(error="timeout"), Answer(404))] == [False, False]
    assert not given_up(None, now)
    assert not given_up(now - GIVEN_UP_AFTER, now)
    assert given_up(now - GIVEN_UP_AFTER - timedelta(seconds=1), now)
