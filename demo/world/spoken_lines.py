"""Spoken lines: sentences about people, places and things that the pictures never show.

A line says one meaning (who, where, does what, how many of what, when); a query says part of a meaning in other words.
"""

from random import Random
from typing import NamedTuple


class Meaning(NamedTuple):
    """What one line says: indices into PEOPLE, PLACES, DEEDS, THINGS, NUMBERS and WHENS."""

    person: int
    place: int
    deed: int
    thing: int
    number: int
    when: int


def _forms(text: str) -> tuple[str, str]:
    finite, participle = text.split("|")
    return finite, participle


def _table(text: str) -> list[list[str]]:
    """Reads "plain word/synonym/synonym; next; ..."."""
    return [phrases.split("/") for phrases in " ".join(text.split()).split("; ")]


PEOPLE: list[list[str]] = _table(
    """
baker/bread maker; sailor/seaman; teacher/schoolmaster; doctor/physician; farmer/grower; tailor/dressmaker;
carpenter/woodworker; lawyer/attorney; policeman/constable; thief/burglar; singer/vocalist; writer/author;
cook/chef; gardener/groundskeeper; soldier/trooper; king/monarch; priest/clergyman; shopkeeper/storekeeper;
pilot/aviator; scientist/researcher; grandmother/granny; boy/lad; girl/lass; neighbour/woman next door; butcher/meat
seller; painter/artist; mayor/head of the town; driver/chauffeur; nurse/hospital attendant; fisherman/angler;
blacksmith/metalworker; librarian/keeper of books; student/pupil; stranger/unknown visitor; twins/two siblings;
judge/magistrate
"""
)

PLACES: list[str] = [
    row[0]
    for row in _table(
        """
Oslo; Lima; Cairo; Kyoto; Dublin; Havana; Lisbon; Prague; Vienna; Nairobi; Toronto; Athens; Warsaw; Madrid; Jakarta;
Bogota; Tunis; Geneva; Seoul; Hanoi; Boston; Chicago; Delhi; Ankara; Riga; Sofia; Zagreb; Quito; Dakar; Perth;
Malta; Bergen; Naples; Porto; Bremen; Leeds; Austin; Denver; Accra; Manila
"""
    )
]

THINGS: list[list[str]] = _table(
    """
lanterns/lamps; boats/ships; letters/messages; coins/pieces of money; chairs/seats; knives/blades; bottles/flasks;
shoes/boots; hats/caps; cows/cattle; hens/chickens; rabbits/bunnies; dogs/hounds; horses/ponies; cars/automobiles;
bicycles/bikes; books/volumes; newspapers/gazettes; cakes/sweet pastries; loaves/breads; jewels/gems;
clocks/timepieces; coats/jackets; carpets/rugs; guns/rifles; maps/charts; keys/door openers; tables/desks;
cups/mugs; pots/pans; stones/rocks; trees/oaks and pines; flowers/blossoms; tomatoes/salad vegetables;
apples/orchard fruit; bees/insects; ropes/cords; barrels/casks; suitcases/travel bags; umbrellas/rain shades;
violins/fiddles; trumpets/horns; telephones/phones; computers/laptops; paintings/pictures in frames;
photographs/snapshots; medicines/drugs; tickets/passes; blankets/bed covers; candles/wax lights
"""
)

NUMBERS: list[list[str]] = _table(
    """
two/a pair of; three/3; four/4; five/5; six/half a dozen; seven/7; eight/8; nine/9; ten/10; eleven/11; twelve/a
dozen; twenty/a score of; forty/40; a hundred/100; a thousand/1000
"""
)

WHENS: list[list[str]] = _table(
    """
in the morning/after breakfast; at midnight/in the middle of the night; on Sunday/at the weekend; in winter/in the
cold season; in summer/in the hot months; before lunch/towards noon; after the storm/when the bad weather was over;
every day/daily; once a year/annually; during the war/in wartime; on a holiday/on a day off; at dawn/when the sun
comes up
"""
)

_DEEDS = _table(
    """
counts|counting/tallies|tallying; buys|buying/purchases|purchasing; sells|selling/offers for sale|vending;
repairs|repairing/fixes|fixing; loses|losing/mislays|mislaying; finds|finding/discovers|discovering;
steals|stealing/robs|robbing; hides|hiding/conceals|concealing; carries|carrying/hauls|hauling;
breaks|breaking/smashes|smashing; washes|washing/cleans|cleaning; burns|burning/sets fire to|setting fire to;
collects|collecting/gathers|gathering; borrows|borrowing/takes on loan|taking on loan; throws away|throwing
away/discards|discarding; builds|building/constructs|constructing; photographs|photographing/takes pictures
of|taking pictures of; weighs|weighing/puts on the scales|putting on the scales; wraps|wrapping/packs up|packing up;
inherits|inheriting/is left in a will|getting from a will; inspects|inspecting/examines|examining;
buries|burying/puts in the ground|putting in the ground; sends|sending/mails|mailing; receives|receiving/is
given|being given; polishes|polishing/shines|shining; dreams of|dreaming of/sees in sleep|seeing in sleep
"""
)
DEEDS: list[list[tuple[str, str]]] = [[_forms(form) for form in deed] for deed in _DEEDS]
"""Each deed as (third person, participle), the plain one first."""


