"""One target in the fuzzer: `python -m tests.fuzz.run TARGET FOUND SEEDS CORPUS... [options of libFuzzer]`.

A broken invariant doesn't end the run: its input is kept in the folder FOUND, the smallest for each place in the code,
with the traceback beside it, and the run goes on. `python -m tests.fuzz.run TARGET - FILE` raises it instead.
"""

import gc
import hashlib
import random
import shlex
import sys
import traceback
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["store_protocol"]):
    from store_protocol.preloading import preload
    from tests.fuzz import mutators, targets

    # What is imported later isn't instrumented.
    preload()

#: How often bytes are changed whatever they are.
_BLIND = 0.25


class Finds:
    """What broke an invariant, by the place in the code."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._smallest: dict[str, int] = {}

    def keep(self, error: Exception, data: bytes) -> None:
        places = [
            f"{Path(frame.f_code.co_filename).name}:{line}"
            for frame, line in traceback.walk_tb(error.__traceback__)
            if "store_protocol" in frame.f_code.co_filename or "fuzz" in frame.f_code.co_filename
        ]
        said = str(error)[:200] if isinstance(error, AssertionError) else ""
        key = hashlib.sha1(repr((type(error).__name__, places[-2:], said)).encode()).hexdigest()[:10]
        if len(data) >= self._smallest.get(key, sys.maxsize):
            return
        if key not in self._smallest:
            print(f"FOUND {key} {type(error).__name__} {places[-1:]} {said}", file=sys.stderr, flush=True)
        self._smallest[key] = len(data)
        self._folder.mkdir(parents=True, exist_ok=True)
        (self._folder / key).write_bytes(data)
        text = "".join(traceback.format_exception(error))
        (self._folder / f"{key}.txt").write_text(text, "utf-8", "backslashreplace")


def main() -> None:
    name, found, seeds, *arguments = sys.argv[1:]
    target, mutator = targets.TARGETS[name], mutators.MUTATORS[name]
    if found == "-":
        for module, attribute, value in targets.SMALLER:
            setattr(module, attribute, value)
        target(Path(seeds).read_bytes())
        return
    for module, attribute, value in targets.SMALLER:
        assert hasattr(module, attribute)
        setattr(module, attribute, value)
    for seed in sorted(Path(seeds, "event").iterdir()):
        mutators.learn(seed.read_bytes()[1:])
    finds = Finds(Path(found))

    def run(data: bytes) -> None:
        try:
            target(data)
        except Exception as error:  # noqa: BLE001  (whatever it is, it is a find)
            finds.keep(error, data)

    def mutate(data: bytes, max_size: int, seed: int) -> bytes:
        chance = random.Random(seed)

        def raw(part: bytes) -> bytes:
            return bytes(atheris.Mutate(bytes(part), max(1, min(max_size, 2 * len(part) + 20))))

        changed = raw(data) if chance.random() < _BLIND else mutator(bytes(data), chance, raw)
        return changed[:max_size]

    # What is there stays there; what is made is freed by its counts, but for tracebacks.
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000)
    # To merge corpora it runs itself.
    itself = shlex.join([sys.executable, "-m", "tests.fuzz.run", name, found, seeds])
    atheris.Setup([itself, *arguments], run, custom_mutator=mutate)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
