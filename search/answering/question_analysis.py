"""Analysis of a question by its words: its retrieval query, its scope, and whether text may answer it. Pure.

Rules for general English; nothing here knows a library. A question in another language, or of another form, is searched
as it stands.
"""

import re
from typing import Literal

from search.text.words import EMPTY_WORDS, split_words

Scope = Literal["moments", "summary", "count"]
"""What answers a question: a few moments, the whole span, or a count of moments."""

_PLACE = r"(?:scenes?|clips?|shots?|parts?|moments?|pictures?|frames?|videos?|sections?|segments?)"
_LOCATED = re.compile(
    rf"\b(?:in|during|at|of|from) (?:the|that|this|a) {_PLACE}"
    r" (?:with|where|showing|that shows|in which|of|when) (.+)$",
    re.I,
)
"""`... in the scene with X`: X is what to search."""
_ASKS = re.compile(
    r"^(?:(?:and|so|well|okay|please|now)\b[, ]*)*"
    r"(?:(?:can|could|would|will) you (?:please )?|i (?:want|would like|need) to (?:know|see|find) |"
    r"(?:do you know|tell me|show me|find me|find|show|list|locate|search for|look for)\b ?(?:all |every )?)*",
    re.I,
)
_WHO = (
    r"(?:one|we|you|i|they|he|she|people|someone|somebody|anyone|anybody|it|there|"
    r"the (?:speaker|narrator|presenter|video))"
)
_AUXILIARY = r"(?:can|could|do|does|did|is|are|was|were|will|would|has|have|had|may|might|should|shall)"
_TIME = r"(?:when|where|(?:at|in) (?:what|which) (?:time|point|moment|part|place|scene)s?|how (?:often|many times))"
_WHEN = re.compile(rf"^{_TIME}(?: exactly)? (?:{_AUXILIARY} )?", re.I)
_SEES = re.compile(
    rf"^{_WHO} (?:{_AUXILIARY} )?(?:be |being )?"
    r"(?:see|sees|seen|find|hear|heard|watch|notice|meet|get to see|talk about|talks about|talking about|speak about|"
    r"speaking (?:about|of)|speak of|mention|mentions|discuss|discusses|say|says|explain|explains)\b ?",
    re.I,
)
_THERE = re.compile(r"^there (?:be |been )?", re.I)
_ATTRIBUTE = re.compile(
    r"^(?:what|which) (?:colou?r|shape|size|kind|sort|type|pattern|name|number|direction)s?(?: of \w+)? "
    rf"{_AUXILIARY} ",
    re.I,
)
_BEHIND = re.compile(
    r"^(?:the )?(?:background|backdrop|setting|surroundings|foreground|floor|wall|area|place)"
    r" (?:is )?(?:behind|around|near|beside|under|above) ",
    re.I,
)
_HOW_MANY = re.compile(rf"^how (?:many|much) (.+?) {_AUXILIARY} (.+)$", re.I)
_REPORTED = re.compile(
    r"\b(?:is |are |was |were )?(?:said|reported|supposed|claimed|told|shown|seen) to (?:be|have) ?", re.I
)
_WHAT = re.compile(rf"^(?:what|which|who|whom|whose|why|how) (?:{_AUXILIARY} )?", re.I)
_TAIL = re.compile(r"(?: (?:shown|seen|visible|happening|happen|happens|appear|appears|mentioned|to be seen))+$", re.I)

_TEXT_WORDS = re.compile(
    r"\b(?:sa(?:y|ys|id|ying)|tal(?:k|ks|ked|king)|spe(?:ak|aks|ech|aking|aker)|spoke(?:n)?|voices?|mention\w*|"
    r"tell|tells|told|discuss\w*|explain\w*|argue\w*|announc\w*|quot\w*|lyrics?|dialogue|conversation|narrat\w*|"
    r"signs?|writ(?:e|es|ten|ing)|wrote|text|captions?|subtitles?|titles?|words?|letters?|slides?|read(?:s|ing)?|"
    r"label\w*|spell\w*|inscription|headline|logo|called|named)\b",
    re.I,
)
_SUMMARY = re.compile(
    r"\b(?:summari[sz]e|summary|overview|outline|synopsis|recap|chapters?|table of contents)\b|"
    r"\bwhat (?:topics?|themes?|subjects?)\b|"
    r"\bwhat (?:is|are) (?:\w+ ){0,4}(?:videos?|library|films?|recordings?) about\b|"
    r"\bwhat (?:happens|is shown|is said|do \w+ see) in (?:this|the|these|my) (?:whole |entire )?"
    r"(?:videos?|library|films?|recordings?|collection)\b|\bmain (?:topics?|points?|themes?|ideas?)\b",
    re.I,
)
_PRESUPPOSES = re.compile(r"^(?:what|which|who|whom|whose|why|how)\b(?! time)", re.I)
_COUNT = re.compile(r"\bhow (?:often|many times)\b|\bcount (?:how|the|all|every)\b|\bnumber of times\b", re.I)


def scope_of_question(question: str) -> Scope:
    """What kind of answer the question needs."""
    if _COUNT.search(question):
        return "count"
    return "summary" if _SUMMARY.search(question) else "moments"


def question_presupposes(question: str) -> bool:
    """Whether the question takes for granted that a thing is there, and only asks about it."""
    return _PRESUPPOSES.search(question.strip()) is not None


def question_calls_for_text(question: str) -> bool:
    """Whether spoken or written words may answer; a purely visual question is answered better without them."""
    return _TEXT_WORDS.search(question) is not None


def retrieval_query_of_question(question: str) -> str:
    """The question without the words that only ask; the whole question where nothing would be left."""
    plain = question.strip().rstrip("?!. ").strip()
    located = _LOCATED.search(plain)
    query = located[1] if located else _without_asking(plain)
    return query if any(_means_something(word) for word in split_words(query)) else question


def _without_asking(plain: str) -> str:
    query = _ASKS.sub("", plain, count=1)
    if counted := _HOW_MANY.match(query):
        # "How many hats does the king sell": the king sell hats.
        thing, rest = counted[1], counted[2]
        query = rest if re.match(r"times$", thing, re.I) else f"{_THERE.sub('', rest)} {thing}"
    query = _REPORTED.sub("", query)
    for pattern in (_ATTRIBUTE, _WHEN, _WHAT, _SEES, _THERE, _BEHIND):
        query = pattern.sub("", query, count=1)
    return _TAIL.sub("", query).strip(" ,;:")


def _means_something(word: str) -> bool:
    return word not in EMPTY_WORDS
