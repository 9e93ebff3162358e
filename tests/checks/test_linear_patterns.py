"""The check that the package's patterns take linear time, the matcher that counts, and the patterns under it."""

import json
import re
import subprocess
import sys
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.checks.ambiguity import fault_of
from tests.checks.backtracking import Matcher, texts_for
from tests.checks.linear_patterns import complaint
from tests.checks.package_patterns import Use
from tests.checks.programs import NotKnown

#: Characters of a text whose steps are counted, and four times as many.
SHORT, LONG = 100, 400
#: What the longer text may take of the shorter one's steps: four times as many, and what every text takes.
MOST = 4.5


@lru_cache(maxsize=1)
def matcher_of(pattern: str | bytes, flags: int) -> Matcher:
    return Matcher(pattern, flags)


def counted(use: Use, text: str | bytes) -> int:
    matcher = matcher_of(use.pattern, use.flags)
    runs = {"match": matcher.match, "fullmatch": matcher.fullmatch, "search": matcher.findall}
    return max(runs[way](text).steps for way in use.ways)


def growth(use: Use) -> list[tuple[float, str | bytes]]:
    """How many times as long four times the text takes, for each of some texts that are hard for a pattern."""
    texts = zip(*(texts_for(use.pattern, use.flags, size) for size in (SHORT, LONG)), strict=True)
    return [(counted(use, long) / max(SHORT, counted(use, short)), long) for short, long in texts]


REFUSED = [
    *((pattern, "match") for pattern in (r"(a+)+b", r"(a|aa)+b", r"(?:a|b|ab)*c", r"(?:ab?|ba)+c", r"(.+)+\Z")),
    *((pattern, "match") for pattern in (r"a*a*b", r"%0*\d+x", r".*.*x", r"\d+\d+x", r"\w*\d*!", r"a*(?:b|a)*c")),
    *((pattern, "match") for pattern in (r"a*b?a*c", r"x*(?:ab|x)*y", r"(?:ab)*(?:abab)*c")),
    *((pattern, "match") for pattern in (r"(\d+\.\d+\.(\d+)).*\Z", r"(?ai)[a-z]*A*!")),
    *((pattern, "fullmatch") for pattern in (r"a*a+", r"(?:a|ab*)*b*")),
    *((pattern, "search") for pattern in (r"\s+$", r"\s++$", r"a+b", r"[^,]*,", r"(\d+)-(\d+)", r"(?>a+)b", r"a+?b")),
    *((pattern, "search") for pattern in (r'"(?:[^"\\]|\\.)*"', r"[a-z]+@", r"(?:ab)+c", r"(?:a+b|a)", r".*x", r"\d+\b!")),
    *(
        (pattern, "search")
        for pattern in (
            r"a.*b",
            r"(?<![ab])[a-c]+d",
            r"(?<=[ab])a*c",
            r"\{[^}]*\}",
            r"(?=a)a+b",
            r"[ab](?:b*c)?",
            r"^a|a+b",
        )
    ),
]


@pytest.mark.parametrize(("pattern", "way"), REFUSED)
def test_patterns_that_are_not_linear_are_refused_and_take_more_steps(pattern: str, way: str) -> None:
    fault = fault_of(pattern, ways={way})
    assert fault is not None
    prefix, pump = ("".join(map(chr, codes)) for codes in (fault.prefix, fault.pump))
    # An exponential pattern would never end.
    short, long = (3, 6) if "two ways" in fault.reason else (30, 120)
    steps = [
        max(counted(Use("", pattern, 0, frozenset({way})), prefix + pump * times + end) for end in ("", "\n", "~"))
        for times in (short, long)
    ]
    assert steps[1] > 2 * steps[0] * long / short


