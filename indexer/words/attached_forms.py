"""Attached forms: words without the particles and articles that Korean and Arabic write on to them. Pure.

Such a word is two in other languages (`서울에서`, "in Seoul"; `الولد`, "the boy"), and people search for one of them.
"""

from functools import lru_cache

_AFTER_ANY = (
    "에 에서 에게 에게서 한테 한테서 께 께서 의 도 만 까지 부터 마다 조차 마저 "
    "밖에 처럼 보다 만큼 대로 하고 뿐 들 입니다"
).split()
_AFTER_CONSONANT = (
    "이 은 을 과 으로 으로서 으로써 이나 이랑 이라 이라고 이라는 이고 이며 이든 이든지 이다 이에요 이야 아"
).split()
_AFTER_VOWEL = "가 는 를 와 로 로서 로써 나 랑 라 라고 라는 고 며 든 든지 다 예요 야".split()
_AFTER_RIEUL = "로 로서 로써".split()
_PARTICLES = sorted({*_AFTER_ANY, *_AFTER_CONSONANT, *_AFTER_VOWEL}, key=len, reverse=True)
_MOST_PARTICLES = 3
"""One after the other, as in `학생들에게는`."""
_ARTICLES = ("وال", "بال", "كال", "فال", "ال", "لل")
"""The Arabic article, alone and after conjunctions and prepositions."""
_LEAST_ARABIC_LETTERS = 3
"""Without the article; shorter words have it by chance."""
_FIRST_SYLLABLE, _LAST_SYLLABLE, _FINALS = 0xAC00, 0xD7A3, 28
_RIEUL = 8


def is_hangul(word: str) -> bool:
    """Whether a word begins with a Korean syllable."""
    return _FIRST_SYLLABLE <= ord(word[0]) <= _LAST_SYLLABLE


def has_attached_forms(word: str) -> bool:
    """Whether a folded word is of a script in which something may be attached to it: Hangul or Arabic."""
    return is_hangul(word) or "\u0620" <= word[0] <= "\u064a"


@lru_cache(maxsize=1 << 16)
def attached_forms(word: str) -> tuple[str, ...]:
    """What a folded word may be without its particles or its article, the longest first; mostly nothing."""
    if not word or not has_attached_forms(word):
        return ()
    if not is_hangul(word):
        return tuple(
            word.removeprefix(article)
            for article in _ARTICLES
            if word.startswith(article) and len(word) - len(article) >= _LEAST_ARABIC_LETTERS
        )[:1]
    forms = [word]
    for _ in range(_MOST_PARTICLES):
        shorter = next((form for particle in _PARTICLES if (form := _without(forms[-1], particle))), "")
        if not shorter:
            break
        forms.append(shorter)
    return tuple(forms[1:])


def _without(word: str, particle: str) -> str:
    """The word without a particle at its end; empty where it cannot stand there."""
    stem = word.removesuffix(particle)
    if stem == word or not stem or not is_hangul(stem[-1]):
        return ""
    final = (ord(stem[-1]) - _FIRST_SYLLABLE) % _FINALS
    fits = (
        particle in _AFTER_ANY
        or (particle in _AFTER_CONSONANT and final > 0)
        or (particle in _AFTER_VOWEL and final == 0)
        or (particle in _AFTER_RIEUL and final == _RIEUL)
    )
    return stem if fits else ""
