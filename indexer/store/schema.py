"""The schema of the library: the columns and keys of its four tables, and `Maker`.

Keys consist of the video and a running number, and no column holds the time of writing, so two libraries made from the
same files are equal row for row. Left out: the database (`indexer.store.tables`), and rows (`indexer.store.rows`).
"""

from dataclasses import dataclass, fields, replace
from typing import Any, Literal

import pyarrow as pa

ArrowTable = Any
"""A `pyarrow.Table`; pyarrow publishes no types."""
ArrowSchema = Any
ArrowField = Any
ArrowArray = Any

SCHEMA_VERSION = 5
"""Incremented when a column changes its name, type or meaning; a library of another version is refused."""

TableName = Literal["videos", "segments", "frames", "texts"]
TABLES: tuple[TableName, ...] = ("videos", "segments", "frames", "texts")
KEYS: dict[TableName, tuple[str, ...]] = {
    "videos": ("video_id",),
    "segments": ("video_id", "segment_index"),
    "frames": ("video_id", "frame_index"),
    "texts": ("video_id", "source", "text_index"),
}
"""The columns that identify a row of a table."""
VECTOR = "vector"
"""The column of the tables that a model fills; see `table_schema`."""
LATE_COLUMNS: dict[TableName, tuple[str, ...]] = {"videos": ("stage_failures", "languages")}
"""Columns that libraries made before lack; the next writer adds them."""


@dataclass(frozen=True, slots=True)
class Maker:
    """The models and settings that made a library, which has one: vectors of different makers cannot be compared."""

    picture_model: str
    """`PictureModel.name`, empty when the profile has none."""
    picture_dim: int
    """0 when the profile has none."""
    text_model: str
    text_dim: int
    sampling: str
    """Such as `1/s, 2-30 s, max_side 1280`."""
    profile: str
    """Informative only: two profiles with the same models make the same library."""
    clip_spec: str = ""
    """Picture model that the settings name instead of the profile's, to load it again; informative only."""
    text_spec: str = ""
    """Text model that the settings name instead of the profile's; informative only."""
    vision_language_spec: str = ""
    """Vision-language model that the settings name instead of the profile's; informative only: the stage's fingerprint
    says which model made the captions."""
    adapter_spec: str = ""
    """Adapter over the vision-language model, as the settings name it; informative only."""
    speech_spec: str = ""
    """Speech model that the settings name instead of the profile's; informative only."""
    wanted_profile: str = ""
    """Profile whose models are added once they are on this machine; empty: none."""

    def with_models_of(self, other: "Maker") -> "Maker":
        """This maker with the other's models where it has none; itself where the other adds none."""
        picture, text = ("picture_model", "picture_dim"), ("text_model", "text_dim")
        added = [name for names in (picture, text) if not getattr(self, names[0]) for name in names]
        changes = {name: getattr(other, name) for name in added if getattr(other, name)}
        if not changes:
            return self
        informative = {item.name: getattr(other, item.name) for item in fields(self) if item.name not in _COMPARED}
        return replace(self, **informative, **changes)

    def differences(self, other: "Maker") -> list[str]:
        """One line for each difference that forbids mixing: `picture model: A here, B asked for`."""
        return [
            f"{item.name.replace('_', ' ')}: {getattr(self, item.name)!r} here, {getattr(other, item.name)!r} asked for"
            for item in fields(self)
            if item.name in _COMPARED and getattr(self, item.name) != getattr(other, item.name)
        ]


_COMPARED = ("picture_model", "picture_dim", "text_model", "text_dim", "sampling")

_PROBE = pa.struct(
    [
        ("container", pa.string()),
        ("codec", pa.string()),
        ("decoder", pa.string()),
        ("width", pa.int32()),
        ("height", pa.int32()),
        ("rotation_degrees", pa.int32()),
        ("duration_seconds", pa.float64()),
        ("frames_per_second", pa.float64()),
        ("start_seconds", pa.float64()),
        ("stream_index", pa.int32()),
        ("is_hdr", pa.bool_()),
        ("subtitle_streams", pa.list_(pa.int32())),
        ("audio_streams", pa.int32()),
    ]
)

