"""Which stages of a video are still to be made. Compares fingerprints; loads no model."""

from collections.abc import Sequence

from indexer.catalog import StageName
from indexer.pipeline.stages.base import Stage
from indexer.records import Video


def pending_stages(
    video: Video, stages: Sequence[Stage], *, software: str, retry_failed: bool
) -> tuple[tuple[StageName, ...], str]:
    """Stages to be made, in order, and why there are none where there are none.

    Where the first stage is to be made, it is the only one named: the others extend what it will write.

    Args:
        stages: all of the run, in order.
        software: fingerprint of the decoding software, see `indexer.pipeline.fingerprints.decoding_software`.
        retry_failed: try again what failed before, though neither the file nor the software changed.
    """
    if video.failure_kind and video.failure_software == software and not retry_failed:
        return (), f"failed before, and neither it nor the software changed: {video.failure_reason}"
    first, *others = stages
    if first.is_lacked_by(video):
        return (first.name,), ""
    return tuple(stage.name for stage in others if stage.is_lacked_by(video)), "indexed already"
