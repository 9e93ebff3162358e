"""The DSN, the one line that tells an SDK where to send and as whom, and the URLs that it stands for.

    {scheme}://{public key}[:{secret key}]@{host}[:{port}][/{prefix}]/{project id}

Strategy: the text is cut from the outside in, at the first `://`, `#`, `?` and `/` and the last `@`. `urllib.parse` is
not used: it silently drops tabs and line breaks, and takes hosts that no client could connect to.
"""

import ipaddress
import re
from typing import Self
from urllib.parse import quote as percent_encode
from urllib.parse import unquote

import msgspec

from store_protocol.errors import InvalidDsn
from store_protocol.first_use import build_type_info
from store_protocol.identifiers import is_identifier
from store_protocol.redaction import Redacted

_PORTS = {"http": 80, "https": 443}

# Prefixes that chose a transport: in raven-python up to 5.4 sync+, threaded+, requests+, gevent+, eventlet+, tornado+,
# twisted+ and aiohttp+, in raven-java async+, naive+ and async+naive+. Settings files still have them.
_TRANSPORT = re.compile(r"[a-z][a-z0-9_-]*")

# Host names have no underscores, but docker compose makes host names with them from service names.
_HOST = re.compile(r"[0-9a-z_](?:[0-9a-z._-]*[0-9a-z_])?\.?")

#: Characters of a host name (RFC 1035 section 2.3.4, without the dot at its end). To encode a longer one in vain would take
#: as long as to read a thousand times as much JSON.
_LONGEST_HOST = 253

# What a prefix may hold unencoded (RFC 3986 section 3.3), and `%` since it comes encoded.
_PATH_SAFE = "/%:@!$&'()*+,;=~"


