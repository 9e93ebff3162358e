"""Details of other packages that ours relies on though they promise nothing of them: what pyproject.toml has bounds for."""

import logging
import re
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import msgspec
import pytest
import zstandard

import store_protocol
from store_protocol.payload import repairer
from store_protocol.reading import wire_event as received
from tests.distribution import audit, build, lowest

ROOT = Path(__file__).parents[2]
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


@pytest.mark.parametrize(
    ("pattern", "name", "event"),
    [
        (received._UNKNOWN, "_UNKNOWN", b'{"trimHeadFrames": 1}'),
        (received._OLD_BREADCRUMB, "_OLD_BREADCRUMB", b'{"breadcrumbs": [{"ty": "http"}]}'),
        (received._OLD_BREADCRUMB, "_OLD_BREADCRUMB", b'{"breadcrumbs": {"values": [{"ty": "http"}]}}'),
        (received._BIG_INTEGER, "_BIG_INTEGER", b'{"extra": {"a": [18446744073709551616]}}'),
        (received._BIG_INTEGER, "_BIG_INTEGER", b'{"extra": {"a": -9223372036854775809}}'),
        (received._BIG_INTEGER, "_BIG_INTEGER", b'{"exception": {"values": [{"thread_id": 18446744073709551616}]}}'),
    ],
)
def test_msgspec_words_what_it_refuses_as_the_reader_expects(pattern: re.Pattern[str], name: str, event: bytes) -> None:
    with pytest.raises(msgspec.ValidationError) as refused:
        received.decoder(closed=True, old=False).decode(event)
    assert pattern.fullmatch(str(refused.value)), (
        f"msgspec {msgspec.__version__} says {str(refused.value)!r} of {event!r}, which `{name}` in reading/wire_event.py "
        "doesn't match: such events would be read the slow way. Adapt the pattern, or the bound in pyproject.toml."
    )


def test_msgspec_does_not_blame_an_unknown_attribute_for_another_fault() -> None:
    with pytest.raises(msgspec.ValidationError) as refused:
        received.decoder(closed=True, old=False).decode(b'{"exception": 1}')
    assert not received._UNKNOWN.fullmatch(str(refused.value))


def test_msgspec_tells_the_byte_at_which_a_text_is_no_json() -> None:
    with pytest.raises(msgspec.DecodeError) as refused:
        msgspec.json.decode(b'{"a": oops}')
    found = repairer._at_byte.search(str(refused.value))
    assert found, (
        f"msgspec {msgspec.__version__} says {str(refused.value)!r}, where `_at_byte` in payload/repairer.py finds "
        "nothing. Adapt the pattern, or the bound in pyproject.toml."
    )
    assert found[1] == "6"


def test_zstandard_words_a_window_that_is_too_large_as_the_stage_expects() -> None:
    parameters = zstandard.ZstdCompressionParameters(window_log=27, write_content_size=False)
    compressor = zstandard.ZstdCompressor(compression_params=parameters).compressobj()
    frame = compressor.compress(b"{}") + compressor.flush()
    with pytest.raises(zstandard.ZstdError) as refused:
        zstandard.ZstdDecompressor(max_window_size=1 << 20).decompressobj().decompress(frame)
    assert "memory" in str(refused.value), (
        f"zstandard {zstandard.__version__} says {str(refused.value)!r} of a window that is too large, which `Zstd` in "
        "body/codings/zstd.py takes for a corrupt body. Adapt the word, or the bound in pyproject.toml."
    )


def test_python_multipart_has_what_the_reader_of_forms_uses() -> None:
    from python_multipart import exceptions, multipart

    assert issubclass(exceptions.MultipartParseError, ValueError)
    assert issubclass(exceptions.FormParserError, ValueError)
    parser = multipart.MultipartParser(b"b", {}, max_header_count=1, max_header_size=1)
    assert isinstance(parser.logger, logging.Logger), "parse_multipart in endpoints/multipart.py silences `parser.logger`"


#: What cli/http_server.py uses of a connection of uvicorn's, beside what asyncio calls.
OF_UVICORN = {
    "_unset_keepalive_if_required",
    "on_body",
    "on_headers_complete",
    "on_message_begin",
    "on_message_complete",
    "on_response_complete",
    "timeout_keep_alive_handler",
}


def test_uvicorn_has_what_serve_bounds() -> None:
    from uvicorn.protocols.http import httptools_impl

    assert set(dir(httptools_impl.HttpToolsProtocol)) >= OF_UVICORN
    assert httptools_impl.STATUS_LINE[408].startswith(b"HTTP/1.1 408 ")


