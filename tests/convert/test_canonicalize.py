"""Values that C has typed, brought into canonical form."""

from store_protocol.convert.canonicalize import canonicalizer_of
from store_protocol.convert.context import ConvertContext
from store_protocol.meta.tree import MetaTree
from store_protocol.schema.sdk import Sdk
from store_protocol.schema.user import User


def test_settlers_note_what_must_be_there() -> None:
    notes = MetaTree()
    settle = canonicalizer_of(Sdk)
    assert settle is not None
    settle(Sdk(name="a"), ("sdk",), ConvertContext(notes))
    assert [*notes.root.children["sdk"].children] == ["version"]
    assert canonicalizer_of(User) is None
