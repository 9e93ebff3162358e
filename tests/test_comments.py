"""Sentences above names in the source."""

from pathlib import Path

import pytest

from store_protocol import comments


def test_sentence_stands_above_the_name_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "declared.py").write_text(
        "from typing import Literal\n"
        "#: Of the module,\n#: on two lines.\nLIMIT = 1\n# no sentence\nOTHER = 2\n"
        "class One:\n    #: Of a field.\n    a: int = 0\n\n    b: int = 0\n"
        "#: Of the alias.\nKind: type = Literal[\n    #: Of a member.\n    'c',\n    'd',\n]\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    import declared  # type: ignore[import-not-found]

    assert declared.LIMIT == 1
    assert comments.sentences("declared") == {"LIMIT": "Of the module, on two lines.", "Kind": "Of the alias."}
    assert comments.sentences("declared", "One") == {"a": "Of a field."}
    assert comments.sentences("declared", "Kind") == {"c": "Of a member."}
    assert comments.sentences("declared", "Two") == {}


def test_without_a_source_there_are_no_sentences(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("inspect.getsource", _no_source)
    monkeypatch.setattr(comments, "parsed", comments.parsed.__wrapped__)
    assert comments.sentences.__wrapped__("store_protocol.limits") == {}


def _no_source(_: object) -> str:
    raise OSError
