"""Rules that make a question stand alone: "and what colour is it?" after "When can one see a red circle?". Pure.

They know general English alone. Questions in other words are left to a model (`search.conversation.rewriting`) or asked
as they are.
"""

import re
from dataclasses import replace

from search.answering.question_analysis import retrieval_query_of_question
from search.conversation.subject import Subject, head_and_rest

_LEAD = re.compile(
    r"^(?:(?:and|but|so|now|okay|ok|then|also|well|please|no(?=,)|sorry|actually|rather|i me(?:an|ant))\b[ ,:]*)+", re.I
)
_TAIL = re.compile(r"(?:,? \b(?:please|too|also|as well|instead|thanks|thank you))+$", re.I)
_DO = r"(?:ask|check|do|look|repeat|search|show|try)"
_REPEAT = re.compile(
    rf"^(?:(?:can|could|would) you )?(?:(?:{_DO} )?(?:the )?same(?: (?:question|thing))?|"
    rf"{_DO}(?: (?:it|that|this|me))?(?: (?:again|once more))?|again|once (?:again|more)|one more time)(?:,? but)?$",
    re.I,
)
_ABOUT = re.compile(r"^(?:what|how) about\s+", re.I)
_PLACE = r"(?:video|film|recording|file|scene|clip|part)"
_AUXILIARY = r"(?:is|are|was|were|does|do|did|has|have|had|can|could|will|would)"
_IT = r"(?:that|this|it|they|he|she|one|(?:that|this|the same)(?: thing)?)"
_APPEARS = (
    rf"{_IT}(?: also)?"
    r"(?: (?:be )?(?:there|happen|occur|shown|seen|visible|see (?:it|that|this|them)|appear|(?:show|come) up))?"
)
_WHEN = re.compile(
    rf"^(?:when|where|at what time|at which time|what time)(?: {_AUXILIARY} {_APPEARS})?"
    r"(?: (?:again|exactly|precisely|else|in the video))*$|"
    rf"^(?:in )?which {_PLACE} (?:is|was) {_IT}(?: in)?$",
    re.I,
)
_HOW_OFTEN = re.compile(
    rf"^how (?:often|many times)(?: {_AUXILIARY} {_APPEARS})?(?: (?:in (?:total|all)|altogether|overall))*$", re.I
)
_IS_IT = re.compile(rf"^(?:{_AUXILIARY} {_APPEARS}|(?:is|are) there (?:any|one|some))$", re.I)
"""Whether the subject is there at all, as in "is it in b.mp4 too?"."""
_WHAT_AGAIN = re.compile(r"^(?:what|which|who|whose)\b.*\w(?= again$)", re.I)
_THERE = re.compile(
    r"\s*\b(?:there|in it|(?:in|during|at|of|from) (?:that|this|the same) "
    r"(?:scene|clip|moment|shot|part|picture|time))$",
    re.I,
)
_IS_THERE = re.compile(rf"\b{_AUXILIARY} there$", re.I)
_PRONOUN = re.compile(
    r"\b(?P<pronoun>it|they|them|he|him|she|her)\b|"
    r"(?:^|\b(?:is|are|was|were|does|do|did|of|in|on|about|behind|with|by|to|for|from) )"
    rf"(?P<demonstrative>(?:that|this|these|those)(?:\s+(?:thing|one|person|object))?)\b(?! {_AUXILIARY} )",
    re.I,
)
_POSSESSIVE = re.compile(r"\b(?:its|their|his)\b|\bher(?= \w)", re.I)
_SOMEBODY = re.compile(r"\b(?:they|he|she)(?= (?:talk|speak|say|mention|discuss|tell|explain)\b)", re.I)
_PHRASE = re.compile(r"^(?:an?|the|some|any|two|three|four|my|his|her|our|their|nothing but|only)\s", re.I)
_ONE = re.compile(r"^(?:an?|the)\s+(?P<like>[\w -]+?)\s+ones?\b(?P<rest>.*)$", re.I)
_ATTRIBUTE_ALONE = re.compile(
    r"^(?:(?:what|which|the) )?(?P<what>(?:colou?r|shape|size|kind|sort|pattern|name)s?)$", re.I
)
_OF_THE_SCENE = re.compile(
    r"^(?:what|which|who|how) .*\bthe (?:[\w-]+ )?(?:background|backdrop|sign|text|camera|setting|weather|floor|sky|"
    r"caption|music|light|speaker|narrator)(?: \w+)?$",
    re.I,
)
_BARE = re.compile(r"^(?:the (?:[\w-]+ )?[\w-]+(?: \w+)?|[\w-]+)$", re.I)
_ASKS = re.compile(r"^(?:what|which|who|whose|how|why)\b", re.I)
_BEHIND = re.compile(r"\b(?:background|backdrop) (?:behind|of|around) $", re.I)
_BACKGROUND = re.compile(r"\b(?:background|backdrop)$", re.I)


