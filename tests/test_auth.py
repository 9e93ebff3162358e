import base64
import pickle
from contextlib import suppress
from io import StringIO
from urllib.parse import urlencode

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from rich.console import Console

from store_protocol.auth import Auth, Credentials, find_auth, find_credentials, parse_auth_header, parse_auth_query
from store_protocol.errors import (
    AuthError,
    ContradictoryAuth,
    InvalidKey,
    MalformedAuth,
    MissingAuth,
    StoreError,
    UnsupportedVersion,
)
from store_protocol.identifiers import is_identifier

KEY = "b70a31b3510c4cf793964a185cfe1fd0"
SECRET = "b7d80b520139450f903720eb7991bf3d"
OTHER = "0" * 32

# Headers and query strings as these clients put them on the wire.
HEADERS_OF_CLIENTS = [
    (
        "raven-python 1.9.4",
        f"Sentry sentry_timestamp=1795447460.5, sentry_client=raven-python/1.9.4, sentry_version=2.0, sentry_key={KEY}",
        Auth(KEY, version=2, client="raven-python/1.9.4", timestamp=1795447460.5),
    ),
    (
        "raven-python 6.10.0",
        (
            "Sentry sentry_timestamp=1795447463.124387, sentry_client=raven-python/6.10.0, sentry_version=6, "
            f"sentry_key={KEY}, sentry_secret={SECRET}"
        ),
        Auth(KEY, secret_key=SECRET, version=6, client="raven-python/6.10.0", timestamp=1795447463.124387),
    ),
    (
        "raven-node 2.6.4",
        (
            "Sentry sentry_version=5, sentry_timestamp=1795447522629, sentry_client=raven-node/2.6.4, "
            f"sentry_key={KEY}, sentry_secret={SECRET}"
        ),
        Auth(KEY, secret_key=SECRET, version=5, client="raven-node/2.6.4", timestamp=1795447522.629),
    ),
    (
        "raven-node 0.12.3, DSN without a secret",
        (
            "Sentry sentry_version=5, sentry_timestamp=1795447502099, sentry_client=raven-node/0.12.3, "
            f"sentry_key={KEY}, sentry_secret=undefined"
        ),
        Auth(KEY, version=5, client="raven-node/0.12.3", timestamp=1795447502.099),
    ),
    (
        "raven-go 0.2.0",
        f"Sentry sentry_version=4, sentry_key={KEY}, sentry_secret={SECRET}",
        Auth(KEY, secret_key=SECRET, version=4),
    ),
    (
        "sentry-python 2.75.0",
        f"Sentry sentry_key={KEY}, sentry_version=7, sentry_client=sentry.python/2.75.0",
        Auth(KEY, client="sentry.python/2.75.0"),
    ),
    (
        "curl, no blanks",
        f"Sentry sentry_version=7,sentry_timestamp=1795447663,sentry_client=sentry-curl/1.0,sentry_key={KEY}",
        Auth(KEY, client="sentry-curl/1.0", timestamp=1795447663.0),
    ),
    ("OTLP exporter", f"sentry sentry_key={KEY}", Auth(KEY)),
]

QUERIES_OF_CLIENTS = [
    (
        "raven-js 3.27.2",
        f"sentry_version=7&sentry_client=raven-js%2F3.27.2&sentry_key={KEY}",
        Auth(KEY, client="raven-js/3.27.2"),
    ),
    ("sentry.javascript 5.30.0", f"sentry_key={KEY}&sentry_version=7", Auth(KEY)),
    (
        "a browser's security report",
        f"sentry_key={KEY}&sentry_release=1.2.3&sentry_environment=production",
        Auth(KEY),
    ),
]


def basic(userinfo: str | bytes) -> str:
    raw = userinfo.encode() if isinstance(userinfo, str) else userinfo
    return f"Basic {base64.b64encode(raw).decode()}"


