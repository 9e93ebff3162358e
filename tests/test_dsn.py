import pickle
from contextlib import suppress
from urllib.parse import urlsplit

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from store_protocol.dsn import Dsn
from store_protocol.errors import InvalidDsn

KEY = "b70a31b3510c4cf793964a185cfe1fd0"
SECRET = "b7d80b520139450f903720eb7991bf3d"


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        (f"https://{KEY}@o1.ingest.sentry.io/42", {"host": "o1.ingest.sentry.io"}),
        (f"https://{KEY}:{SECRET}@example.com/42", {"secret_key": SECRET}),
        (f"https://{KEY}:@example.com/42", {}),
        (f"http://{KEY}@localhost:8000/42", {"scheme": "http", "host": "localhost", "port": 8000}),
        (f"https://{KEY}@example.com:443/42", {}),
        (f"http://{KEY}@example.com:80/42", {"scheme": "http"}),
        (f"http://{KEY}@example.com:443/42", {"scheme": "http", "port": 443}),
        (f"https://{KEY}@example.com:/42", {}),
        (f"https://{KEY}@example.com:08443/42", {"port": 8443}),
        (f"https://{KEY}@example.com/42/", {}),
        (f"https://{KEY}@example.com//sentry///eu/42", {"path": "/sentry/eu"}),
        (f"https://{KEY}@example.com/a%20b/ü/42", {"path": "/a%20b/%C3%BC"}),
        (f"https://{KEY}@127.0.0.1:9000/42", {"host": "127.0.0.1", "port": 9000}),
        (f"https://{KEY}@[::1]/42", {"host": "::1"}),
        (f"https://{KEY}@[2001:DB8:0::1]:9000/42", {"host": "2001:db8::1", "port": 9000}),
        (f"https://{KEY}@my_sentry-1.internal./42", {"host": "my_sentry-1.internal."}),
        (f"HTTPS://{KEY}@Example.COM/42", {}),
        (f"https://{KEY}@Bücher.example/42", {"host": "xn--bcher-kva.example"}),
        (f" \thttps://{KEY}@example.com/42\r\n", {}),
        (f"https://{KEY}@example.com/42?timeout=5&verify_ssl=0", {}),
        (f"https://{KEY}@example.com/42#a/b@c", {}),
        (f"https://{KEY}@example.com/42?x=/1#?", {}),
        (f"https://{KEY}:a%2Fb%3A%40%25@example.com/42", {"secret_key": "a/b:@%"}),
        (f"https://{KEY}:a:b@c@example.com/42", {"secret_key": "a:b@c"}),
        (f"https://{KEY}:%ff@example.com/42", {"secret_key": "\ufffd"}),
        (f"gevent+https://{KEY}@example.com/42", {}),
        (f"twisted+http://{KEY}@example.com/42", {"scheme": "http"}),
        (f"gevent+threaded+https://{KEY}@example.com/42", {}),
        (f"async+naive+https://{KEY}@example.com/42", {}),
    ],
)
def test_dsn_is_parsed(text, parts):
    expected = {"scheme": "https", "public_key": KEY, "host": "example.com", "project_id": "42"} | parts
    dsn = Dsn.parse(text)
    assert dsn == Dsn(**expected)
    assert Dsn.parse(str(dsn)) == dsn


