"""The options of a search, and of a question: each described once, for the engine, the command line and the service.

Pure; imports nothing heavy, since the command line reads it at start-up.
"""

from typing import Any, Literal, get_args

from indexer.config import SETTINGS
from indexer.options import Option
from search.query.validation import MAX_QUERY_CHARACTERS
from search.signals import SIGNALS

EffortName = Literal["low", "normal", "high"]
"""How much is examined for a question; `search.answering.effort` says what each name means."""
Mode = Literal["frames", "video"]
"""How clips are shown to a vision-language model."""

_THRESHOLD = SETTINGS["relevance_threshold"]

QUERY: Option[str] = Option(
    "query",
    str,
    default="",
    parameter="query",
    max_length=MAX_QUERY_CHARACTERS,
    help="What to look for, in words.",
    details=(
        "`-people` or `without people` excludes; `A then B within 30s` (or `A >> B`) finds one moment with both,"
        ' in this order; `"exact words"` matches a phrase; `looks:`, `said:`, `text:` and `caption:` say where to'
        " look; `video:`, `folder:`, `tag:`, `date:`, `duration:`, `language:` and `at:` filter. A syntax error is a"
        " problem of type `query` that gives its position. With `like` or `image`: plain words that describe what"
        " should be different, or nothing."
    ),
    examples=(
        "a red car in the snow",
        "beach -people",
        "a red car then a bus within 30s",
        'said:"thank you" looks:sunset',
        "invoice folder:2023 at:..10m",
    ),
)
IMAGE: Option[Any] = Option(
    "image",
    str,
    default=None,
    metavar="FILE",
    help="Find moments that look like this image; a query describes what should be different.",
    details=(
        "A JPEG, PNG, WebP, BMP, TIFF or still GIF of at most 16 MiB and 64 million pixels, in Base64 (RFC 4648)."
    ),
)
LIKE: Option[str | None] = Option(
    "like",
    str,
    default=None,
    metavar="VIDEO@TIME",
    max_length=4200,
    help="Find moments like this one; a query describes what should be different.",
    details=(
        "VIDEO@TIME or VIDEO@START-STOP. VIDEO is a name, an id, or the first digits of an id; TIME is seconds, 12:34"
        " or 1:02:03.5. The moment itself is not in the results."
    ),
    examples=("lecture.mp4@12:34",),
)
VIDEO: Option[str | None] = Option(
    "video",
    str,
    default=None,
    metavar="VIDEO",
    max_length=4096,
    help="Search only this video: its name, path, id, or the first digits of its id.",
)
SCOPE: Option[str | None] = Option(
    "scope",
    str,
    default=None,
    metavar="FILTERS",
    max_length=MAX_QUERY_CHARACTERS,
    help="Search only here: video:, folder:, tag:, date:, duration:, language:, at: and speaker:, as in a query.",
    details="Several videos or folders are alternatives; all other filters must match; `-` excludes.",
    examples=("tag:family date:2023 speaker:anna",),
)
MAX_LIMIT = 1000
LIMIT: Option[int] = Option(
    "limit", int, default=10, low=1, high=MAX_LIMIT, served_high=200, metavar="N", help="Maximum number of moments."
)
OFFSET: Option[int] = Option(
    "offset",
    int,
    default=0,
    low=0,
    served_high=1_000_000,
    metavar="N",
    help="Number of moments to skip, for paging.",
)
SIGNALS_ONLY: Option[tuple[str, ...]] = Option(
    "signals",
    str,
    default=(),
    choices=SIGNALS,
    flag="--signal",
    is_list=True,
    help="Match only by these signals.",
    default_text="all signals",
)
PLAIN: Option[bool] = Option(
    "plain",
    bool,
    default=False,
    help="Take the query literally: quotes, `then` and `not` have no special meaning, and typos are not corrected.",
)
MOMENTS_PER_VIDEO = 5
"""Default of `PER_VIDEO`, unless a single video is searched: half of a page."""
PER_VIDEO: Option[int | None] = Option(
    "per_video",
    int,
    default=None,
    low=0,
    served_high=1000,
    metavar="N",
    help="Maximum number of moments per video; 0 for no limit.",
    default_text=f"{MOMENTS_PER_VIDEO}; no limit within one video",
)
FOLD: Option[bool] = Option(
    "fold",
    bool,
    default=True,
    flag="--fold/--no-fold",
    help="Fold near-duplicate moments into the best of them.",
)
SortName = Literal["relevance", "newest", "video"]
SORT: Option[SortName] = Option(
    "sort",
    str,
    default="relevance",
    choices=get_args(SortName),
    help="Order of the moments: best first, newest videos first, or video by video in order of time.",
    details="Weak matches come last in every order. With `video`, the video with the best moment comes first.",
)
EXPAND: Option[int | None] = Option(
    "expand",
    int,
    default=None,
    low=1,
    served_high=1_000_000,
    metavar="RANK",
    help="Show the moments folded into the one at this rank; 1 is the first.",
)
THRESHOLD: Option[float | None] = Option(
    "threshold",
    float,
    default=None,
    low=_THRESHOLD.low,
    high=_THRESHOLD.high,
    help="Relevance that the best moment must reach; otherwise nothing is found.",
    default_text=f"the setting `{_THRESHOLD.name}`",
)
EXPLAIN: Option[bool] = Option(
    "explain", bool, default=False, help="Explain how much each signal counts for this query, and why."
)
MOST_SECOND_LOOKS = 20
SECOND_LOOK: Option[int] = Option(
    "second_look",
    int,
    default=0,
    low=0,
    high=MOST_SECOND_LOOKS,
    metavar="N",
    help="Have the vision-language model check the N best picture matches, and rank them by its verdicts too.",
    details="No match is dropped. It takes as long as a question about as many clips.",
)
SEARCH = (
    *(QUERY, IMAGE, LIKE, VIDEO, SCOPE, LIMIT, OFFSET, SIGNALS_ONLY, PLAIN, PER_VIDEO),
    *(FOLD, SORT, EXPAND, THRESHOLD, EXPLAIN, SECOND_LOOK),
)