@pytest.mark.parametrize(
    ("header", "auth"), [case[1:] for case in HEADERS_OF_CLIENTS], ids=[case[0] for case in HEADERS_OF_CLIENTS]
)
def test_header_of_client_is_read(header, auth):
    assert parse_auth_header(header) == auth
    assert parse_auth_header(header.encode()) == auth
    assert find_auth([(b"x-sentry-auth", header.encode())]) == auth


@pytest.mark.parametrize(
    ("query", "auth"), [case[1:] for case in QUERIES_OF_CLIENTS], ids=[case[0] for case in QUERIES_OF_CLIENTS]
)
def test_query_of_client_is_read(query, auth):
    assert parse_auth_query(query) == auth
    assert parse_auth_query(f"?{query}") == auth
    assert parse_auth_query(query.encode()) == auth
    assert find_auth({}, query) == auth


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (f"SENTRY sentry_key={KEY}", Auth(KEY)),
        (f"Sentry\tsentry_key={KEY}", Auth(KEY)),
        (f"  Sentry   sentry_key  =\t{KEY} ,\t sentry_version = 6 ", Auth(KEY, version=6)),
        (f"Sentry sentry_version=5,\r\n  sentry_client=c/1,\r\n\tsentry_key={KEY}", Auth(KEY, version=5, client="c/1")),
        (f"Sentry SENTRY_KEY={KEY}, Sentry_Version=4", Auth(KEY, version=4)),
        (f"Sentry sentry_key={KEY}, sentry_signature=abc, color=red, =x, y", Auth(KEY)),
        (f"Sentry, sentry_key={KEY}", Auth(KEY)),
        (f",Sentry sentry_key={KEY},,", Auth(KEY)),
        (f"Sentry sentry_key={OTHER}, sentry_key={KEY}", Auth(KEY)),
        (f"Sentry sentry_key={KEY}, sentry_client=my app 1.0 (beta)", Auth(KEY, client="my app 1.0 (beta)")),
        (f"Sentry sentry_key={KEY}, sentry_client=a\r\n b", Auth(KEY, client="a b")),
        (f"Sentry sentry_key={KEY}, sentry_client=, sentry_secret= ", Auth(KEY)),
        (f"Sentry sentry_key={KEY}, sentry_client=\x00", Auth(KEY)),
        (f"Sentry sentry_key={KEY}, sentry_secret=a=b=", Auth(KEY, secret_key="a=b=")),
        (f"Sentry sentry_key={KEY}, sentry_client=raven%2F1", Auth(KEY, client="raven%2F1")),
        (f'Sentry sentry_key="{KEY}", sentry_version="6"', Auth(KEY, version=6)),
        (f'Sentry sentry_key={KEY}, sentry_client="a, b"', Auth(KEY, client="a, b")),
        (f'Sentry sentry_key={KEY}, sentry_client="a%2Cb%22"', Auth(KEY, client='a,b"')),
        (f'Sentry sentry_key={KEY}, sentry_client="open', Auth(KEY, client='"open')),
        (f'Sentry sentry_key={KEY}, sentry_client=size 5"', Auth(KEY, client='size 5"')),
        (f'Sentry sentry_key={KEY}, sentry_client=!size 5"', Auth(KEY, client='!size 5"')),
        (f'Sentry sentry_key={KEY}, sentry_client="size!', Auth(KEY, client='"size!')),
        (f'Sentry sentry_key="{KEY}", sentry_client=', Auth(KEY)),
        (f'Sentry sentry_key={KEY}, sentry_client="", sentry_secret="x"', Auth(KEY, secret_key="x")),
        (f'Sentry sentry_key={KEY}, sentry_client=", sentry_version=6', Auth(KEY, client='"', version=6)),
        (f'Sentry sentry_client=5" app, sentry_key="{KEY}" , sentry_version=6', Auth(KEY, client='5" app', version=6)),
        (f"Sentry foo sentry_key={OTHER}, sentry_key={KEY}", Auth(KEY)),
        (f'Sentry sentry_key="{KEY}",sentry_version=6', Auth(KEY, version=6)),
        (f'="a, b", Sentry sentry_key={KEY}', Auth(KEY)),
        (f',Sentry sentry_key="{KEY}"', Auth(KEY)),
        (f',Sentry sentry_key={KEY}, sentry_client="open', Auth(KEY, client='"open')),
        (f'Sentry sentry_key={KEY}, sentry_client=!a, b"', Auth(KEY, client="!a")),
        (
            f'Sentry sentry_key={KEY}, sentry_client="", sentry_secret=x", sentry_version=6',
            Auth(KEY, secret_key='x"', version=6),
        ),
    ],
)
def test_header_is_read_leniently(header, expected):
    assert parse_auth_header(header) == expected


