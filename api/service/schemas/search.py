"""Records of searches and the moments they find."""

from typing import TYPE_CHECKING, Annotated, Any, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from api.service.parameters import body_field
from api.service.schemas.values import Kind, Link, Name, Seconds, VideoId
from indexer.decode.image import MAX_IMAGE_BYTES
from search.options import (
    EXPAND,
    EXPLAIN,
    FOLD,
    IMAGE,
    LIKE,
    LIMIT,
    OFFSET,
    PER_VIDEO,
    PLAIN,
    QUERY,
    SCOPE,
    SECOND_LOOK,
    SIGNALS_ONLY,
    SORT,
    THRESHOLD,
    VIDEO,
    SortName,
)
from search.query.plan import FieldName, FilterName
from search.signals import SIGNALS

if TYPE_CHECKING:
    SignalName = str
else:
    SignalName = Literal[SIGNALS]
"""Name of a signal."""

MAX_IMAGE_CHARACTERS = 4 * -(-MAX_IMAGE_BYTES // 3)
_ONE_IMAGE = (
    "iVBORw0KGgoAAAANSUhEUgAAABAAAAAMCAIAAADkharWAAAAGUlEQVR42mOYRiJgoK+GaxIKWNGohsEXcQAPXy/QD/e3sAAAAABJRU5ErkJggg=="
)
"""A red board on a grey wall, 16 x 12 pixels."""
_BASE64: dict[str, Any] = {
    "max_length": MAX_IMAGE_CHARACTERS,
    "examples": [_ONE_IMAGE],
    "extra_json_schema": {"contentEncoding": "base64"},
}


class MomentBox(Struct, kw_only=True):
    """Position of a line of on-screen text over a span of time; edges are fractions of the frame."""

    line: Annotated[
        int, Meta(description="Boxes with the same number are one line as it moves, in order of time.", examples=[0])
    ]
    start_seconds: Seconds
    stop_seconds: Seconds
    left: Annotated[float, Meta(ge=0, le=1, examples=[0.05])]
    top: Annotated[float, Meta(ge=0, le=1, examples=[0.12])]
    right: Annotated[float, Meta(ge=0, le=1, examples=[0.43])]
    bottom: Annotated[float, Meta(ge=0, le=1, examples=[0.19])]


class MomentPart(Struct, kw_only=True):
    """What matches one step of `A then B`."""

    start_seconds: Seconds
    stop_seconds: Seconds
    best_frame_seconds: Seconds
    signals: Annotated[dict[str, int], Meta(examples=[{"picture": 1}])]
    text: Annotated[str, Meta(description="The text that matched; empty if only the picture matched.")]
    thumbnail: Link


class QueryTerm(Struct, kw_only=True):
    """Something that must be present, or absent."""

    text: Annotated[str, Meta(examples=["exit"])]
    field: Annotated[FieldName | None, Meta(description="Where to look; null: everywhere.")]
    exact: Annotated[bool, Meta(description="An exact phrase.")]


class QueryStep(Struct, kw_only=True):
    """One thing to find."""

    text: Annotated[str, Meta(description="Free words.", examples=["a red car"])]
    terms: list[QueryTerm]
    excluded: list[QueryTerm]
    within_seconds: Annotated[float | None, Meta(description="Maximum gap after the previous step.", examples=[30.0])]


class QueryFilter(Struct, kw_only=True):
    """A condition on the video, or on the time within it."""

    name: FilterName
    value: Annotated[str, Meta(examples=["2023/paris"])]
    excluded: Annotated[bool, Meta(description="The video must not meet the condition.")]


class Understood(Struct, kw_only=True):
    """How a query was parsed; plain words are a single step."""

    steps: list[QueryStep]
    filters: list[QueryFilter]


class SecondLook(Struct, kw_only=True):
    """The verdict of the vision-language model that was shown a moment."""

    shows: Annotated[bool, Meta(description="The model sees what was searched for.")]
    rank_before: Annotated[int, Meta(description="Rank on this page without the verdicts, from 1.")]


class Moment(Struct, kw_only=True):
    """A span of a video that matches: half-open, [start_seconds, stop_seconds)."""

    video_id: VideoId
    video: Name
    kind: Kind
    duration_seconds: Seconds
    start_seconds: Seconds
    stop_seconds: Seconds
    best_frame_seconds: Seconds
    score: Annotated[float, Meta(description="Comparable only within one search.", examples=[0.0325])]
    relevance: Annotated[
        float,
        Meta(
            ge=0,
            le=1,
            description="Probability that it is what was searched for, on one scale for all searches.",
            examples=[0.93],
        ),
    ]
    grade: Annotated[
        Literal["good", "weak"],
        Meta(description="`good` reaches the relevance threshold; `weak` ones come after these."),
    ] = "good"
    signals: Annotated[
        dict[str, int],
        Meta(description="Rank in each signal that matched, from 1.", examples=[{"picture": 1, "caption_words": 3}]),
    ]
    text: Annotated[str, Meta(description="The text that matched; empty if only the picture matched.")]
    caption: Annotated[str, Meta(description="One sentence about what the segment shows; empty without captions.")]
    matched: Annotated[
        list[list[int]],
        Meta(description="[begin, end) in characters of `text`: the words to highlight.", examples=[[[3, 10]]]),
    ]
    boxes: Annotated[
        list[MomentBox],
        Meta(description="Positions of the on-screen text that matched; empty if none did."),
    ]
    parts: Annotated[list[MomentPart], Meta(description="For a query with several steps: the match of each.")]
    alike: Annotated[int, Meta(description="Near-duplicates folded into it; `expand` lists them.", examples=[12])] = 0
    in_video: Annotated[
        int, Meta(description="More moments of the same video, beyond `per_video`, folded into it.")
    ] = 0
    second_look: (
        Annotated[SecondLook, Meta(description="With `second_look`: the verdict on one of the best picture matches.")]
        | UnsetType
    ) = UNSET
    thumbnail: Link
    media: Link
    clip: Link


class Explained(Struct, kw_only=True):
    """How much one signal counts for this query."""

    signal: SignalName
    weight: Annotated[float, Meta(description="Weight in the rank fusion; 0: it does not count for this query.")]
    hits: Annotated[int, Meta(description="Number of segments that count.")]
    why: Annotated[str, Meta(description="The reason, in a sentence.")]


class SearchAnswer(Struct, kw_only=True):
    """The moments that match a query, best first."""

    query: Annotated[str, Meta(description="The query, normalized to one line.", examples=["a red car"])]
    corrected: Annotated[
        str, Meta(description="The query with typos corrected, which was searched instead; empty if there were none.")
    ] = ""
    understood: Understood
    found: Annotated[bool, Meta(description="False if no moment reaches the relevance threshold.")]
    more: Annotated[bool, Meta(description="Whether more moments follow this page.")]
    seconds: Annotated[
        dict[str, float],
        Meta(description="Wall time of each part.", examples=[{"embed": 0.011, "retrieve": 0.042, "total": 0.053}]),
    ]
    moments: list[Moment]
    closest: Annotated[list[Moment], Meta(description="The closest moments, only if nothing was found.")]
    explained: (
        Annotated[list[Explained], Meta(description="With `explain`: how much each signal counts.")] | UnsetType
    ) = UNSET
    warnings: (
        Annotated[list[str], Meta(description="With `second_look`: what could not be shown to the model.")] | UnsetType
    ) = UNSET
    read_again: (
        Annotated[int, Meta(description="With `explain`: number of segments whose texts were reranked.")] | UnsetType
    ) = UNSET


class QueryImage(Struct, forbid_unknown_fields=True, kw_only=True):
    """An image to search with."""

    image: Annotated[str, body_field(IMAGE, **_BASE64)]


class KeptImage(Struct, kw_only=True):
    """Where an image is kept."""

    image_id: Annotated[
        str, Meta(description="SHA-256 of the image's bytes.", pattern="^[0-9a-f]{64}$", examples=["5f" * 32])
    ]


class SearchRequest(Struct, forbid_unknown_fields=True, kw_only=True):
    """A search by words, by an image or a moment, or by an image or a moment that words modify."""

    query: Annotated[str, body_field(QUERY)] = QUERY.default
    plain: Annotated[bool, body_field(PLAIN)] = PLAIN.default
    image: Annotated[str, body_field(IMAGE, **_BASE64)] | None = None
    like: Annotated[str, body_field(LIKE)] | None = None
    video: Annotated[str, body_field(VIDEO)] | None = None
    scope: Annotated[str, body_field(SCOPE)] | None = None
    limit: Annotated[int, body_field(LIMIT)] = LIMIT.default
    offset: Annotated[int, body_field(OFFSET)] = OFFSET.default
    signals: Annotated[list[SignalName], body_field(SIGNALS_ONLY)] = []
    per_video: Annotated[int, body_field(PER_VIDEO)] | None = None
    fold: Annotated[bool, body_field(FOLD)] = FOLD.default
    sort: Annotated[SortName, body_field(SORT)] = SORT.default
    expand: Annotated[int, body_field(EXPAND)] | None = None
    threshold: Annotated[float, body_field(THRESHOLD)] | None = None
    explain: Annotated[bool, body_field(EXPLAIN)] = EXPLAIN.default
    second_look: Annotated[int, body_field(SECOND_LOOK)] = SECOND_LOOK.default