QUESTION: Option[str] = Option(
    "question",
    str,
    default="",
    max_length=MAX_QUERY_CHARACTERS,
    is_required=True,
    help="The question.",
    examples=("What colour is the car in front of the bakery?",),
)
MOST_CLIPS = 12
CLIPS: Option[tuple[str, ...]] = Option(
    "clips",
    str,
    default=(),
    flag="--clip",
    metavar="VIDEO@START-STOP",
    max_length=MOST_CLIPS,
    is_list=True,
    help="Ask about this clip only, without retrieval; several clips are compared.",
    details=(
        f"At most {MOST_CLIPS}. VIDEO is a name, an id, or the first digits of an id; a time is seconds, 12:34 or"
        " 1:02:03.5."
    ),
    examples=(["talk.mp4@1:10-1:30", "b.mp4@0:05-0:20"],),
)
MODE: Option[Mode] = Option(
    "mode",
    str,
    default="frames",
    choices=get_args(Mode),
    help="Show the model pairs of frames with their times, or each clip as a video.",
)
EFFORT: Option[EffortName] = Option(
    "effort",
    str,
    default="normal",
    choices=get_args(EffortName),
    help="How many clips to examine: 3, 6 or 24.",
)
RETRIEVAL: Option[bool] = Option(
    "retrieval",
    bool,
    default=True,
    flag="--retrieval/--no-retrieval",
    help="Retrieve the clips to examine; otherwise frames are sampled evenly from all videos.",
)
POINTS: Option[bool] = Option("points", bool, default=False, help="Return a point for each match instead of a box.")
CONVERSATION: Option[str | None] = Option(
    "conversation",
    str,
    default=None,
    max_length=64,
    help="Id of the conversation that the question continues, from an earlier answer.",
    details="All other fields are taken from its first question; `video` and `scope` are refused.",
)
LOOK_AGAIN: Option[bool] = Option(
    "look_again",
    bool,
    default=False,
    help="With --effort high: let the model itself search, look closer and answer, in up to 6 steps.",
    details="`mode` and `retrieval` are then ignored.",
)
ASK = (QUESTION, CONVERSATION, VIDEO, SCOPE, CLIPS, MODE, EFFORT, RETRIEVAL, LOOK_AGAIN)