@pytest.mark.parametrize("before", ["", " ", "  "])
@pytest.mark.parametrize(
    ("written", "client"),
    [
        ('"a, b"', "a, b"),
        ('"a, b"  ', "a, b"),
        # A quote that something follows ends nothing, so that the comma behind it does.
        ('"a" b', '"a" b'),
        ('"a, b" c', '"a'),
        ('"a" b"', 'a" b'),
    ],
)
def test_quoted_value_ends_at_a_quote_before_a_comma(before, written, client):
    for rest in ("", ", sentry_version=6", ",sentry_version=6"):
        header = f"Sentry sentry_key={KEY}, sentry_client={before}{written}{rest}"
        assert parse_auth_header(header) == Auth(KEY, client=client, version=6 if rest else 7)


def test_header_bytes_are_read_as_latin_1():
    assert parse_auth_header(f"Sentry sentry_key={KEY}, sentry_client=caf".encode() + b"\xe9").client == "café"


@pytest.mark.parametrize(
    ("text", "version"),
    [("7", 7), ("7.0", 7), ("2.0", 2), ("2.1", 2), ("1", 1), ("0", 0), ("", 7)],
)
def test_version_is_the_part_before_the_dot(text, version):
    assert parse_auth_header(f"Sentry sentry_key={KEY}, sentry_version={text}").version == version
    assert parse_auth_query(f"sentry_key={KEY}&sentry_version={text}").version == version


@pytest.mark.parametrize("text", ["8", "8.0", "70", pytest.param("9" * 5000, id="5000 digits")])
def test_version_above_7_is_unsupported(text):
    with pytest.raises(UnsupportedVersion) as caught:
        parse_auth_header(f"Sentry sentry_key={KEY}, sentry_version={text}")
    assert caught.value.status == 400
    assert len(str(caught.value)) < 120


@pytest.mark.parametrize(
    ("text", "shown"), [("8", " 8"), ("70.1", " 70"), ("1234", " 1234"), ("12345", ""), ("9" * 32, "")]
)
def test_unsupported_version_is_shown_unless_it_may_be_a_secret(text, shown):
    with pytest.raises(UnsupportedVersion) as caught:
        parse_auth_header(f"Sentry sentry_key={KEY}, sentry_version={text}")
    assert caught.value.detail == f"sentry_version{shown} is not supported, 7 is the highest"


@pytest.mark.parametrize("text", ["x", ".7", "-1", "+7", "7a", "٧", "1_0", "None"])
def test_version_that_is_no_number_is_malformed(text):
    with pytest.raises(MalformedAuth) as caught:
        parse_auth_header(f"Sentry sentry_key={KEY}, sentry_version={text}")
    assert caught.value.status == 401


@pytest.mark.parametrize(
    ("text", "timestamp"),
    [
        ("1795447663", 1795447663.0),
        ("1795447460.58", 1795447460.58),
        ("1795447502096", 1795447502.096),
        ("99999999999", 99999999999.0),
        ("100000000000", 100000000.0),
        ("99999999999990", 99999999999.99),
        ("100000000000000", None),
        ("5138-11-16T09:46:39Z", 99999999999.0),
        ("5138-11-16T09:46:40Z", None),
        ("0", 0.0),
        ("2026-11-23T18:00:00Z", 1795456800.0),
        ("2026-11-23T20:00:00.5+02:00", 1795456800.5),
        ("2026-11-23 18:00:00.250000", 1795456800.25),
        ("1e300", None),
        ("-5", None),
        ("nan", None),
        ("inf", None),
        ("1969-12-31T00:00:00Z", None),
        ("9999-12-31T00:00:00Z", None),
        ("-0.5", None),
        ("1969-12-31T23:59:59.5Z", None),
        ("1_0", None),
        ("٥", None),
        ("yesterday", None),
        ("", None),
    ],
)
def test_timestamp_is_epoch_seconds(text, timestamp):
    assert parse_auth_header(f"Sentry sentry_key={KEY}, sentry_timestamp={text}").timestamp == timestamp


