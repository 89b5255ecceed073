"""AskContext: the engine, the settings and the loaded model that answer one question."""

from collections.abc import Sequence
from dataclasses import dataclass

from indexer.config import Settings
from indexer.decode.child_pool import DecodeChildPool
from indexer.models.vision_language import VisionLanguageModel
from search.answering.answer import EvidenceUsed
from search.answering.clip_planning import ClipCandidate
from search.answering.moment_texts import captions_in_moments, texts_in_moments
from search.answering.multi_pass import PassOutcome
from search.engine import SearchEngine
from search.results import Moment, SimilarityCurve


@dataclass(frozen=True, slots=True)
class AskContext:
    """What every way of answering needs."""

    engine: SearchEngine
    settings: Settings
    model: VisionLanguageModel
    """Loaded."""
    spares: DecodeChildPool
    """Decoder processes that wait for the next clips."""

    def candidates(
        self, moments: Sequence[Moment], curves: Sequence[SimilarityCurve], *, with_text: bool
    ) -> list[ClipCandidate]:
        """Moments, with the curve of each, and what else choosing their frames needs.

        Args:
            with_text: also with what is read and heard in them; sound is always with what is heard.
        """
        library = self.engine.library.snapshot()
        videos = {one.video_id: one for one in library.videos()}
        quoted = texts_in_moments(library, [one for one in moments if with_text or one.kind == "sound"])
        rest = iter(quoted)
        texts = [next(rest) if with_text or one.kind == "sound" else "" for one in moments]
        captions = captions_in_moments(library, moments)
        return [
            ClipCandidate.of(videos[moment.video_id], moment.span, curve=curve, text=text, caption=caption)
            for moment, curve, text, caption in zip(moments, curves, texts, captions, strict=True)
            if moment.video_id in videos
        ]

    def evidence_used(self, outcome: PassOutcome) -> EvidenceUsed:
        """What a run of passes showed."""
        return EvidenceUsed(
            len(outcome.shown), outcome.frames, outcome.tokens, self.model.context_limit, outcome.passes
        )
