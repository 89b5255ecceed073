"""AskContext: the engine, the settings and the loaded model that answer one question."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from indexer.config import Settings
from indexer.decode.child_pool import DecodeChildPool
from indexer.models.vision_language import VisionLanguageModel
from search.answering.answer import CitedMoment, EvidenceUsed
from search.answering.asked_part import AskedPart
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

    def kept(self, moments: Sequence[CitedMoment], asked: AskedPart) -> list[CitedMoment]:
        """Those of the moments that lie in the part that is asked of, cut to it."""
        known = {one.video_id for one in asked.videos}
        own = [one for one in moments if one.video_id in known]
        inside = asked.inside(self.engine.library, [(one.video_id, one.span) for one in own])
        return [replace(one, span=span) for one, span in zip(own, inside, strict=True) if span is not None]

    def with_kept(
        self, candidates: Sequence[ClipCandidate], kept: Sequence[CitedMoment], *, with_text: bool
    ) -> list[ClipCandidate]:
        """The best candidate, the kept clips, each as it was retrieved or made where it was not, then the others.

        The best comes first so that a model that is shown a single clip is shown that which answers by itself.
        """
        if not kept:
            return list(candidates)
        library = self.engine.library.snapshot()
        videos = {one.video_id: one for one in library.videos()}
        texts, captions = texts_in_moments(library, kept), captions_in_moments(library, kept)
        first = list(candidates[:1])
        for moment, text, caption in zip(kept, texts, captions, strict=True):
            alike = [one for one in candidates if one.video_id == moment.video_id and one.span.iou(moment.span) >= 0.5]
            if alike:
                first.append(alike[0])
            elif video := videos.get(moment.video_id):
                shows_text = with_text or video.kind == "sound"
                first.append(ClipCandidate.of(video, moment.span, text=text if shows_text else "", caption=caption))
        return [*dict.fromkeys(first), *(one for one in candidates if one not in first)]

    def evidence_used(self, outcome: PassOutcome) -> EvidenceUsed:
        """What a run of passes showed."""
        return EvidenceUsed(
            len(outcome.shown), outcome.frames, outcome.tokens, self.model.context_limit, outcome.passes
        )