@pytest.mark.parametrize(
    ("header", "error"),
    [
        ("", MalformedAuth),
        ("Sentry", MalformedAuth),
        ("Sentry ", MalformedAuth),
        (f"sentry_key={KEY}", MalformedAuth),
        (f"Bearer {KEY}", MalformedAuth),
        (f"Sentrysentry_key={KEY}", MalformedAuth),
        (f"Sentry-Key sentry_key={KEY}", MalformedAuth),
        (f"color=red, Sentry sentry_key={KEY}", MalformedAuth),
        ("Sentry sentry_version=7", MalformedAuth),
        (f"Sentry sentry_key={KEY}, Sentry sentry_version=7", MalformedAuth),
        (f"Sentry sentry_version=7, Sentry sentry_key={KEY}", MalformedAuth),
        ("Sentry sentry_key=", MalformedAuth),
        ('Sentry sentry_key=""', MalformedAuth),
        ("Sentry sentry_key=a.no-cache", InvalidKey),
        ("Sentry sentry_key=a b", InvalidKey),
        ("Sentry sentry_key=é", InvalidKey),
        (f"Sentry sentry_key={'a' * 65}", InvalidKey),
        (f"Sentry sentry_key={KEY}, Sentry sentry_key={OTHER}", ContradictoryAuth),
    ],
)
def test_header_is_refused(header, error):
    with pytest.raises(StoreError) as caught:
        parse_auth_header(header)
    assert type(caught.value) is error
    assert caught.value.status == (400 if error is InvalidKey else 401)


@pytest.mark.parametrize("key", ["a", "a" * 64, "my-key_1", "01234567-89ab-cdef-0123-456789abcdef"])
def test_key_is_1_to_64_letters_digits_and_hyphens(key):
    assert parse_auth_header(f"Sentry sentry_key={key}") == Auth(key)
    assert parse_auth_query(f"sentry_key={key}") == Auth(key)


@pytest.mark.parametrize("text", ["", "a" * 65, "a\n", "a.b", "ä", "٧", " a"])
def test_no_identifier(text):
    assert not is_identifier(text)


def test_joined_headers_that_agree_are_one_credential():
    joined = f"Sentry sentry_key={KEY}, sentry_client=a/1,Sentry sentry_key={KEY}, sentry_version=6, sentry_client=b/1"
    assert parse_auth_header(joined) == Auth(KEY, version=6, client="a/1")


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (f"sentry%5Fkey={KEY}", Auth(KEY)),
        (f"Sentry_Key={KEY}", Auth(KEY)),
        (f"sentry_key={OTHER}&sentry_key={KEY}", Auth(KEY)),
        (f"sentry_key=+{KEY}%20", Auth(KEY)),
        (f"sentry_key={KEY}&sentry_client=my+app%201", Auth(KEY, client="my app 1")),
        (f"sentry_key={KEY}&sentry_client=%FF", Auth(KEY, client="\ufffd")),
        (f"sentry_key={KEY}&sentry_client=a%0D%0AX-Evil:+1", Auth(KEY, client="a X-Evil: 1")),
        (f"sentry_key={KEY}&sentry_secret=a%26b=c", Auth(KEY, secret_key="a&b=c")),
        (f"sentry_key={KEY}&sentry_version=6&sentry_timestamp=5", Auth(KEY, version=6, timestamp=5.0)),
        (f"x&&=y&sentry_data=e30%3D&sentry_key={KEY}", Auth(KEY)),
    ],
)
def test_query_is_read(query, expected):
    assert parse_auth_query(query) == expected


