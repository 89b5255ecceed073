"""Located: where something is in one picture of a video. Plain values, no I/O."""

from dataclasses import dataclass, field
from typing import Any, Literal

from indexer.records import Pixels

PlaceKind = Literal["boxes", "points"]


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle in a picture; edges are shares of its width and height, 0 to 1, left < right and top < bottom."""

    left: float
    top: float
    right: float
    bottom: float
    label: str = ""
    """What is there, in the model's words."""

    def to_json(self) -> dict[str, Any]:
        """The documented JSON object of a box."""
        edges = {name: round(getattr(self, name), 4) for name in ("left", "top", "right", "bottom")}
        return {**edges, "label": self.label}


@dataclass(frozen=True, slots=True)
class Point:
    """A point in a picture; shares of its width and height, 0 to 1."""

    x: float
    y: float
    label: str = ""

    def to_json(self) -> dict[str, Any]:
        """The documented JSON object of a point."""
        return {"x": round(self.x, 4), "y": round(self.y, 4), "label": self.label}


@dataclass(frozen=True, slots=True, eq=False)
class Located:
    """The answer to one "where"."""

    query: str
    video: str
    """Path of the file."""
    video_id: str
    at_seconds: float
    """Presentation time of the picture."""
    picture: Pixels
    """(height, width, 3) RGB, as it was decoded."""
    boxes: tuple[Box, ...]
    points: tuple[Point, ...]
    """One of both is empty: either boxes are asked for or points."""
    model: str
    seconds: float
    """Wall time, without loading the model."""
    warnings: list[str] = field(default_factory=list[str])
    """Places of the reply that were left out, with the reason."""

    @property
    def found(self) -> bool:
        """The model sees it."""
        return bool(self.boxes or self.points)

    def to_json(self) -> dict[str, Any]:
        """The documented JSON object; `warnings` only where there are any."""
        height, width = self.picture.shape[:2]
        value: dict[str, Any] = {
            "query": self.query,
            "found": self.found,
            "video": self.video,
            "video_id": self.video_id,
            "at_seconds": round(self.at_seconds, 3),
            "width": int(width),
            "height": int(height),
            "boxes": [box.to_json() for box in self.boxes],
            "points": [point.to_json() for point in self.points],
            "model": self.model,
            "seconds": round(self.seconds, 3),
        }
        return value | ({"warnings": self.warnings} if self.warnings else {})
