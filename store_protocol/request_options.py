"""What a request tells of its events beside them: its credentials, its project, and options of normalization."""

from collections.abc import Mapping
from typing import Any

from store_protocol.auth import Auth, Credentials
from store_protocol.convert.timestamps import moment
from store_protocol.dsn import Dsn
from store_protocol.errors import ContradictoryAuth, InvalidDsn
from store_protocol.identifiers import is_identifier
from store_protocol.normalize import NormalizeOptions


def resolve_credentials(
    credentials: Credentials, project_id: str | None, headers: Mapping[str, Any]
) -> tuple[Auth | None, str | None]:
    """Return the credentials and the project of a request, which the headers of an envelope may name too."""
    text = headers.get("dsn")
    try:
        dsn = Dsn.parse(text) if isinstance(text, str) else None
    except InvalidDsn:
        # SDKs put in what the application configured; where the request names the key, it isn't needed.
        dsn = None
    auth = credentials.auth
    if dsn is None:
        return auth, project_id
    if auth is not None and auth.public_key != dsn.public_key:
        if not credentials.is_login:
            raise ContradictoryAuth("the request and the envelope in it name different public keys")
        auth = None
    if project_id is not None and project_id != dsn.project_id:
        raise ContradictoryAuth("the path and the envelope name different projects")
    return auth or Auth(dsn.public_key, secret_key=dsn.secret_key), dsn.project_id


def told_by_auth(options: NormalizeOptions, auth: Auth | None, project_id: str | None) -> dict[str, Any]:
    """Return the options that the credentials and the project of a request tell, where `options` say nothing."""
    told: dict[str, Any] = {}
    if auth is not None:
        if options.client is None:
            told["client"] = auth.client
        if options.protocol_version is None:
            told["protocol_version"] = str(auth.version)
    if options.project_id is None and project_id and project_id.isdecimal() and int(project_id) < 2**64:
        told["project_id"] = int(project_id)
    return told


def client_hints(headers: dict[str, str]) -> dict[str, str] | None:
    """Return the client hints among headers with names in lower case, by the names that options have for them."""
    return {name.replace("-", "_"): value for name, value in headers.items() if name.startswith("sec-ch-ua")} or None


def told_by_envelope(headers: dict[str, Any]) -> dict[str, Any]:
    """Return the options that the headers of an envelope tell: the client's clock, and how its trace was sampled."""
    trace = headers.get("trace")
    told: dict[str, Any] = {}
    # As seconds, so that the text is parsed once.
    if (sent_at := moment(headers.get("sent_at"))) is not None:
        told["sent_at"] = sent_at
    if isinstance(trace, dict):
        try:
            rate = float(trace.get("sample_rate", "nan"))
        except (TypeError, ValueError):
            rate = -1.0
        told["client_sample_rate"] = rate if 0 <= rate <= 1 else None
        replay_id = trace.get("replay_id")
        told["replay_id"] = replay_id if isinstance(replay_id, str) and replay_id else None
    return told


def project_of(project: Any) -> str | None:
    """Return the project that an event names, None without a valid one. Clients before 2012 put it there."""
    text = str(project) if type(project) in {str, int} else ""
    return text if is_identifier(text) else None