@pytest.mark.parametrize(
    ("query", "error"),
    [
        ("", MalformedAuth),
        ("sentry_key=", MalformedAuth),
        ("sentry_version=7", MalformedAuth),
        ("sentry_key=%00", InvalidKey),
        (f"sentry_key={KEY}&sentry_version=9", UnsupportedVersion),
    ],
)
def test_query_is_refused(query, error):
    with pytest.raises(error):
        parse_auth_query(query)


SENTRY_HEADER = f"Sentry sentry_key={KEY}, sentry_version=6"


@pytest.mark.parametrize(
    ("headers", "query"),
    [
        ({"X-Sentry-Auth": SENTRY_HEADER}, ""),
        ({b"X-SENTRY-AUTH": SENTRY_HEADER.encode()}, b""),
        ([("x-sentry-auth", SENTRY_HEADER)], ""),
        ([(b"x-sentry-auth", SENTRY_HEADER)], ""),
        (iter([("accept", "*/*"), ("Authorization", SENTRY_HEADER)]), ""),
        ({"Authorization": f"sentry\t{SENTRY_HEADER[7:]}"}, ""),
        ({}, f"sentry_key={KEY}&sentry_version=6"),
        ({}, f"?sentry_key={KEY}&sentry_version=6".encode()),
        # One credential in several places.
        ({"X-Sentry-Auth": SENTRY_HEADER, "Authorization": basic(f"{KEY}:")}, ""),
        ({"X-Sentry-Auth": SENTRY_HEADER, "Authorization": SENTRY_HEADER}, f"sentry_key={KEY}"),
        ({"X-Sentry-Auth": SENTRY_HEADER}, "sentry_data=e30&sentry_release=1&sentry_version=4"),
        ([("X-Sentry-Auth", SENTRY_HEADER), ("X-Sentry-Auth", SENTRY_HEADER)], ""),
        # monolog-http, whose header is a list.
        ([("X-Sentry-Auth", "Sentry sentry_version=6"), ("X-Sentry-Auth", f"sentry_key={KEY}")], ""),
        # What counts as absent.
        ({"X-Sentry-Auth": SENTRY_HEADER, "Authorization": "Bearer eyJhbGciOi"}, "sentry_key="),
        ({"X-Sentry-Auth": SENTRY_HEADER, "Authorization": basic("visitor:password")}, ""),
        ({"Authorization": basic("visitor:password")}, f"sentry_key={KEY}&sentry_version=6"),
        ([("Authorization", SENTRY_HEADER), ("Authorization", basic("a:b")), ("Authorization", basic("c:d"))], ""),
        ({"X-Sentry-Auth": SENTRY_HEADER, "Authorization": "Basic ***"}, ""),
        ({"X-Sentry-Auth": SENTRY_HEADER, "Authorization": basic("proxy user:password")}, ""),
        ({"X-Sentry-Auth": " \r\n ", "Authorization": ""}, f"sentry_key={KEY}&sentry_version=6"),
        ([("X-Sentry-Auth", ""), ("X-Sentry-Auth", SENTRY_HEADER), ("X-Sentry-Auth", "")], ""),
    ],
)
def test_credentials_are_found(headers, query):
    assert find_auth(headers, query) == Auth(KEY, version=6)


@pytest.mark.parametrize(
    ("userinfo", "expected"),
    [
        (KEY, Auth(KEY)),
        (f"{KEY}:", Auth(KEY)),
        (f"{KEY}:{SECRET}", Auth(KEY, secret_key=SECRET)),
        (f"{KEY}:a:b", Auth(KEY, secret_key="a:b")),
        (f"{KEY}:".encode() + b"\xff", Auth(KEY, secret_key="\ufffd")),
    ],
)
def test_basic_credentials_are_key_and_secret(userinfo, expected):
    assert find_auth({"Authorization": basic(userinfo)}) == expected
    assert find_auth({"authorization": basic(userinfo).replace("Basic", "BASIC ")}) == expected