@pytest.mark.parametrize("package", ["msgspec", "zstandard", "python-multipart", "uvicorn[standard]"])
def test_what_is_relied_on_is_bounded(package: str) -> None:
    (requirement,) = (each for each in lowest.requirements(PROJECT) if each.startswith(package))
    assert ",<" in requirement


def test_version_is_told_in_one_place() -> None:
    assert "version" in PROJECT["dynamic"]
    told = [
        path.name for path in ROOT.glob("store_protocol/**/*.py") if store_protocol.__version__ in path.read_text("utf-8")
    ]
    assert told == ["_version.py"]


def test_every_package_that_is_needed_has_a_lowest_version() -> None:
    found = lowest.constraints(PROJECT)
    assert {"msgspec==0.20", "brotli==1.2", "uvicorn==0.34"} <= set(found)
    needed = {re.split(r"[\[<>=]", each)[0] for each in lowest.requirements(PROJECT)}
    assert {line.partition("==")[0] for line in found} == needed


@pytest.mark.parametrize(
    "dependencies",
    [["a"], ["a<2"], ["a>=1", "a>=2"], ["a; python_version >= '3.12'"]],
)
def test_package_without_one_lowest_version_is_an_error(dependencies: list[str]) -> None:
    with pytest.raises(ValueError, match="lowest version"):
        lowest.constraints({"name": "ours", "dependencies": dependencies, "optional-dependencies": {}})


KNOWN = {"name": "b", "version": "1", "vulns": [{"id": "PYSEC-1", "fix_versions": ["2"]}]}
FINE = {"name": "a", "version": "1", "vulns": []}
SKIPPED = {"name": "c", "skip_reason": "not found"}


@pytest.mark.parametrize(
    ("packages", "status", "said"),
    [
        ([FINE], 0, "1 of 1 packages were checked"),
        ([FINE, KNOWN], 1, "b 1: PYSEC-1, mended in 2"),
        ([KNOWN, SKIPPED], 1, "c was not checked: not found"),
        ([FINE, SKIPPED], 2, "1 of 2 packages were checked"),
        ([SKIPPED, SKIPPED], 2, audit.NO_DATA),
        ([], 2, audit.NO_DATA),
    ],
)
def test_audit_is_a_success_only_where_all_was_checked(packages: list[dict[str, Any]], status: int, said: str) -> None:
    found, lines = audit.verdict(packages)
    assert found == status
    assert said in lines


def test_audit_of_an_offline_machine_says_that_nothing_was_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    # It takes seconds to make the venv that nothing then comes into.
    monkeypatch.setattr("venv.create", lambda *_, **__: None)

    def offline(command: list[str]) -> str:
        raise subprocess.CalledProcessError(1, command, stderr="no such host\n")

    assert audit.audit(offline) == (2, ["no such host", "no vulnerability data could be had: nothing was checked"])


def test_builds_that_differ_are_told_apart(tmp_path: Path) -> None:
    import zipfile

    for folder, text in (("one", "a"), ("other", "b")):
        (tmp_path / folder).mkdir()
        with zipfile.ZipFile(tmp_path / folder / "p.whl", "w") as archive:
            archive.writestr(zipfile.ZipInfo("same.py"), "same")
            archive.writestr(zipfile.ZipInfo("differs.py"), text)
    (tmp_path / "one" / "only.tar.gz").write_bytes(b"")
    found = build.differences(tmp_path / "one", tmp_path / "other")
    assert found == ["only.tar.gz was built once", "p.whl: differs.py differs"]
    assert build.differences(tmp_path / "one", tmp_path / "one") == []


def test_extra_all_has_all_but_spark() -> None:
    extras = PROJECT["optional-dependencies"]
    (every,) = extras["all"]
    assert set(re.fullmatch(r"store-protocol\[(.*)\]", every)[1].split(",")) == {*extras} - {"all", "spark"}  # type: ignore[index]


def test_changes_begin_with_those_of_this_version() -> None:
    changes = (ROOT / "CHANGELOG.md").read_text("utf-8")
    assert re.findall(r"^## (\S+)", changes, re.MULTILINE)[0] in {store_protocol.__version__, "Unreleased"}


def test_pythons_of_the_classifiers_are_those_of_the_readme() -> None:
    told = " ".join((ROOT / "README.md").read_text("utf-8").split())
    versions = re.findall(r"Python :: (3\.\d+)'", str(PROJECT["classifiers"]))
    *tested, untested = versions
    assert f"the tests run on {', '.join(tested[:-1])} and {tested[-1]}, and have not run on {untested}" in told