def stand_alone(text: str, last_question: str, *, last_answer: str = "") -> str | None:
    """The question with everything that it refers to; None where it refers to nothing.

    Args:
        text: what the person asks, without the words about the part of the library.
        last_question: the one before, standing alone.
        last_answer: what was found; empty where nothing was.
    """
    words = text.strip().rstrip("?!. ")
    plain = opened(words)
    if not plain or _REPEAT.match(plain):
        return last_question
    subject = Subject.of(last_question, answer=last_answer)
    if _WHEN.match(plain) or _IS_IT.match(plain):
        return whenas_question(subject)
    if _HOW_OFTEN.match(plain):
        return whenas_question(subject, asks="How often")
    if found := _ATTRIBUTE_ALONE.match(plain):
        return as_question(f"What {found['what']} is {subject.thing}")
    if phrase := other_thing(text):
        return _with_other_subject(phrase, last_question, subject)
    if (found := _THERE.search(plain)) and not _IS_THERE.search(plain):
        rest = plain[: found.start()]
        return as_question(_referred(rest, subject) or _of_scene(rest, subject))
    if (referred := _referred(plain, subject)) is not None:
        return as_question(referred)
    if _OF_THE_SCENE.match(plain) or (_LEAD.match(words) and _is_bare(plain)):
        return as_question(_of_scene(plain, subject))
    return None


def refers(text: str) -> bool:
    """Whether a question cannot stand alone: it has a pronoun, or is not a whole question."""
    return stand_alone(text, "When can one see a thing?") is not None


def opened(text: str) -> str:
    """The words without those that open and close any question: "and", "sorry, I meant", "please"."""
    plain = _TAIL.sub("", _LEAD.sub("", text.strip().rstrip("?!. ")).strip()).strip(" ,")
    again = _WHAT_AGAIN.match(plain)
    return again[0] if again else plain


def whenas_question(subject: Subject, *, asks: str = "When") -> str:
    """Asks when, or how often, a subject is seen or talked about."""
    if subject.is_spoken_of:
        return f"{asks} do they talk about {subject.written}?"
    return f"{asks} can one see {subject.written}?"


def other_thing(text: str) -> str:
    """The thing that is named in place of the last one, as in "and a blue star?"; empty where it is a question."""
    words = text.strip().rstrip("?!. ")
    plain = opened(words)
    if _ABOUT.match(plain):
        return _ABOUT.sub("", plain)
    return plain if _PHRASE.match(plain) and (_LEAD.match(words) or len(plain.split()) <= 6) else ""


def _with_other_subject(phrase: str, last_question: str, subject: Subject) -> str:
    new = phrase
    if like := _ONE.match(phrase):
        head, rest = head_and_rest(subject.written)
        article = "a" if head.casefold().startswith(("a ", "an ")) else "the"
        article = "an" if article == "a" and like["like"][:1].casefold() in "aeiou" else article
        new = f"{article} {like['like']} {head.split()[-1]}{like['rest'] or rest}"
    if subject.written in last_question:
        return last_question.replace(subject.written, new, 1)
    return whenas_question(replace(subject, written=new))


def _referred(plain: str, subject: Subject) -> str | None:
    """The words with the subject in place of their first pronoun; None where there is none."""
    masked = _SOMEBODY.sub(lambda found: "\0" * len(found[0]), plain)  # "do they talk about" means nobody
    if found := _POSSESSIVE.search(masked):
        after = plain[found.end() :].split(" ", 2)
        own = " ".join(after[1:2])
        return f"{plain[: found.start()]}the {own} of {subject.thing}{' ' if after[2:] else ''}{' '.join(after[2:])}"
    found = _PRONOUN.search(masked)
    if found is None:
        return None
    start, stop = found.span("pronoun" if found["pronoun"] else "demonstrative")
    before, after = plain[:start], plain[stop:].rstrip()
    if _BEHIND.search(before) and not (subject.named or subject.located):
        return f"{before}{subject.written}"
    if not after.strip():
        return f"{before}{subject.thing}"
    short = f"{before}{subject.head}{after}"  # "What is it doing": a long subject would tear the question apart
    return short if subject.named or subject.is_spoken_of else subject.in_scene(short)


def _of_scene(words: str, subject: Subject) -> str:
    words = words.strip()
    if _BACKGROUND.search(words):
        return f"{words} behind {subject.written}"
    return subject.in_scene(words)


def _is_bare(plain: str) -> bool:
    """Whether a question names a thing without saying which."""
    return _ASKS.match(plain) is not None and _BARE.match(retrieval_query_of_question(plain)) is not None


def as_question(words: str) -> str:
    """The words with a capital letter and a question mark."""
    text = " ".join(words.split())
    return f"{text[:1].upper()}{text[1:]}?"
