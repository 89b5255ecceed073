"""What the service sends, as typed records with descriptions and examples: the OpenAPI description is made of them.

Apart from the records of `search` and `indexer`: these are a promise to programs. `views` converts.
"""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from indexer.still import MAX_IMAGE_BYTES

VideoId = Annotated[
    str,
    Meta(
        description="Opaque id of a video: 32 hexadecimal digits.",
        pattern="^[0-9a-f]{32}$",
        examples=["0f3a77c25d1e4b6c8a9b0c1d2e3f4a5b"],
    ),
]
JobId = Annotated[
    str,
    Meta(description="Opaque id of a job.", pattern="^[0-9a-f]{32}$", examples=["8c1f0e2d3b4a59687766554433221100"]),
]
Seconds = Annotated[float, Meta(description="Seconds on the player's clock.", examples=[12.48])]
Link = Annotated[str, Meta(description="Path on this service.", examples=["/api/videos/0f3a/thumbnail?t=12.48"])]
Name = Annotated[str, Meta(description="The file's name, for people; plain text.", examples=["lecture.mp4"])]
SignalName = Literal[
    "picture",
    "subtitle",
    "subtitle_words",
    "speech",
    "speech_words",
    "screen_text",
    "screen_text_words",
    "caption",
    "caption_words",
    "metadata_words",
]
"""As `search.results.Signal`; a test holds that they are equal."""

