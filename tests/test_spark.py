"""Archives on a local cluster of Spark; `make test-spark` has all that it takes."""

import gzip
import json
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from store_protocol import Limits, NormalizeOptions
from store_protocol.spark import normalize, normalizer

OPTIONS = NormalizeOptions(received_at="2026-11-23T00:00:00Z")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ('{"message":"a"}', None),
        (bytearray(b'{"message":"a"}'), None),
        ("{", "invalid_json"),
        ('{"extra":[[[]]]}', "too_deep"),
    ],
)
def test_row_has_its_event_or_its_error(text: Any, code: str | None) -> None:
    event, found, reason = normalizer(OPTIONS, Limits(max_depth=3))(text)
    assert found == code and (event is None) == (reason is not None) == (code is not None)


@pytest.mark.parametrize("text", [None, "", " \n", bytearray(b"")])
def test_row_without_a_text_has_neither(text: Any) -> None:
    assert normalizer(OPTIONS)(text) == (None, None, None)


def test_row_that_is_done_again_gives_the_same() -> None:
    run = normalizer(OPTIONS)
    first, again, other = run('{"message":"a"}')[0], run('{"message":"a"}')[0], run('{"message":"b"}')[0]
    assert first is not None and other is not None
    assert first == again and json.loads(first)["event_id"] != json.loads(other)["event_id"]


@pytest.fixture(scope="module")
def spark() -> Iterator[Any]:
    # The workers are to be of the Python that runs the tests.
    os.environ["PYSPARK_PYTHON"] = os.environ["PYSPARK_DRIVER_PYTHON"] = sys.executable
    sql = pytest.importorskip("pyspark.sql", reason="make test-spark installs it")
    # Two tasks at a time, each of which may fail three times.
    session = sql.SparkSession.builder.master("local[2,4]").config("spark.ui.enabled", "false").getOrCreate()
    yield session
    session.stop()


COUNT, FILES = 2000, 4


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    folder = tmp_path / "events"
    folder.mkdir()
    for file in range(FILES):
        numbers = range(file, COUNT, FILES)
        lines = ["{broken" if number % 100 == 7 else json.dumps({"message": str(number)}) for number in numbers]
        (folder / f"{file}.jsonl.gz").write_bytes(gzip.compress("\n".join(lines).encode()))
    return folder


def messages(folder: Path) -> list[int]:
    lines = [line for file in sorted(folder.glob("part-*")) for line in file.read_text().splitlines()]
    return sorted(int(json.loads(line)["logentry"]["formatted"]) for line in lines)


WANTED = [number for number in range(COUNT) if number % 100 != 7]


def test_archive_is_normalized_and_rejects_stand_apart(spark: Any, archive: Path, tmp_path: Path) -> None:
    found = normalize(spark.read.text(str(archive)), OPTIONS)
    assert found.columns == ["value", "event", "code", "reason"] and found.rdd.getNumPartitions() >= 2
    found.where("event IS NOT NULL").select("event").write.text(str(tmp_path / "out"))
    assert messages(tmp_path / "out") == WANTED
    rejects = found.where("event IS NULL").collect()
    assert len(rejects) == COUNT - len(WANTED)
    assert {(row.value, row.code) for row in rejects} == {("{broken", "invalid_json")}


def test_time_of_receipt_is_the_same_for_all_rows(spark: Any, archive: Path) -> None:
    found = normalize(spark.read.text(str(archive))).where("event IS NOT NULL").collect()
    assert len({json.loads(row.event)["received"] for row in found}) == 1


def test_nothing_is_lost_or_doubled_when_a_worker_is_killed(spark: Any, archive: Path, tmp_path: Path) -> None:
    marker = str(tmp_path / "killed")

    def kill_once(_: str) -> None:
        try:
            os.close(os.open(marker, os.O_CREAT | os.O_EXCL))
        except FileExistsError:
            return
        os.kill(os.getpid(), signal.SIGKILL)

    options = NormalizeOptions(received_at="2026-11-23T00:00:00Z", client_ip="127.0.0.1", geoip_lookup=kill_once)
    found = normalize(spark.read.text(str(archive)), options)
    found.where("event IS NOT NULL").select("event").write.text(str(tmp_path / "out"))
    assert Path(marker).exists() and messages(tmp_path / "out") == WANTED
