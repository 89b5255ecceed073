"""The vocabulary of the drawn world: every colour, shape, pattern and motion, with synonyms.

The first phrase of a list is the plain name; the others are synonyms that queries also use.
"""

Colour = tuple[int, int, int]

ACTOR_COLOURS: dict[str, Colour] = {
    "red": (214, 24, 32),
    "orange": (255, 132, 0),
    "yellow": (255, 230, 20),
    "green": (0, 128, 40),
    "blue": (20, 50, 225),
    "purple": (130, 10, 160),
    "black": (12, 12, 12),
    "white": (252, 252, 252),
}
"""Saturated RGB colours of the actors."""

BACKGROUND_COLOURS: dict[str, Colour] = {
    "blue": (120, 165, 240),
    "green": (140, 200, 120),
    "yellow": (236, 222, 130),
    "purple": (172, 140, 205),
    "pink": (250, 178, 196),
    "grey": (150, 150, 150),
    "brown": (134, 94, 62),
    "teal": (40, 128, 132),
}
"""Softer RGB colours of the backgrounds; some share a name with an actor's colour, so names alone decide nothing."""

SHAPES: dict[str, list[str]] = {
    "circle": ["circle", "disc"],
    "square": ["square", "box"],
    "triangle": ["triangle"],
    "star": ["star"],
    "cross": ["cross", "plus"],
    "heart": ["heart"],
    "ring": ["ring", "hoop"],
    "moon": ["moon", "crescent"],
}

PATTERNS: dict[str, list[str]] = {
    "plain": ["plain"],
    "striped": ["striped", "stripy"],
    "dotted": ["dotted", "spotted"],
    "checked": ["checked", "chequered"],
    "shaded": ["shaded", "gradient"],
}

SIZES: dict[str, list[str]] = {"small": ["small", "little"], "large": ["large", "big"]}
RADIUS_PIXELS: dict[str, tuple[int, int]] = {"small": (27, 30), "large": (43, 46)}

COLOUR_SYNONYMS: dict[str, list[str]] = {"purple": ["purple", "violet"], "grey": ["grey", "gray"]}

MOTIONS: dict[str, list[str]] = {
    "still": ["staying still", "not moving", "standing still"],
    "right": ["moving to the right", "sliding right", "moving from left to right", "drifting to the right"],
    "left": ["moving to the left", "sliding left", "moving from right to left", "drifting to the left"],
    "up": ["moving up", "rising", "climbing upwards"],
    "down": ["moving down", "sinking", "falling downwards"],
    "loop": ["going round and round", "moving in a loop", "orbiting"],
    "grow": ["growing", "getting bigger", "swelling"],
    "shrink": ["shrinking", "getting smaller", "dwindling"],
    "bounce": ["bouncing", "jumping up and down", "hopping"],
    "shake": ["shaking", "trembling", "shivering"],
}
"""Each motion as present participles, which follow "a red circle" or "a red circle is"."""


def colour_names(name: str) -> list[str]:
    """Returns the ways to say a colour, the plain name first."""
    return COLOUR_SYNONYMS.get(name, [name])