MAX_IMAGE_CHARACTERS = 4 * -(-MAX_IMAGE_BYTES // 3)
_IMAGE = (
    "Look for what this image shows: a JPEG, PNG, WebP, BMP, TIFF or still GIF of at most 16 MiB and 64 million pixels,"
    " in Base64 (RFC 4648)."
)
_ONE_IMAGE = (
    "iVBORw0KGgoAAAANSUhEUgAAABAAAAAMCAIAAADkharWAAAAGUlEQVR42mOYRiJgoK+GaxIKWNGohsEXcQAPXy/QD/e3sAAAAABJRU5ErkJggg=="
)
"""A red board on a grey wall, 16 x 12 pixels."""
_IMAGE_META = Meta(
    description=_IMAGE,
    max_length=MAX_IMAGE_CHARACTERS,
    examples=[_ONE_IMAGE],
    extra_json_schema={"contentEncoding": "base64"},
)
LIKE = (
    "Look for more like this moment: VIDEO@TIME or VIDEO@START-STOP. VIDEO is an id, name, or an id's first digits;"
    " TIME is seconds, 12:34 or 1:02:03.5. The moment itself is left out."
)
PER_VIDEO = "Moments of one video at most, 0: any number. Without it 5, or any number where `video` is given."
FOLD = "Fold near-duplicates into the best of them; false: every moment by itself."
EXPAND = "List what is folded into the moment of this rank, from 1, instead."


class MomentBox(Struct, kw_only=True):
    """Where a line of words on the screen stands for a while; edges in fractions of the picture."""

    line: Annotated[int, Meta(description="Boxes of one line, in order of time, show how it moves.", examples=[0])]
    start_seconds: Seconds
    stop_seconds: Seconds
    left: Annotated[float, Meta(ge=0, le=1, examples=[0.05])]
    top: Annotated[float, Meta(ge=0, le=1, examples=[0.12])]
    right: Annotated[float, Meta(ge=0, le=1, examples=[0.43])]
    bottom: Annotated[float, Meta(ge=0, le=1, examples=[0.19])]


class MomentPart(Struct, kw_only=True):
    """What answers to one step of `A then B`."""

    start_seconds: Seconds
    stop_seconds: Seconds
    best_frame_seconds: Seconds
    signals: Annotated[dict[str, int], Meta(examples=[{"picture": 1}])]
    text: Annotated[str, Meta(description="The words that matched; empty when the picture alone did.")]
    thumbnail: Link


class QueryTerm(Struct, kw_only=True):
    """Something that must be there, or must not."""

    text: Annotated[str, Meta(examples=["exit"])]
    field: Annotated[
        Literal["looks", "said", "text", "caption"] | None, Meta(description="Where; null: in all that can hold it.")
    ]
    exact: Annotated[bool, Meta(description="These very words, side by side.")]


class QueryStep(Struct, kw_only=True):
    """One thing to be found."""

    text: Annotated[str, Meta(description="Free words.", examples=["a red car"])]
    terms: list[QueryTerm]
    excluded: list[QueryTerm]
    within_seconds: Annotated[float | None, Meta(description="Largest gap after the step before.", examples=[30.0])]


class QueryFilter(Struct, kw_only=True):
    """A condition on the video, or on the time within it."""

    name: Literal["video", "folder", "tag", "date", "duration", "at"]
    value: Annotated[str, Meta(examples=["2023/paris"])]
    excluded: Annotated[bool, Meta(description="The condition must not hold.")]


class Understood(Struct, kw_only=True):
    """How a query was understood. Of plain words: one step, and nothing else."""

    steps: list[QueryStep]
    filters: list[QueryFilter]


class Moment(Struct, kw_only=True):
    """A span of one video that matches; half open: [start_seconds, stop_seconds)."""

    video_id: VideoId
    video: Name
    duration_seconds: Seconds
    start_seconds: Seconds
    stop_seconds: Seconds
    best_frame_seconds: Seconds
    score: Annotated[float, Meta(description="Comparable only within one search.", examples=[0.0325])]
    relevance: Annotated[
        float,
        Meta(ge=0, le=1, description="How likely it is what was asked for, on one scale for all.", examples=[0.93]),
    ]
    signals: Annotated[
        dict[str, int],
        Meta(description="Rank, from 1, in each signal that matched.", examples=[{"picture": 1, "caption_words": 3}]),
    ]
    text: Annotated[str, Meta(description="The words that matched; empty when the picture alone did.")]
    caption: Annotated[str, Meta(description="What the segment shows, in a sentence; empty where not described.")]
    matched: Annotated[
        list[list[int]],
        Meta(description="[begin, end) in characters of `text`: the words to highlight.", examples=[[[3, 10]]]),
    ]
    boxes: Annotated[
        list[MomentBox],
        Meta(description="Where the words on the screen stand that answer the query; empty where none did."),
    ]
    parts: Annotated[list[MomentPart], Meta(description="Of a query of several steps: what answers to each.")]
    alike: Annotated[int, Meta(description="Near-duplicates folded into it: `expand` lists them.", examples=[12])] = 0
    in_video: Annotated[int, Meta(description="Further moments of its video, beyond `per_video`, folded into it.")] = 0
    thumbnail: Link
    media: Link
    clip: Link


class SearchAnswer(Struct, kw_only=True):
    """The moments that match a query, best first."""

    query: Annotated[str, Meta(description="As it was understood: one line, composed.", examples=["a red car"])]
    understood: Understood
    found: Annotated[bool, Meta(description="False: no moment reaches `relevance_threshold` of the settings.")]
    more: Annotated[bool, Meta(description="Further moments follow this page.")]
    seconds: Annotated[
        dict[str, float],
        Meta(description="Wall time by part.", examples=[{"embed": 0.011, "retrieve": 0.042, "total": 0.053}]),
    ]
    moments: list[Moment]
    closest: Annotated[list[Moment], Meta(description="Only when nothing was found: what comes nearest.")]


class SearchRequest(Struct, forbid_unknown_fields=True, kw_only=True):
    """A search: words, an image, a moment, or words that change an image or a moment."""

    query: Annotated[
        str,
        Meta(
            description="What to look for, as in GET; beside `image` or `like` plain words: what is to be different.",
            max_length=1000,
            examples=["a red car in the snow", "beach -people", "a red car then a bus within 30s", "but at night"],
        ),
    ] = ""
    plain: Annotated[bool, Meta(description="Take the words as they stand, without any grammar.")] = False
    image: Annotated[str, _IMAGE_META] | None = None
    like: Annotated[str, Meta(description=LIKE, max_length=4200, examples=["lecture.mp4@12:34"])] | None = None
    video: Annotated[str, Meta(max_length=4096)] | None = None
    """Only in this video: its id, name, or the id's first digits."""
    limit: Annotated[int, Meta(ge=1, le=200, description="Moments on the page.")] = 10
    offset: Annotated[int, Meta(ge=0, le=1_000_000, description="Moments to skip.")] = 0
    signals: Annotated[list[SignalName], Meta(description="Match by these alone; none: by all.")] = []
    per_video: Annotated[int, Meta(ge=0, le=1000, description=PER_VIDEO)] | None = None
    fold: Annotated[bool, Meta(description=FOLD)] = True
    expand: Annotated[int, Meta(ge=1, le=1_000_000, description=EXPAND)] | None = None


class AskRequest(Struct, forbid_unknown_fields=True, kw_only=True):
    """A question."""

    question: Annotated[str, Meta(max_length=1000, examples=["What colour is the car in front of the bakery?"])]
    video: Annotated[str, Meta(max_length=4096)] | None = None
    mode: Annotated[Literal["frames", "video"], Meta(description="Pairs of frames, or clips as videos.")] = "frames"
    effort: Annotated[Literal["low", "normal", "high"], Meta(description="How many clips are looked at.")] = "normal"
    retrieval: Annotated[bool, Meta(description="False: frames spread evenly over all that there is.")] = True


class CitedMoment(Struct, kw_only=True):
    """A span that the answer rests on; without an answer, one that came closest."""

    video_id: VideoId
    video: Name
    start_seconds: Seconds
    stop_seconds: Seconds
    why: Annotated[str, Meta(examples=["the car is red"])]
    thumbnail: Link
    media: Link
    clip: Link


class EvidenceUsed(Struct, kw_only=True):
    """What the model was shown."""

    clips: int
    frames: int
    tokens: int
    context_limit: int
    passes: int


class AskAnswer(Struct, kw_only=True):
    """The answer to a question, with the moments that it rests on."""

    question: str
    found: bool
    answer: Annotated[str, Meta(examples=["The car is red."])]
    moments: list[CitedMoment]
    evidence: EvidenceUsed
    model: str
    seconds: float
    warnings: Annotated[list[str], Meta(description="What could not be looked at.")]


class ShownClip(Struct, kw_only=True):
    """A clip that the model is shown."""

    video_id: VideoId
    video: Name
    start_seconds: Seconds
    stop_seconds: Seconds
    thumbnail: Link


class Failure(Struct, kw_only=True):
    """Why a video could not be indexed."""

    kind: Annotated[str, Meta(examples=["unreadable"])]
    reason: str


class Video(Struct, kw_only=True):
    """A video of the library."""

    video_id: VideoId
    video: Name
    folder: Annotated[str, Meta(description="Below a configured root; empty where it lies elsewhere.")]
    duration_seconds: Seconds
    size_bytes: int
    width: Annotated[int, Meta(description="Pixels as shown; 0 when unknown.")]
    height: Annotated[int, Meta(description="Pixels as shown; 0 when unknown.")]
    codec: Annotated[str, Meta(examples=["h264"])]
    added_at: Annotated[str, Meta(description="RFC 3339; when it was indexed.")] | None
    state: Literal["ready", "partial", "failed"]
    stages: Annotated[list[str], Meta(description="What is indexed of it.", examples=[["picture", "subtitles"]])]
    created_at: Annotated[str, Meta(description="RFC 3339; when it was taken.", examples=["2023-05-09T11:41:46Z"])]
    created_source: Annotated[
        Literal["container", "file"],
        Meta(description="Who says so: the video itself, or the file's modification time."),
    ]
    tags: Annotated[list[str], Meta(description="The person's own.", examples=[["holiday"]])]
    failure: Failure | None
    segments: int
    playable: Annotated[str, Meta(description="direct, remux, transcode or no: how a browser can play it.")]
    thumbnail: Link
    media: Link
    sprites: Link


class Segment(Struct, kw_only=True):
    """A part of a video between two cuts."""

    start_seconds: Seconds
    stop_seconds: Seconds
    caption: str


class Chapter(Struct, kw_only=True):
    """A named part of a video, as its container marks it."""

    start_seconds: Seconds
    stop_seconds: Seconds
    title: Annotated[str, Meta(description="Plain text; may be empty.")]


class Place(Struct, kw_only=True):
    """WGS 84; north and east are positive."""

    latitude_degrees: Annotated[float, Meta(examples=[51.5334])]
    longitude_degrees: Annotated[float, Meta(examples=[-0.1255])]


class Metadata(Struct, kw_only=True):
    """What the container says in words: plain text that strangers wrote; empty where it says nothing."""

    title: str
    camera: Annotated[str, Meta(examples=["Apple iPhone 14 Pro"])]
    place: Place | None
    place_name: str
    artist: str
    comment: str
    description: str
    chapters: list[Chapter]


class TagList(Struct, forbid_unknown_fields=True, kw_only=True):
    """All tags of a video."""

    tags: Annotated[
        list[Annotated[str, Meta(min_length=1, max_length=200)]], Meta(max_length=100, examples=[["holiday"]])
    ]


class TagCount(Struct, kw_only=True):
    """A tag, and how many videos have it."""

    tag: str
    videos: int


class VideoDetails(Video, kw_only=True):
    """A video with its segments."""

    metadata: Metadata

    segments_list: list[Segment]
    texts: Annotated[
        dict[str, int],
        Meta(description="How many texts, by source.", examples=[{"subtitle": 41, "screen_text": 3, "caption": 12}]),
    ]
    warnings: list[str]


class VideoPage(Struct, kw_only=True):
    """A page of the library."""

    total: Annotated[int, Meta(description="Videos that fit the filters.")]
    offset: int
    limit: int
    videos: list[Video]


class JobError(Struct, kw_only=True):
    """Why a job failed."""

    type: Annotated[str, Meta(examples=["unreadable"])]
    detail: str


JobState = Literal["queued", "running", "done", "failed", "cancelled"]


class Job(Struct, kw_only=True):
    """Work that goes on after the request: indexing of files."""

    id: JobId
    kind: Literal["index"] = "index"
    state: JobState = "queued"
    paths: Annotated[list[str], Meta(description="What is indexed, for people.", examples=[["lecture.mp4"]])]
    created_at: Annotated[str, Meta(examples=["2026-11-21T09:30:00Z"])]
    started_at: str | None = None
    finished_at: str | None = None
    progress: Annotated[float, Meta(ge=0, le=1, examples=[0.42])] = 0.0
    stage: str = ""
    message: str = ""
    video_ids: list[str] = []
    error: JobError | None = None


class JobPage(Struct, kw_only=True):
    """Jobs, the newest first."""

    total: int
    jobs: list[Job]


class IndexRequest(Struct, forbid_unknown_fields=True, kw_only=True):
    """Files of this machine to be indexed."""

    path: Annotated[
        str, Meta(description="A file or folder under a configured root.", min_length=1, examples=["films/a.mp4"])
    ]
