"""A checked query with its vectors and the models' calibration: what every signal is compared with."""

from dataclasses import dataclass

from indexer.models.protocols import Reranker
from indexer.store.hits import QueryVector
from search.scoring.calibration import Calibration
from search.text.vocabulary import Vocabulary


@dataclass(frozen=True, slots=True)
class EmbeddedQuery:
    """A checked query with its vectors."""

    text: str
    picture_vector: QueryVector | None
    """(dim,) in the pictures' space; None without a picture model."""
    text_vector: QueryVector | None
    """(dim,) in the texts' space; None without a text model."""
    video_ids: frozenset[str] | None
    """Search these videos alone; None for all."""
    profile: str
    """The library's profile of models, which decides the thresholds."""
    calibration: Calibration | None = None
    """Turns evidence into chances, where that was measured for the library's models."""
    reranker: Reranker | None = None
    """Reads the texts of the best segments beside the query; None: no reranking."""
    vocabulary: Vocabulary | None = None
    """Of the library, where its texts are held in memory: forms of the query's words, and how rare they are."""
