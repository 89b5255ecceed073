"""Subject of a question: the thing that "it" means in a question that follows. Pure; rules for general English."""

import re
from dataclasses import dataclass
from typing import Self

from search.answering.question_analysis import retrieval_query_of_question

_ARTICLE = re.compile(r"^(?:an?|some|the)\s+", re.I)
_LIMIT = re.compile(r"^(?:only|nothing but|just)\s+", re.I)
_SPOKEN = re.compile(
    r"\b(?:talk|talks|talking|speak|speaks|speaking|mention|mentions|mentioned|discuss|discusses|say|says|said|tell|"
    r"tells|told|explain|explains)\b",
    re.I,
)
_WRITTEN = re.compile(r"\b(?:sign|sticker|slide|label|board|screen|title)s?\b", re.I)
_BEFORE_LOCATED = re.compile(
    r"^(?:what|which|who|how) .*?\b(?:is|are|was|were|does|do|did|has|have|can)\s+(?P<thing>the [^?]+?)\s+[\w]+\s+"
    r"(?:in|during|at) the (?:scene|clip|shot|part|moment|picture|video)\b",
    re.I,
)
_DOING = (
    r"(?!(?:string|spring|building|painting|drawing|wedding|morning|evening|ceiling|meeting|clothing|lightning)\b)"
    r"\w{3,}ing"
)
"""A participle; a noun such as `ring` or `thing` is too short to be taken for one."""
_SETTING = re.compile(
    r"^(?:an?|the) (?:[\w-]+ ){0,3}(?:background|backdrop|scene|picture|image|shot|view|landscape) with"
    r" (?=(?:(?:only|nothing but|just) )?(?:an?|the)\b)",
    re.I,
)
_HEAD = re.compile(
    r"^(?:an?|the|some|his|her|their|my|two|three)\s+(?:[\w'-]+\s+)*?[\w'-]+?"
    r"(?=\s+(?:to|on|in|at|of|from|for|above|below|under|over|behind|beside|near|left|right|by|with|without|and|alone|"
    rf"against|together|that|who|which|where|{_DOING})\b|$)",
    re.I,
)
_THING_ASKED_FOR = re.compile(r"^(?:who|whom|what|which)\b(?! (?:colou?r|shape|size|time|is \S+ doing))", re.I)
MOST_ANSWER_WORDS = 6
"""A longer answer is a sentence, not the name of a thing."""


@dataclass(frozen=True, slots=True)
class Subject:
    """What a question is about."""

    written: str
    """As it stands in the question."""
    is_spoken_of: bool
    """It is talked about, and not seen."""
    located: str = ""
    """The thing asked about where the question names the scene apart from it, as "the sign" in "What does the sign say
    in the scene with a red circle?"."""
    named: str = ""
    """The answer, where it names the thing that was asked for."""

    @classmethod
    def of(cls, question: str, *, answer: str = "") -> Self:
        """The subject of a question that stands alone.

        Args:
            answer: what was found; empty where nothing was.
        """
        written = retrieval_query_of_question(question).strip(" ?!.,")
        apart = _BEFORE_LOCATED.match(question.strip())
        spoken = _SPOKEN.search(question) is not None and _WRITTEN.search(question) is None
        words = answer.strip(" .").split()
        is_asked = apart is None or question.strip().casefold().startswith("who")  # not what a sign says
        is_name = (
            is_asked
            and bool(words)
            and len(words) <= MOST_ANSWER_WORDS
            and _THING_ASKED_FOR.match(question) is not None
        )
        named = " ".join(words) if is_name and (words[0][:1].isupper() or _ARTICLE.match(" ".join(words))) else ""
        return cls(written, spoken, apart["thing"] if apart else "", named)

    @property
    def thing(self) -> str:
        """The subject with a definite article: "the red circle on a blue background"."""
        if self.named:
            return definite(self.named)
        if self.located:
            return self.in_scene(self.located)
        return definite(_LIMIT.sub("", self.written))

    @property
    def head(self) -> str:
        """The thing itself, without what is said of its place: "the red circle"."""
        if self.named or self.located:
            return definite(self.named or self.located)
        return definite(head_and_rest(_LIMIT.sub("", _SETTING.sub("", _LIMIT.sub("", self.written))))[0])

    def in_scene(self, words: str) -> str:
        """Words with the scene that they are asked of."""
        return f"{words} in the scene with {self.written}"


def definite(words: str) -> str:
    """The words with "the" in place of "a"."""
    return _ARTICLE.sub("the ", words, count=1)


def head_and_rest(words: str) -> tuple[str, str]:
    """The thing that words name, and what follows it: ("a red circle", " on a blue background")."""
    found = _HEAD.match(words)
    return (found[0], words[found.end() :]) if found else (words, "")
