"""Where the tests of a module stand: those of a folder of the package in the same folder of `tests`.

At the top of `tests` are those of modules at the top of the package, and of what many modules do together.
"""

from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
PACKAGE = TESTS.parent / "store_protocol"
#: Folders of `tests` that stand for none of the package.
OF_TESTS_ALONE = {"checks", "clients", "data", "distribution", "fuzz", "mutation", "project"}


def folders(of: Path) -> set[str]:
    """Return the folders of a folder that hold Python, however deep, by their path in it."""
    return {path.parent.relative_to(of).as_posix() for path in of.rglob("*.py")} - {"."}


def test_each_folder_of_tests_is_one_of_the_package() -> None:
    found = {folder for folder in folders(TESTS) if folder.split("/")[0] not in OF_TESTS_ALONE}
    assert found <= folders(PACKAGE)


@pytest.mark.parametrize("folder", sorted(folders(PACKAGE)))
def test_each_folder_of_the_package_has_tests(folder: str) -> None:
    assert [*(TESTS / folder).glob("test_*.py")]


def test_module_at_the_top_has_its_tests_at_the_top() -> None:
    wrong = [
        path.relative_to(TESTS).as_posix()
        for path in TESTS.rglob("test_*.py")
        if path.parent != TESTS and (PACKAGE / f"{path.stem.removeprefix('test_')}.py").exists()
    ]
    assert wrong == []
