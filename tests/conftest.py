"""Profiles of hypothesis, and how to repeat what a property test found.

Each run draws other examples, so that the tests go on looking. What failed is kept in `.hypothesis`, where the next run
tries it first. The report of the failure ends in the command that runs this example alone, on any machine with the same
version of hypothesis. A seed would not do: hypothesis draws constants from all modules that happen to be imported, too.
"""

import gzip
import os
import re
from collections.abc import Generator, Iterator

import hypothesis
import pytest
from hypothesis import HealthCheck, Phase, is_hypothesis_test, settings

# As Python does by itself from 3.14 on. Names of tests are made of compressed bodies, and each process that runs tests must
# list the same ones.
if gzip.compress.__kwdefaults__ is not None:
    gzip.compress.__kwdefaults__["mtime"] = 0

# Few examples, as the next run draws others; `HYPOTHESIS_PROFILE=fuzz`, which `make fuzz` sets, draws many.
settings.register_profile(
    "default",
    derandomize=False,
    print_blob=True,
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile(
    "fuzz", settings.get_profile("default"), max_examples=5000, suppress_health_check=list(HealthCheck)
)
# For tests that run once for each mutant: few and the same, and the first that fails will do.
settings.register_profile(
    "mutants",
    settings.get_profile("default"),
    derandomize=True,
    database=None,
    max_examples=15,
    phases=[Phase.explicit, Phase.generate],
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))

# Programs that are run, not imported; and what can't be imported where Relay's normalizer is missing. Pytest would keep the
# half of it that it had, and tests that need it would fail instead of being skipped.
collect_ignore = ["clients", "fuzz", "mutation", "distribution/outside", "distribution/smoke.py", "make_android_models.py"]
collect_ignore += ["oracle.py", "differential.py"]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--repeat", metavar="EXAMPLE", help="run property tests with this example of a failure alone")


def pytest_configure(config: pytest.Config) -> None:
    # Coverage measures the processes that run tests, but not those that tests start: that would take much longer, and some
    # run a copy of the package.
    if hasattr(config, "workerinput") or not config.getoption("numprocesses", None):
        os.environ.pop("COVERAGE_PROCESS_CONFIG", None)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    example = config.getoption("--repeat")
    for item in items:
        if example is not None and isinstance(item, pytest.Function) and is_hypothesis_test(item.obj):
            hypothesis.reproduce_failure(hypothesis.__version__, example.encode())(item.function)


@pytest.fixture(autouse=True, scope="module")
def _clock_of_strategies() -> Iterator[None]:
    """Let the strategies draw their times around the fixed one at which tests receive what is drawn: 2026-11-23."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("store_protocol.strategies.values.clock", lambda: 1795392000.0)
        yield


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.skipped and os.environ.get("REQUIRE_CLIENTS") and item.get_closest_marker("client"):
        # Where all clients were installed, one that isn't found is a fault.
        report.outcome = "failed"
        report.longrepr = f"skipped though REQUIRE_CLIENTS is set: {report.longrepr}"
    if report.when == "call" and report.failed:
        examples = re.findall(r"@reproduce_failure\('[^']*', b'([^']*)'\)", report.longreprtext)
        seeds = re.findall(r"--hypothesis-seed=\d+", report.longreprtext + report.capstdout)
        options = [f"--repeat={example}" for example in examples] or seeds
        commands = [f"python -m pytest '{item.nodeid}' {option}" for option in options]
        if commands:
            report.sections.append(("repeat with", "\n".join(dict.fromkeys(commands))))
    return report