def test_first_place_with_a_value_wins():
    headers = [
        ("Authorization", basic(f"{KEY}:{SECRET}")),
        ("X-Sentry-Auth", f"Sentry sentry_key={KEY}, sentry_version=6, sentry_client="),
        ("Authorization", f"Sentry sentry_key={KEY}, sentry_version=5, sentry_timestamp=10"),
    ]
    query = f"sentry_key={KEY}&sentry_version=4&sentry_timestamp=20&sentry_client=c/1"
    assert find_auth(headers, query) == Auth(KEY, secret_key=SECRET, version=6, client="c/1", timestamp=10.0)


def test_different_secrets_of_one_key_do_not_contradict():
    headers = {"X-Sentry-Auth": f"{SENTRY_HEADER}, sentry_secret=first"}
    assert find_auth(headers, f"sentry_key={KEY}&sentry_secret=second").secret_key == "first"


@pytest.mark.parametrize(
    ("headers", "query"),
    [
        ([("X-Sentry-Auth", SENTRY_HEADER)], f"sentry_key={OTHER}"),
        ([("X-Sentry-Auth", SENTRY_HEADER), ("X-Sentry-Auth", f"Sentry sentry_key={OTHER}")], ""),
        ([("X-Sentry-Auth", SENTRY_HEADER), ("Authorization", f"Sentry sentry_key={OTHER}")], ""),
        ([("Authorization", basic(f"{OTHER}:")), ("Authorization", basic(f"{KEY}:"))], ""),
        ([("X-Sentry-Auth", SENTRY_HEADER)], f"sentry_key={KEY.upper()}"),
    ],
)
def test_different_keys_contradict(headers, query):
    with pytest.raises(ContradictoryAuth) as caught:
        find_auth(headers, query)
    assert caught.value.status == 401


@pytest.mark.parametrize(
    ("headers", "query", "error"),
    [
        ({}, "", MissingAuth),
        ({}, "?", MissingAuth),
        ({}, "sentry_data=e30&sentry_version=7", MissingAuth),
        ({"Authorization": "Bearer eyJhbGciOi"}, "", MissingAuth),
        ({"X-Sentry-Auth": "", "Authorization": " "}, "", MissingAuth),
        ({"X-Sentry-Auth": " ,\t\r\n "}, "", MissingAuth),
        ({"Cache-Control": SENTRY_HEADER, "Authentication": SENTRY_HEADER}, "", MissingAuth),
        ({"Authorization": "Basic"}, "", MalformedAuth),
        ({"Authorization": "Basic ***"}, "", MalformedAuth),
        ({"Authorization": "Basic é"}, "", MalformedAuth),
        ({"Authorization": basic(":secret")}, "", MalformedAuth),
        ({"Authorization": basic(KEY).replace("Yj", "Y!j")}, "", MalformedAuth),
        ({"Authorization": basic("no key:secret")}, "", MalformedAuth),
        ({}, "sentry_key=&sentry_version=7", MalformedAuth),
        # A header that can't be read is refused whatever stands beside it.
        ({"X-Sentry-Auth": "Bearer eyJhbGciOi"}, f"sentry_key={KEY}", MalformedAuth),
        ({"X-Sentry-Auth": "Sentry sentry_version=7"}, f"sentry_key={KEY}", MalformedAuth),
        ({"Authorization": "Sentry"}, f"sentry_key={KEY}", MalformedAuth),
        ({"X-Sentry-Auth": f"{SENTRY_HEADER}, sentry_version=x"}, f"sentry_key={KEY}", MalformedAuth),
        ({"X-Sentry-Auth": f"{SENTRY_HEADER}, sentry_version=8"}, f"sentry_key={KEY}", UnsupportedVersion),
        ({}, "sentry_key=a.b", InvalidKey),
    ],
)
def test_request_is_refused(headers, query, error):
    with pytest.raises(StoreError) as caught:
        find_auth(headers, query)
    assert type(caught.value) is error


