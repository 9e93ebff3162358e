"""What the codings share."""

import pytest

from store_protocol.body.codings.base import MemberCounter
from store_protocol.errors import CorruptBody


def test_one_member_too_many_is_refused() -> None:
    members = MemberCounter("x", "parts", 2)
    members.count()
    members.count()
    with pytest.raises(CorruptBody, match="corrupt x body: too many parts"):
        members.count()
