"""Build the wheel and the sdist of the last commit, twice, and check what is in them.

    python -m tests.distribution.build dist

The second build has another folder, other times of its files, another umask, time zone, locale and seed of hashes. Both
must give the same bytes. `SOURCE_DATE_EPOCH`, the time that everything in an archive bears, is that of the commit. The
sdist must hold every file of the commit but those in `LEFT_OUT`, and some of its tests must pass where it was unpacked.
"""

import argparse
import hashlib
import io
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path

ROOT = Path(__file__).parents[2]
#: What only a checkout needs.
LEFT_OUT = (".ci/", ".pre-commit-config.yaml")
#: Tests that read from every folder that the tests need: docs, data, examples, the package itself.
SOME_TESTS = (
    "tests/project/test_docs.py",
    "tests/test_captures.py",
    "tests/project/test_dependencies.py",
    "store_protocol/dsn.py",
)


def git(*arguments: str) -> bytes:
    return subprocess.run(["git", *arguments], cwd=ROOT, check=True, capture_output=True).stdout


def check_out(folder: Path) -> None:
    """Put the last commit into a folder."""
    with tarfile.open(fileobj=io.BytesIO(git("archive", "HEAD"))) as tar:
        tar.extractall(folder, filter="data")


def build(source: Path, target: Path, epoch: str, *, otherwise: bool) -> None:
    """Build both from a source tree, in surroundings that are `otherwise` or not."""
    if otherwise:
        for path in source.rglob("*"):
            os.utime(path, (1_000_000_000, 1_000_000_000))
    surroundings = {"TZ": "Asia/Tokyo", "LC_ALL": "C", "PYTHONHASHSEED": "1"} if otherwise else {}
    subprocess.run(
        [sys.executable, "-m", "build", "--no-isolation", "--outdir", target, source],
        check=True,
        stdout=subprocess.DEVNULL,
        env={**os.environ, **surroundings, "SOURCE_DATE_EPOCH": epoch},
        umask=0o077 if otherwise else 0o022,
    )


def members(path: Path) -> dict[str, str]:
    """Return the files in an archive, each with what tells it from another: its bytes, its mode and its time."""

    def told(data: bytes, *facts: object) -> str:
        return f"{hashlib.sha256(data).hexdigest()} {facts}"

    if path.suffix == ".whl":
        with zipfile.ZipFile(path) as archive:
            return {
                each.filename: told(archive.read(each), each.external_attr, each.date_time) for each in archive.infolist()
            }
    with tarfile.open(path) as tar:
        found = {}
        for each in tar:
            data = tar.extractfile(each)
            found[each.name] = told(data.read() if data else b"", each.mode, each.mtime, each.uid, each.gid, each.uname)
        return found


def differences(one: Path, other: Path) -> list[str]:
    """Return what differs between two folders of archives: the archives, and in each the files."""
    names = sorted({path.name for folder in (one, other) for path in folder.iterdir()})
    found = []
    for name in names:
        first, second = one / name, other / name
        if not (first.exists() and second.exists()):
            found.append(f"{name} was built once")
        elif first.read_bytes() != second.read_bytes():
            inside, again = members(first), members(second)
            differing = [each for each in sorted(inside.keys() | again.keys()) if inside.get(each) != again.get(each)]
            found += [f"{name}: {each} differs" for each in differing] or [
                f"{name}: the files are alike, their order is not"
            ]
    return found


def missing(tracked: list[str], sdist: Path) -> list[str]:
    """Return the files of the commit that the sdist lacks."""
    held = {name.partition("/")[2] for name in members(sdist)}
    return [name for name in tracked if name not in held and not name.startswith(LEFT_OUT)]


def check_sdist(sdist: Path, folder: Path) -> None:
    """Run some tests of the sdist where nothing else is."""
    with tarfile.open(sdist) as tar:
        tar.extractall(folder, filter="data")
    (source,) = folder.iterdir()
    subprocess.run(
        [sys.executable, "-m", "pytest", "--quiet", "-p", "no:cacheprovider", *SOME_TESTS],
        check=True,
        cwd=source,
        env={**os.environ, "PYTHONPATH": str(source)},
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("target", type=Path, help="the folder for both, which is made anew")
    target: Path = parser.parse_args().target
    if git("status", "--porcelain"):
        print("what is not committed is not built")
    epoch = git("log", "-1", "--format=%ct").decode().strip()
    shutil.rmtree(target, ignore_errors=True)
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        for name, otherwise in (("source", False), ("a-folder-of-another-name", True)):
            check_out(folder / name)
            build(folder / name, folder / f"built-{name}", epoch, otherwise=otherwise)
        built, again = folder / "built-source", folder / "built-a-folder-of-another-name"
        if differing := differences(built, again):
            raise SystemExit("two builds of the same commit differ:\n" + "\n".join(differing))
        (sdist,) = built.glob("*.tar.gz")
        if absent := missing(git("ls-tree", "-r", "--name-only", "-z", "HEAD").decode().split("\0")[:-1], sdist):
            raise SystemExit("the sdist lacks files of the commit:\n" + "\n".join(absent))
        check_sdist(sdist, folder / "unpacked")
        shutil.copytree(built, target)
    for path in sorted(target.iterdir()):
        print(f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path}")


if __name__ == "__main__":
    main()