@pytest.mark.parametrize(
    ("headers", "query", "is_login"),
    [
        ({"X-Sentry-Auth": SENTRY_HEADER}, "", False),
        ({"X-Sentry-Auth": SENTRY_HEADER + ", sentry_timestamp=1"}, "", False),
        ({"Authorization": SENTRY_HEADER}, "", False),
        ({}, f"sentry_key={KEY}&sentry_version=6", False),
        ({"Authorization": basic(KEY)}, f"sentry_key={KEY}", False),
        ({"Authorization": basic(KEY)}, "", True),
    ],
)
def test_credentials_say_whether_a_site_s_own_login_may_be_meant(headers, query, is_login):
    found = find_credentials(headers, query)
    assert (found.is_login, found.has_no_key, found.required().public_key) == (is_login, False, KEY)


@pytest.mark.parametrize(
    ("headers", "query", "has_no_key"),
    [
        ({}, "", False),
        ({"Authorization": "Bearer eyJhbGciOi"}, "sentry_version=7", False),
        ({"Authorization": basic("no key:secret")}, "", True),
        ({}, "sentry_key=", True),
    ],
)
def test_credentials_that_are_not_there_are_told_from_those_that_hold_no_key(headers, query, has_no_key):
    found = find_credentials(headers, query)
    assert (found.auth, found.has_no_key) == (None, has_no_key)
    with pytest.raises(MalformedAuth if has_no_key else MissingAuth):
        found.required()


def test_credentials_are_shared_and_so_never_change():
    found = find_credentials({"X-Sentry-Auth": SENTRY_HEADER})
    with pytest.raises(AttributeError):
        found.is_login = True  # type: ignore[misc]
    with pytest.raises(TypeError):
        Auth(KEY, SECRET)  # type: ignore[call-arg]
    with pytest.raises(TypeError):
        Credentials(found.auth)  # type: ignore[call-arg]


def test_errors_hold_no_key_and_no_secret():
    for header in (
        f"Sentry sentry_key={KEY}!, sentry_secret={SECRET}",
        f'Sentry sentry_key={KEY}, sentry_version="7, sentry_secret={SECRET}"',
        f"Sentry sentry_key={KEY}, sentry_version={SECRET}",
        f"Sentry sentry_key={KEY}, sentry_version=12345678901234567890",
        f"Sentry sentry_key={KEY}, sentry_secret={SECRET}, sentry_version=x",
        f"Sentry sentry_key={KEY}, Sentry sentry_key={SECRET}",
        f"{KEY}:{SECRET}",
    ):
        with pytest.raises(StoreError) as caught:
            parse_auth_header(header)
        assert KEY not in str(caught.value)
        assert SECRET not in str(caught.value)
        assert "12345" not in str(caught.value)


@pytest.mark.parametrize(
    ("fields", "client"),
    [
        ('sentry_client="c/1, sentry_secret=S", sentry_version=7', "c/1"),
        ("sentry_client=c/1; sentry_secret=S", "c/1"),
        ("sentry_client=c/1 Sentry%5FSecret=S", "c/1"),
        ("sentry_client=sentry_secret=S", None),
        ("sentry_client=secret-keeper/1", "secret-keeper/1"),
    ],
)
def test_secret_is_no_part_of_the_client(fields, client):
    assert parse_auth_header(f"Sentry sentry_key={KEY}, {fields}").client == client


def test_secret_is_not_shown():
    auth = Auth(KEY, secret_key=SECRET)
    printed = StringIO()
    Console(file=printed, width=200).print(auth)
    assert SECRET not in repr(auth)
    assert SECRET not in printed.getvalue()
    assert KEY in printed.getvalue()
    assert repr(auth) == f"Auth(public_key='{KEY}', secret_key='***', version=7, client=None, timestamp=None)"
    assert "secret_key=None" in repr(Auth(KEY))