_BOX = pa.struct(
    [
        ("line", pa.int16()),
        ("start_seconds", pa.float64()),
        ("left", pa.float32()),
        ("top", pa.float32()),
        ("right", pa.float32()),
        ("bottom", pa.float32()),
    ]
)


_VOICE = pa.struct([("speaker", pa.string()), ("seconds", pa.float64()), ("vector", pa.binary())])
_WORD = pa.struct([("text", pa.string()), ("start_seconds", pa.float64()), ("stop_seconds", pa.float64())])


def table_schema(table: TableName, maker: Maker) -> ArrowSchema:
    """The columns of one table; it has no `vector` column where the maker has no model for it."""
    identity = [pa.field("video_id", pa.string(), nullable=False)]
    start_stop = [pa.field("start_seconds", pa.float64()), pa.field("stop_seconds", pa.float64())]
    match table:
        case "videos":
            columns = [
                pa.field("paths", pa.list_(pa.string())),
                pa.field("size_bytes", pa.int64()),
                pa.field("modified_ns", pa.list_(pa.int64())),
                pa.field("duration_seconds", pa.float64()),
                pa.field("probe", _PROBE),
                pa.field("stages", pa.string()),  # JSON {stage: fingerprint}, keys sorted
                pa.field("warnings", pa.list_(pa.string())),
                pa.field("failure_kind", pa.string()),
                pa.field("failure_reason", pa.string()),
                pa.field("failure_software", pa.string()),
                pa.field("metadata", pa.string()),  # JSON, see `indexer.decode.metadata.metadata_to_json`
                pa.field("tags", pa.list_(pa.string())),
                pa.field("corrections", pa.string()),  # JSON, a list of `indexer.records.TextCorrection`
                pa.field("voices", pa.list_(_VOICE)),
                pa.field("stage_failures", pa.string()),  # JSON {stage: `StageFailure`}; null is none
                pa.field("languages", pa.string()),  # JSON {source: tags of BCP 47}; null is none
            ]
        case "segments":
            columns = [
                pa.field("segment_index", pa.int32(), nullable=False),
                *start_stop,
                pa.field("best_frame_seconds", pa.float64()),
                *_vector_field(maker.picture_dim),
            ]
        case "frames":
            columns = [
                pa.field("frame_index", pa.int32(), nullable=False),
                pa.field("segment_index", pa.int32(), nullable=False),
                pa.field("time_seconds", pa.float64()),
                pa.field("changed", pa.bool_()),
                pa.field("lot", pa.uint32()),  # see `indexer.store.rows.draw_row_lots`
                *_vector_field(maker.picture_dim),
            ]
        case "texts":
            columns = [
                pa.field("source", pa.string(), nullable=False),
                pa.field("text_index", pa.int32(), nullable=False),
                pa.field("segment_index", pa.int32(), nullable=False),
                *start_stop,
                pa.field("text", pa.string()),
                pa.field("terms", pa.string()),  # separated by spaces, see `indexer.words.index_terms`
                pa.field("letters", pa.string()),  # of on-screen text, see `indexer.store.fuzzy_text`
                pa.field("language", pa.string()),
                pa.field("boxes", pa.list_(_BOX)),  # of on-screen text
                pa.field("is_scenery", pa.bool_()),
                pa.field("words", pa.list_(_WORD)),  # of a transcript
                pa.field("original", pa.string()),  # of a text that was corrected
                pa.field("voice", pa.int16()),  # index in `voices` of the video; -1 for none
                pa.field("lot", pa.uint32()),
                *_vector_field(maker.text_dim),
            ]
    return pa.schema(identity + columns)


def _vector_field(dim: int) -> list[ArrowField]:
    return [pa.field(VECTOR, pa.list_(pa.float16(), dim))] if dim else []
