"""The parts of a form."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store_protocol import Limits, errors
from store_protocol.endpoints.multipart import parse_multipart
from tests.endpoints.test_minidump import DUMP, DUMP_PART, form, part, sent


def test_file_names_are_read_as_browsers_and_curl_write_them() -> None:
    submission = sent(form(part("upload_file_minidump", DUMP, "we%22ird é.dmp")))
    assert submission.attachments[0].filename == 'we"ird é.dmp'


@pytest.mark.parametrize("limits", [Limits(max_part_headers=1), Limits(max_part_header_bytes=30)])
def test_headers_of_parts_are_bounded(limits: Limits) -> None:
    with pytest.raises(errors.InvalidMultipart):
        sent(form(DUMP_PART), limits=limits)


@given(
    st.lists(
        st.tuples(st.text("abc[]_sentry", max_size=12), st.binary(max_size=30), st.none() | st.text("ab.", max_size=5))
    )
)
def test_property_parts_come_out_as_they_went_in(parts: list[tuple[str, bytes, str | None]]) -> None:
    usable = [(name, data, filename) for name, data, filename in parts if b"--xyz" not in data]
    if usable:
        found = parse_multipart(
            form(*(part(name, data, filename) for name, data, filename in usable)), "xyz", limits=Limits()
        )
        assert [(each.name, each.data, each.filename) for each in found] == usable