def test_auth_is_a_plain_value():
    auth = Auth(KEY, secret_key=SECRET, version=6, client="c/1", timestamp=1.5)
    assert pickle.loads(pickle.dumps(auth)) == auth
    assert auth != Auth(KEY, secret_key="another", version=6, client="c/1", timestamp=1.5)
    assert len({auth, Auth(KEY, secret_key=SECRET, version=6, client="c/1", timestamp=1.5)}) == 1
    with pytest.raises(AttributeError):
        auth.version = 7  # type: ignore[misc]


def test_header_is_rendered_as_clients_write_it():
    auth = Auth(KEY, secret_key=SECRET, client="raven-node/2.6.4", timestamp=1795447502.096)
    assert auth.to_header() == (
        "Sentry sentry_version=7, sentry_client=raven-node/2.6.4, sentry_timestamp=1795447502.096, "
        f"sentry_key={KEY}, sentry_secret={SECRET}"
    )
    assert Auth(KEY, timestamp=1795447502).to_header().endswith(f"sentry_timestamp=1795447502, sentry_key={KEY}")


texts = st.text(max_size=30) | st.text("ab ,=\"%\\\r\n\té\x00/'", max_size=12)
keys = st.from_regex(r"\A[0-9A-Za-z_-]{1,64}\Z")
fields = st.fixed_dictionaries(
    {"sentry_key": keys},
    optional={
        "sentry_version": st.sampled_from(["2.0", "4", "7", ""]),
        "sentry_client": texts,
        "sentry_secret": texts,
        "sentry_timestamp": st.floats().map(str) | st.datetimes().map(str) | st.integers(0, 10**14).map(str),
    },
)


@st.composite
def parsed_auths(draw):
    # A query can hold any text in any field, so what is parsed from one is any Auth that a parse can give.
    return parse_auth_query(urlencode(draw(fields), errors="replace"))


@given(parsed_auths())
def test_property_header_and_query_give_the_same_auth_back(auth):
    assert parse_auth_header(auth.to_header()) == auth
    assert parse_auth_header(auth.to_header().encode()) == auth
    assert parse_auth_query(auth.to_query()) == auth
    assert find_auth({"X-Sentry-Auth": auth.to_header()}, auth.to_query()) == auth


@given(texts, texts, texts, st.floats(), st.integers())
def test_property_rendered_header_is_one_line_of_ascii(key, secret, client, timestamp, version):
    auth = Auth(key, secret_key=secret, client=client, timestamp=timestamp, version=version)
    for rendered in (auth.to_header(), auth.to_query()):
        assert rendered.isascii()
        assert rendered.isprintable()


@given(st.lists(st.tuples(st.sampled_from(["sentry_key", "sentry_client", "Sentry", "x", ""]), texts), max_size=6))
def test_property_items_of_a_header_give_an_auth_or_an_error(items):
    header = "Sentry " + ", ".join(f"{name}={value}" for name, value in items)
    try:
        auth = parse_auth_header(header)
    except StoreError:
        return
    assert is_identifier(auth.public_key)
    assert parse_auth_header(auth.to_header()) == auth


@given(st.text() | st.binary(), st.text() | st.binary(), st.text() | st.binary())
def test_property_any_request_gives_an_auth_or_an_error(sentry, authorization, query):
    with suppress(StoreError):
        find_auth([("X-Sentry-Auth", sentry), (b"authorization", authorization)], query)
    with suppress(StoreError):
        parse_auth_header(sentry)
    with suppress(StoreError):
        parse_auth_query(query)


@given(st.binary(), st.sampled_from(["Basic ", "basic", "BASIC\t", "Sentry "]))
def test_property_any_authorization_gives_an_auth_or_an_auth_error(token, scheme):
    for value in (scheme.encode() + token, scheme + base64.b64encode(token).decode()):
        with suppress(AuthError, InvalidKey, UnsupportedVersion):
            find_auth({"Authorization": value})


@given(keys, keys)
def test_property_places_with_different_keys_contradict(one, other):
    assume(one != other)
    with pytest.raises(ContradictoryAuth):
        find_auth({"X-Sentry-Auth": Auth(one).to_header()}, Auth(other).to_query())