class Dsn(Redacted, frozen=True, kw_only=True):
    """A DSN in its parts; `str` gives its text back, in full, while `repr` leaves the secret out.

    `scheme` is `http` or `https`, `host` an IPv6 address without its brackets, `port` None for the scheme's own. `path`
    is the prefix that stands before `/api` in every URL: empty or `/prefix`, without a slash at its end.

    >>> dsn = Dsn.parse("https://b70a31b3510c4cf7@errors.example.com/sentry/42")
    >>> dsn.path, dsn.project_id
    ('/sentry', '42')
    >>> dsn.store_url
    'https://errors.example.com/sentry/api/42/store/'
    """

    scheme: str
    public_key: str
    secret_key: str | None = None
    host: str
    port: int | None = None
    path: str = ""
    project_id: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """Parse the text of a DSN; blanks around it, a query and a fragment are passed over.

        raven-python had options of its transport in the query (`?timeout=1`) and its name before the scheme
        (`gevent+https://`). Raises InvalidDsn, whose text holds no part of a key.

        >>> str(Dsn.parse("gevent+https://public:secret@example.com:443/1?timeout=1"))
        'https://public:secret@example.com/1'
        """
        text = text.strip()
        if not text.isprintable() or " " in text:
            raise InvalidDsn("the DSN holds blanks or control characters")
        prefixed, separator, rest = text.partition("://")
        if not separator:
            raise InvalidDsn("the DSN is not a URL")
        *transports, scheme = prefixed.lower().split("+")
        if scheme not in _PORTS or not all(map(_TRANSPORT.fullmatch, transports)):
            raise InvalidDsn("the scheme of the DSN is not http or https")

        authority, _, path = rest.partition("#")[0].partition("?")[0].partition("/")
        userinfo, _, address = authority.rpartition("@")
        key, _, secret = userinfo.partition(":")
        public_key = unquote(key)
        if not public_key:
            raise InvalidDsn("the DSN has no public key")
        if not is_identifier(public_key):
            raise InvalidDsn("the public key of the DSN is not 1 to 64 letters, digits, - and _")

        segments = [segment for segment in path.split("/") if segment]
        if not segments:
            raise InvalidDsn("the DSN has no project id")
        project_id = segments.pop()
        if not is_identifier(project_id):
            raise InvalidDsn("the project id of the DSN is not 1 to 64 letters, digits, - and _")

        host, port = _split_address(address)
        return cls(
            scheme=scheme,
            public_key=public_key,
            secret_key=unquote(secret) or None,
            host=host,
            port=None if port == _PORTS[scheme] else port,
            path=percent_encode("".join(f"/{segment}" for segment in segments), safe=_PATH_SAFE),
            project_id=project_id,
        )

    def __str__(self) -> str:
        secret = "" if self.secret_key is None else f":{_part(self.secret_key)}"
        return f"{self.scheme}://{self._key}{secret}@{self._address}{self.path}/{self.project_id}"

    @property
    def store_url(self) -> str:
        """Where events go as plain JSON."""
        return self._endpoint("store")

    @property
    def envelope_url(self) -> str:
        """Where envelopes go."""
        return self._endpoint("envelope")

    @property
    def minidump_url(self) -> str:
        """Where crash reporters send minidumps."""
        return self._endpoint("minidump")

    @property
    def security_url(self) -> str:
        """Where browsers report violations of a policy, with the key in its query since they send no header of ours."""
        return f"{self._endpoint('security')}?sentry_key={self._key}"

    @property
    def nel_url(self) -> str:
        """Where browsers report requests that failed, with the key in its query."""
        return f"{self._endpoint('nel')}?sentry_key={self._key}"

    @property
    def unreal_url(self) -> str:
        """Where the Unreal Engine sends crash reports, with the key in its path."""
        return self._endpoint(f"unreal/{self._key}")

    @property
    def otlp_logs_url(self) -> str:
        """Where OpenTelemetry exports logs, with the key in a header (`OTEL_EXPORTER_OTLP_LOGS_ENDPOINT`)."""
        return self._endpoint("integration/otlp/v1/logs")

    @property
    def otlp_traces_url(self) -> str:
        """Where OpenTelemetry exports spans, with the key in a header (`OTEL_EXPORTER_OTLP_TRACES_ENDPOINT`)."""
        return self._endpoint("integration/otlp/v1/traces")

    def cron_url(self, monitor: str) -> str:
        """Return where a job checks in with what its query says, `?status=ok`; the key is in its path.

        >>> Dsn.parse("https://b70a31b3510c4cf7@example.com/42").cron_url("nightly backup")
        'https://example.com/api/42/cron/nightly%20backup/b70a31b3510c4cf7/'
        """
        return self._endpoint(f"cron/{_part(monitor)}/{self._key}")

    def attachments_url(self, event_id: str) -> str:
        """Return where files go that are added to an event."""
        return self._endpoint(f"events/{_part(event_id)}/attachments")

    def error_page_url(self, event_id: str) -> str:
        """Return where the form goes in which a user says what happened."""
        dsn = _part(str(msgspec.structs.replace(self, secret_key=None)))
        return f"{self._base}/api/embed/error-page/?eventId={_part(event_id)}&dsn={dsn}"

    def _endpoint(self, name: str) -> str:
        return f"{self._base}/api/{self.project_id}/{name}/"

    @property
    def _base(self) -> str:
        return f"{self.scheme}://{self._address}{self.path}"

    @property
    def _key(self) -> str:
        return _part(self.public_key)

    @property
    def _address(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port is None or self.port == _PORTS.get(self.scheme) else f"{host}:{self.port}"


def _part(text: str) -> str:
    """Return text that may stand in a URL between two slashes."""
    return percent_encode(text, safe="", errors="replace")


def _split_address(address: str) -> tuple[str, int | None]:
    if address.startswith("["):
        host, bracket, rest = address[1:].partition("]")
        port = rest.removeprefix(":")
        valid = bool(bracket) and rest[:1] in {"", ":"}
        try:
            # A zone (`%eth0`) means something on one machine only.
            host = ipaddress.IPv6Address("" if "%" in host else host).compressed
        except ValueError:
            valid = False
    else:
        host, _, port = address.partition(":")
        host = host.lower()
        if not host.isascii():
            host = _to_ascii(host)
        valid = _HOST.fullmatch(host) is not None
    if not valid:
        raise InvalidDsn("the DSN has no valid host")
    if not port:
        return host, None
    if not (port.isascii() and port.isdigit() and len(port) <= 5 and 0 < int(port) < 65536):
        raise InvalidDsn("the port of the DSN is not a number from 1 to 65535")
    return host, int(port)


def _to_ascii(host: str) -> str:
    """Encode an internationalized host name as it stands on the wire; empty if that can't be done."""
    if len(host) > _LONGEST_HOST:
        return ""
    try:
        return host.encode("idna").decode("ascii").lower()
    except UnicodeError:
        return ""


build_type_info(Dsn)