@pytest.mark.parametrize(
    ("text", "key", "project"),
    [
        ("https://a@example.com/my-project_1", "a", "my-project_1"),
        (f"https://{'k' * 64}@example.com/{'p' * 64}", "k" * 64, "p" * 64),
        ("https://%61bc@example.com/1", "abc", "1"),
    ],
)
def test_key_and_project_are_identifiers(text, key, project):
    dsn = Dsn.parse(text)
    assert (dsn.public_key, dsn.project_id) == (key, project)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "not a URL"),
        ("sentry", "not a URL"),
        (f"{KEY}@example.com/42", "not a URL"),
        (f"https:/{KEY}@example.com/42", "not a URL"),
        (f"ftp://{KEY}@example.com/42", "scheme"),
        (f"udp://{KEY}@example.com/42", "scheme"),
        (f"://{KEY}@example.com/42", "scheme"),
        (f"+https://{KEY}@example.com/42", "scheme"),
        (f"https+gevent://{KEY}@example.com/42", "scheme"),
        (f"gevent https://{KEY}@example.com/42", "blanks"),
        (f"https://{KEY}@exam\nple.com/42", "blanks"),
        (f"https://{KEY}@example.com/4\x002", "blanks"),
        (f"https://{KEY}@example.com/\ud800/42", "blanks"),
        ("https://example.com/42", "no public key"),
        ("https://@example.com/42", "no public key"),
        (f"https://:{SECRET}@example.com/42", "no public key"),
        ("https://a.b@example.com/42", "public key"),
        ("https://ä@example.com/42", "public key"),
        ("https://%00@example.com/42", "public key"),
        (f"https://{'k' * 65}@example.com/42", "public key"),
        (f"https://{KEY}@example.com", "no project id"),
        (f"https://{KEY}@example.com/", "no project id"),
        (f"https://{KEY}@example.com//", "no project id"),
        (f"https://{KEY}@example.com?42", "no project id"),
        (f"https://{KEY}@example.com/4.2", "project id"),
        (f"https://{KEY}@example.com/{'1' * 65}", "project id"),
        (f"https://{KEY}@/42", "host"),
        (f"https://{KEY}@:9000/42", "host"),
        (f"https://{KEY}@exa<mple/42", "host"),
        (f"https://{KEY}@-example.com/42", "host"),
        (f"https://{KEY}@::1/42", "host"),
        (f"https://{KEY}@[::1/42", "host"),
        (f"https://{KEY}@[::1]9000/42", "host"),
        (f"https://{KEY}@[127.0.0.1]/42", "host"),
        (f"https://{KEY}@[fe80::1%25eth0]/42", "host"),
        (f"https://{KEY}@[]/42", "host"),
        (f"https://{KEY}@exam\uff0fple.com/42", "host"),
        (f"https://{KEY}@{'ü' * 70}.com/42", "host"),
        (f"https://{KEY}@example.com:0/42", "port"),
        (f"https://{KEY}@example.com:65536/42", "port"),
        pytest.param(f"https://{KEY}@example.com:{'9' * 5000}/42", "port", id="port of 5000 digits"),
        (f"https://{KEY}@example.com:http/42", "port"),
        (f"https://{KEY}@example.com:١/42", "port"),
        (f"https://{KEY}@example.com:-1/42", "port"),
        (f"https://{KEY}@example.com:80:80/42", "port"),
    ],
)
def test_text_is_no_dsn(text, reason):
    with pytest.raises(InvalidDsn, match=reason) as caught:
        Dsn.parse(text)
    assert caught.value.status == 400
    assert KEY not in str(caught.value)
    assert SECRET not in str(caught.value)


def test_key_that_stands_where_the_scheme_should_is_not_in_the_error():
    with pytest.raises(InvalidDsn) as caught:
        Dsn.parse(f"{KEY}:{SECRET}://example.com/42")
    assert KEY not in str(caught.value)


@pytest.mark.parametrize(
    ("dsn", "text"),
    [
        (
            Dsn(scheme="https", public_key=KEY, host="example.com", project_id="42"),
            f"https://{KEY}@example.com/42",
        ),
        (
            Dsn(scheme="http", public_key=KEY, secret_key="a/b@c", host="::1", port=81, path="/p", project_id="42"),
            f"http://{KEY}:a%2Fb%40c@[::1]:81/p/42",
        ),
        (
            Dsn(scheme="https", public_key=KEY, host="example.com", port=443, project_id="42"),
            f"https://{KEY}@example.com/42",
        ),
    ],
)
def test_dsn_is_printed(dsn, text):
    assert str(dsn) == text


