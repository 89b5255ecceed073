"""Voice activity: where somebody speaks in a sound, by Silero's network, which comes with faster-whisper."""

import numpy as np

from indexer.records import Samples16, SampleSpan


def find_speech(
    samples: Samples16, *, pause_seconds: float = 2.0, around_seconds: float = 0.4
) -> tuple[SampleSpan, ...]:
    """Where somebody may be speaking in a sound (samples,) at 16 kHz, in order.

    A minute takes about a seventh of a second; without speech no speech model needs to be loaded.

    Args:
        pause_seconds: a longer silence ends a span.
        around_seconds: what is added at both ends.
    """
    from faster_whisper.vad import VadOptions, get_speech_timestamps  # imports onnxruntime

    options = VadOptions(
        min_silence_duration_ms=round(1000 * pause_seconds), speech_pad_ms=round(1000 * around_seconds)
    )
    found = get_speech_timestamps(samples.astype(np.float32) / 32768, options)
    return tuple((int(span["start"]), int(span["end"])) for span in found)