def random_spoken_meaning(rng: Random) -> Meaning:
    """Samples a meaning; there are about 340 million."""
    tables = (PEOPLE, PLACES, DEEDS, THINGS, NUMBERS, WHENS)
    return Meaning(*(rng.randrange(len(table)) for table in tables))


def spoken_line_text(meaning: Meaning, rng: Random) -> str:
    """Writes a meaning in full and in plain words, as a subtitle; `rng` chooses the word order."""
    who = f"The {PEOPLE[meaning.person][0]} from {PLACES[meaning.place]}"
    verb = DEEDS[meaning.deed][0][0]
    what = f"{NUMBERS[meaning.number][0]} {THINGS[meaning.thing][0]}"
    when = WHENS[meaning.when][0]
    lower = who[0].lower() + who[1:]
    return rng.choice(
        [
            f"{who} {verb} {what} {when}.",
            f"{when[0].upper()}{when[1:]}, {lower} {verb} {what}.",
            f"They say {lower} {verb} {what} {when}.",
            f"Did you hear? {who} {verb} {what} {when}.",
            f"{who}, believe me, {verb} {what} {when}.",
        ]
    )


FIELDS: list[tuple[str, ...]] = [
    ("place", "deed", "thing"),
    ("person", "place", "thing"),
    ("person", "place", "deed"),
    ("person", "deed", "thing"),
    ("person", "place", "deed", "thing"),
    ("person", "deed", "thing", "when"),
    ("place", "deed", "number", "thing"),
    ("person", "place", "deed", "number", "thing"),
]
"""The parts of a meaning that a query may name."""


def spoken_query_key(meaning: Meaning, fields: tuple[str, ...]) -> tuple[tuple[str, int], ...]:
    """Returns the named fields of a meaning, as a key to compare meanings."""
    return tuple((field, getattr(meaning, field)) for field in fields)


def spoken_query_text(meaning: Meaning, fields: tuple[str, ...], rng: Random) -> str:
    """Writes a query for the named fields of a meaning, mostly in synonyms."""
    who = _other(PEOPLE[meaning.person], rng) if "person" in fields else ""
    place = PLACES[meaning.place] if "place" in fields else ""
    plain, participle = rng.choice(DEEDS[meaning.deed][-1:] * 2 + DEEDS[meaning.deed][:1])
    thing = _other(THINGS[meaning.thing], rng)
    what = f"{_other(NUMBERS[meaning.number], rng)} {thing}" if "number" in fields else thing
    when = f" {_other(WHENS[meaning.when], rng)}" if "when" in fields else ""
    someone = _someone(who, place, rng)
    if "thing" not in fields:
        return rng.choice([f"{someone} {participle} something", f"what was it that {someone} {plain}"])
    if "deed" not in fields:
        return rng.choice([f"{someone} and {what}", f"talk of {someone} with {what}", f"{someone}, {what}"])
    return rng.choice(
        [
            f"{someone} {participle} {what}{when}",
            f"somebody says that {someone} {plain} {what}{when}",
            f"talk about {someone} {participle} {what}{when}",
            f"a line about {someone} who {plain} {what}{when}",
        ]
    )


def spoken_someone_doing(meaning: Meaning, rng: Random) -> str:
    """Writes who does what to which things and where, in synonyms, as in "the seaman from Lima tallying ships"."""
    who, thing = _other(PEOPLE[meaning.person], rng), _other(THINGS[meaning.thing], rng)
    return f"{_someone(who, PLACES[meaning.place], rng)} {rng.choice(DEEDS[meaning.deed])[1]} {thing}"


def spoken_how_many(meaning: Meaning) -> str:
    """Asks for the number in a line, by all its other fields but the time."""
    who, deed, thing = PEOPLE[meaning.person][0], DEEDS[meaning.deed][0][1], THINGS[meaning.thing][0]
    return f"How many {thing} is the {who} from {PLACES[meaning.place]} said to be {deed}?"


def _someone(who: str, place: str, rng: Random) -> str:
    article = rng.choice(["an" if who[:1] in "aeiou" else "a", "the"])
    noun = f"{article} {who}" if who else rng.choice(["someone", "a person", "somebody"])
    return f"{noun} {rng.choice(['from', 'in', 'of'])} {place}" if place else noun


def _other(phrases: list[str], rng: Random) -> str:
    return rng.choice(phrases[1:] * 2 + phrases[:1])