@pytest.mark.parametrize(
    ("pattern", "way"),
    [
        *((pattern, "match") for pattern in (r"[^,]*,", r"\s+$", r"a+b", r"(a|b)*c", r"(?:x+y+)*z", r"(?:[a-z]+\.)+com")),
        *(
            (pattern, "match")
            for pattern in (r"a*a+", r"a*?a{3}a*", r"a*+a*b", r"(?:a*b)*+a*c", r"%[#0]*+\d++x", r"(?P<name>.*) \d+\.\d+")
        ),
        *((pattern, "match") for pattern in (r"[0-9a-f]{1,64}", r"(?:a{1,6})(?:a{1,3})?b", r"(?:a?b?)c", r"")),
        *((pattern, "search") for pattern in (r"^\s+$", r"[^/\\]+", r"\d{19}", r"\{(\w+)?\}", r"\b0[xX][0-9a-f]+\b")),
        *((pattern, "search") for pattern in (r"(?<![a-c])[a-c]*?aaa[a-c]*+", r"(?<=b)a*c")),
        *((pattern, "search") for pattern in (r"\Aa*b|\Ab*c", r":[0-9]+\.([0-9]+)", r"a|b|c", r"(?<=a)b", r"%\w++!")),
        *((pattern, "search") for pattern in (r'"[^"\\]*+(?:\\[\s\S]?+[^"\\]*+)*+"?+', r'(?:[^;"]++|"[^"]*+"?+)++')),
    ],
)
def test_patterns_that_are_linear_pass_and_take_steps_in_proportion(pattern: str, way: str) -> None:
    use = Use("", pattern, 0, frozenset({way}))
    assert complaint(use) is None
    assert not [(times, text) for times, text in growth(use) if times > MOST]


@pytest.mark.parametrize(
    "pattern",
    [
        r"a{0,8}a{0,8}a{0,8}a{0,8}b",
        r"(a+)\1",
        r"(a)?(?(1)b|c)",
        r"(?i)é",
        r"(?m)^a",
        r"(?=a*b)a",
        r"(?:a*)*",
        r"a{100}",
        r"(?:a?){2,}",
    ],
)
def test_what_is_not_known_is_refused(pattern: str) -> None:
    with pytest.raises(NotKnown):
        fault_of(pattern, ways={"match"})
    assert "isn't known to be linear" in (complaint(Use("a:1", pattern, 0, frozenset({"match"}))) or "")