@pytest.mark.parametrize(
    ("text", "base"),
    [
        (f"https://{KEY}:{SECRET}@example.com/42", "https://example.com/api/42"),
        (f"http://{KEY}:{SECRET}@[::1]:9000/a/b/42", "http://[::1]:9000/a/b/api/42"),
    ],
)
def test_urls_of_endpoints(text, base):
    dsn = Dsn.parse(text)
    assert dsn.store_url == f"{base}/store/"
    assert dsn.envelope_url == f"{base}/envelope/"
    assert dsn.minidump_url == f"{base}/minidump/"
    assert dsn.security_url == f"{base}/security/?sentry_key={KEY}"
    assert dsn.nel_url == f"{base}/nel/?sentry_key={KEY}"
    assert dsn.unreal_url == f"{base}/unreal/{KEY}/"
    assert dsn.otlp_logs_url == f"{base}/integration/otlp/v1/logs/"
    assert dsn.otlp_traces_url == f"{base}/integration/otlp/v1/traces/"
    assert dsn.cron_url("a/b?") == f"{base}/cron/a%2Fb%3F/{KEY}/"
    assert dsn.attachments_url("f" * 32) == f"{base}/events/{'f' * 32}/attachments/"
    of_page = dsn.error_page_url("f" * 32)
    assert of_page.startswith(f"{base.removesuffix('/42')}/embed/error-page/?eventId={'f' * 32}&dsn=http")
    assert KEY in of_page and SECRET not in of_page


def test_secret_is_not_shown():
    dsn = Dsn.parse(f"https://{KEY}:{SECRET}@example.com/42")
    assert SECRET not in repr(dsn)
    assert SECRET in str(dsn)
    assert pickle.loads(pickle.dumps(dsn)) == dsn


identifiers = st.from_regex(r"\A[0-9A-Za-z_-]{1,64}\Z")
hosts = (
    st.from_regex(r"\A[a-z0-9_]([a-z0-9_.-]{0,20}[a-z0-9_])?\.?\Z")
    | st.ip_addresses(v=4).map(str)
    | st.ip_addresses(v=6).map(lambda address: address.compressed)
)
segments = st.from_regex(r"\A[A-Za-z0-9._~:@!$&'()*+,;=-]{1,10}\Z")


@st.composite
def dsns(draw):
    scheme = draw(st.sampled_from(["http", "https"]))
    own_port = {"http": 80, "https": 443}[scheme]
    return Dsn(
        scheme=scheme,
        public_key=draw(identifiers),
        secret_key=draw(st.none() | st.text(st.characters(exclude_categories=["Cs"]), min_size=1)),
        host=draw(hosts),
        port=draw(st.none() | st.integers(1, 65535).filter(lambda port: port != own_port)),
        path="".join(f"/{segment}" for segment in draw(st.lists(segments, max_size=3))),
        project_id=draw(identifiers),
    )


@given(dsns())
def test_property_printed_dsn_is_parsed_to_the_same(dsn):
    assert Dsn.parse(str(dsn)) == dsn
    url = urlsplit(dsn.store_url)
    assert url.hostname == dsn.host
    assert url.port == dsn.port
    assert url.path == f"{dsn.path}/api/{dsn.project_id}/store/"


@given(st.text() | st.text("htps:/+@[]%.?#a1_- \n", max_size=40))
def test_property_any_text_gives_a_dsn_or_invalid_dsn(text):
    with suppress(InvalidDsn):
        Dsn.parse(text)


@given(st.text(max_size=10), st.text(max_size=10), st.text(max_size=10), st.text(max_size=10), st.text(max_size=10))
@example("", "ẞ.example", "", "", "")
@example("", "ΑΣ.example", ":1", "", "")
@example("", "İ.example", "", "", "")
def test_property_what_is_parsed_is_parsed_to_the_same_again(secret, host, port, prefix, query):
    try:
        dsn = Dsn.parse(f"https://key:{secret}@a{host}{port}/{prefix}/1?{query}")
    except InvalidDsn:
        return
    assert Dsn.parse(str(dsn)) == dsn
    assert dsn.store_url.isascii()
    assert dsn.store_url.isprintable()
