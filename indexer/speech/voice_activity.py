"""Voice activity: where somebody speaks in a sound, by Silero's network, which comes with faster-whisper."""

import numpy as np

from indexer.records import Samples16, SampleSpan


def find_speech(samples: Samples16) -> tuple[SampleSpan, ...]:
    """Where somebody may be speaking in a sound (samples,) at 16 kHz, in order, with 0.4 s around.

    A minute takes about a seventh of a second; without speech no speech model needs to be loaded.
    """
    from faster_whisper.vad import get_speech_timestamps  # imports onnxruntime

    found = get_speech_timestamps(samples.astype(np.float32) / 32768)
    return tuple((int(span["start"]), int(span["end"])) for span in found)