def _patterns() -> st.SearchStrategy[str]:
    """Patterns of few characters, with everything that the package's may hold."""
    atoms = st.sampled_from(
        [
            "a",
            "b",
            ".",
            "[ab]",
            "[^a]",
            "(?i:i)",
            "(?i:[^i-k])",
            r"\d",
            r"\w",
            r"\s",
            r"\b",
            r"\B",
            "^",
            "$",
            r"\Z",
            "(?<=a)",
        ]
    )

    def larger(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
        repeats = st.sampled_from(["*", "+", "?", "{1,2}", "{2}", "{0,3}"])
        return (
            st.tuples(inner, inner).map("".join)
            | st.tuples(inner, inner).map(lambda pair: f"(?:{pair[0]}|{pair[1]})")
            | st.tuples(inner, repeats, st.sampled_from(["", "?", "+"])).map(
                lambda each: f"(?:{each[0]}){each[1]}{each[2]}"
            )
            | st.tuples(st.sampled_from(["(?>", "(?=", "(?!", "("]), inner).map(lambda pair: f"{pair[0]}{pair[1]})")
        )

    return st.recursive(atoms, larger, max_leaves=6)


# In a text without characters versions of Python differ.
@given(_patterns(), st.text("abAiI1 \n\u0131\u0130\u2028\u0663", min_size=1, max_size=8))
def test_property_matcher_that_counts_matches_as_re_does(pattern: str, text: str) -> None:
    try:
        matcher = Matcher(pattern)
    except NotKnown:
        return
    compiled = re.compile(pattern)
    for name in ("match", "fullmatch", "search"):
        found = getattr(compiled, name)(text)
        assert getattr(matcher, name)(text).span == (found and found.span()), name


@given(_patterns(), st.sampled_from(["match", "fullmatch", "search"]))
def test_property_no_pattern_that_passes_takes_more_steps(pattern: str, way: str) -> None:
    use = Use("", pattern, 0, frozenset({way}))
    if complaint(use) is None:
        texts = zip(*(texts_for(pattern, 0, size) for size in (60, 240)), strict=True)
        for short, long in texts:
            # What is left out at the ends weighs more in short texts.
            assert counted(use, long) <= 5 * max(300, counted(use, short)), (pattern, long)


@cache
def listed() -> list[Use]:
    """The patterns of the package, found by a process of its own, as they are found by importing."""
    found = subprocess.run(
        [sys.executable, "-m", "tests.checks.linear_patterns", "--list"], check=True, capture_output=True, text=True
    )
    uses = []
    for line in found.stdout.splitlines():
        where, pattern, is_text, flags, ways = json.loads(line)
        uses.append(Use(where, pattern if is_text else pattern.encode("latin-1"), flags, frozenset(ways)))
    return uses


def test_patterns_of_the_package_are_found() -> None:
    by_module: dict[str, list[Use]] = {}
    for use in listed():
        by_module.setdefault(use.where.partition(":")[0], []).append(use)
    assert len(listed()) > 80
    # Compiled by name, by a function, handed to msgspec, and handed to `re` at run time.
    assert [use.ways for use in by_module["store_protocol.identifiers"]] == [{"fullmatch"}]
    assert any(
        b"{0,1000}" in use.pattern for use in by_module["store_protocol.payload.grammar"] if type(use.pattern) is bytes
    )
    assert any(
        use.ways == {"search"} and use.pattern == r"^[0-9a-f]{32}\Z" for use in by_module["store_protocol.convert.rules"]
    )
    assert any(use.pattern == "[a-zA-Z]*" for use in by_module["store_protocol.normalize.steps.contexts"])


def test_patterns_of_the_package_are_linear() -> None:
    assert [found for use in listed() if (found := complaint(use)) is not None] == []


def test_patterns_of_the_package_take_steps_in_proportion_to_the_text() -> None:
    for use in listed():
        worst = max(growth(use), default=(0.0, ""))
        assert worst[0] <= MOST, (use, worst[1][:100])


MODULE = """
import re
import msgspec
from typing import Annotated

ANCHORED = re.compile("a")
SEARCHED = re.compile("b")
HANDED = re.compile("c")
bound = re.compile("d").match
replacing = re.compile("e", re.ASCII).sub
TWO = [re.compile(each) for each in ("f", "g")]
LENGTH = "[0-9]{%d}" % 3
Name = Annotated[str, msgspec.Meta(pattern="^h*$")]
elsewhere = re.compile("i")
UNUSED = re.compile("j")


def use(text):
    if ANCHORED.match(text) or ANCHORED.fullmatch(text):
        return SEARCHED.search(text)
    if re.match(LENGTH, text) or re.split("k", text) or re.match(SEARCHED, text):
        return list(map(HANDED.match, text)), HANDED
    return re.compile(rf"{LENGTH}l", flags=re.DOTALL)
"""
OTHER = """
from made.one import elsewhere as other


def use(text):
    return other.findall(text)
"""


def run_on(folder: Path, **modules: str) -> Any:
    (folder / "made").mkdir()
    for name, text in {"__init__": "", **modules}.items():
        (folder / "made" / f"{name}.py").write_text(text)
    program = (
        "from tests.checks.package_patterns import Problem, uses_in\n"
        "try:\n    print([(*use[:3], list(use.ways)) for use in uses_in('made')])\n"
        "except Problem as problem:\n    print(repr(str(problem)))"
    )
    path = f"{Path(__file__).parents[2]}:{folder}"
    found = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True, env={"PYTHONPATH": path}
    )
    return eval(found.stdout)


def test_patterns_are_found_with_what_they_are_used_for(tmp_path: Path) -> None:
    uses = run_on(tmp_path, one=MODULE, two=OTHER)
    assert all(use[0].startswith("made.one:") for use in uses)
    ways = {use[1]: (use[2], set(use[3])) for use in uses}
    every = {"match", "fullmatch", "search"}
    assert ways == {
        "a": (0, {"match", "fullmatch"}),
        "b": (0, every),
        "c": (0, every),
        "d": (0, {"match"}),
        "e": (int(re.ASCII), {"search"}),
        "f": (0, every),
        "g": (0, every),
        "^h*$": (0, {"search"}),
        "i": (0, {"search"}),
        "j": (0, every),
        "[0-9]{3}": (0, {"match"}),
        "k": (0, {"search"}),
        "[0-9]{3}l": (int(re.DOTALL), every),
    }


PROBLEMS = [
    ("import re\ndef use(pattern): return re.search(pattern, 'a')", "can't be told"),
    ("import re\nfind = re.search", "what is compiled here"),
    ("import re\nfound = [each('a') for each in (re.compile,)]", "what is compiled here"),
    ("def use():\n    import re\n    return re.compile('a')", "not imported at the top"),
    ("import re\nexec('a = re.compile(\"a\")')", "made at run time"),
]


@pytest.mark.parametrize(("text", "problem"), PROBLEMS)
def test_patterns_that_can_not_be_told_are_refused(text: str, problem: str, tmp_path: Path) -> None:
    assert problem in run_on(tmp_path, one=text)
