"""Which stages of a video are still to be made. Compares fingerprints; loads no model."""

from collections.abc import Sequence

from indexer.catalog import ENTRY_OF_STAGE, StageName
from indexer.pipeline.stages.base import Stage
from indexer.records import Video


def pending_stages(video: Video, stages: Sequence[Stage]) -> tuple[tuple[StageName, ...], str]:
    """Stages to be made, in order, and why there are none where there are none.

    Where the first stage is to be made, it is the only one named: the others extend what it will write.

    Args:
        stages: all of the run, in order.
    """
    first, *others = stages
    if first.is_pending(video):
        return (first.name,), ""
    pending = () if video.failure_kind else tuple(stage.name for stage in others if stage.is_pending(video))
    return pending, "" if pending else _why_nothing_is_pending(video, stages)


def _why_nothing_is_pending(video: Video, stages: Sequence[Stage]) -> str:
    failed = [stage for stage in stages if stage.is_lacked_by(video) and stage.failed_before(video)]
    if not failed:
        return "indexed already"
    what = "" if video.failure_kind else f" ({', '.join(ENTRY_OF_STAGE[stage.name].label for stage in failed)})"
    reason = video.failures[failed[0].name].reason
    return f"failed before{what}, and neither it nor the software changed: {reason}"
