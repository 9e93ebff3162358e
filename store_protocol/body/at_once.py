"""A whole body in single calls of the C libraries, where these can be bounded: the way that nearly every body takes.

`decode_at_once` leaves whatever is not ordinary (several members, a large, broken or oversized body, several codings) to
the stages of `BodyDecoder`: it returns None, and they decide and word the error. So it only has to make sure that it
decodes nothing that the stages would refuse or decode otherwise.
"""

from store_protocol.body.codings import CODINGS, unsupported
from store_protocol.body.codings.base import CHUNK, Undone
from store_protocol.body.sniff import begins_as
from store_protocol.body.sniff import sniff as sniffed
from store_protocol.limits import BodyKind, Limits, Reserve


def decode_at_once(
    body: bytes,
    codings: tuple[str, ...],
    limits: Limits,
    *,
    sniff: bool,
    kind: BodyKind,
    reserve: Reserve | None = None,
    most: int | None = None,
) -> Undone | None:
    """Return the plain bytes of a body and the codings undone, or None for a body that has to go through the stages.

    A body that decodes to more than `most` bytes goes through the stages. With `reserve` these are as many as the stages
    decode before they call it.
    """
    if reserve is not None:
        most = min(kind.max_plain(limits), CHUNK)
        done = decode_at_once(body, codings, limits, sniff=sniff, kind=kind, most=most)
        if done is not None and done[1]:
            reserve(len(done[0]))
        return done
    max_plain = kind.max_plain(limits)
    if most is None:
        most = max_plain
    if codings:
        try:
            coding = CODINGS.by_name[codings[0]]
        except KeyError:
            raise unsupported(codings[0]) from None
        if len(codings) > 1 or len(body) > coding.max_at_once or len(body) > kind.max_compressed(limits):
            return None
        undone = coding.at_once(body, most, limits)
        if undone is None or not sniff or undone[0].startswith(b"{"):
            return undone
        # What is wrapped once more, or begins as something that is in no coding, is left to the stages.
        is_doubtful = not coding.magic and begins_as(body) is not None
        return None if is_doubtful or sniffed(undone[0]) is not None else undone
    # JSON nearly always begins with a brace: no closer look is needed.
    name = None if not sniff or body.startswith(b"{") else sniffed(body)
    if name is None:
        return (body, ()) if len(body) <= max_plain else None
    coding = CODINGS[name]
    if len(body) > coding.max_at_once or len(body) > kind.max_compressed(limits):
        return None
    undone = coding.at_once(body, most, limits)
    if undone is None or not coding.is_wrapper or undone[0].startswith(b"{"):
        return undone
    plain, outer = undone
    if (name := sniffed(plain)) is None:
        return undone
    coding = CODINGS[name]
    # The stages look for no wrapper in a wrapper.
    if coding.is_wrapper or len(plain) > coding.max_at_once:
        return None
    undone = coding.at_once(plain, most, limits)
    return None if undone is None else (undone[0], outer + undone[1])
