"""Plain words of four letters or more for drawn films, in lines of which no pair is used twice."""

import random
from itertools import pairwise

WORDS = tuple(
    "anchor apricot autumn badger bakery balcony bamboo banner barley basket beacon blanket blossom border "
    "bottle bridge bronze bucket butter cabin camera candle canyon carbon carpet castle cellar cherry chimney "
    "circle clover cobalt coffee comet copper coral cotton cradle crystal curtain dagger daisy desert diamond "
    "dolphin donkey dragon eagle ember engine fabric falcon feather fiddle filter flannel forest fossil "
    "fountain galaxy garden garlic ginger glacier goblet granite gravel hammer harbor harvest hazel helmet "
    "hermit hollow honey horizon island ivory jacket jasmine jungle kernel kettle kitchen ladder lagoon "
    "lantern laurel lemon lettuce library lizard magnet mango maple marble market meadow melon mirror monkey "
    "mosaic mountain museum napkin nectar needle nickel notebook nutmeg ocean olive orchard otter oyster "
    "paddle palace panther paper parrot pebble pencil pepper pickle pillow planet pocket pollen poplar pottery "
    "prairie pumpkin puzzle quartz rabbit radish raven ribbon river rocket saddle saffron salmon sandal satin "
    "scissors shadow shelter silver sparrow spider spinach spiral stable statue sugar summer sunset swan "
    "tablet tailor temple thistle thunder ticket tiger timber tomato tractor trumpet tulip tunnel turnip "
    "turtle vanilla velvet vessel village vinegar violet violin walnut walrus whistle willow window winter "
    "wizard yogurt zebra".split()
)


class Writer:
    """Lines whose words nobody used before, so that each query is true in one place."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self._used: set[frozenset[str]] = set()

    def line(self, count: int) -> str:
        while True:
            words = self._rng.sample(WORDS, count)
            pairs = {frozenset(pair) for pair in pairwise(words)}
            if not pairs & self._used:
                self._used |= pairs
                return " ".join(words)
