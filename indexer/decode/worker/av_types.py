"""Short names for PyAV's classes, which its stubs spread over many modules."""

from typing import TYPE_CHECKING, Any

import av.audio.frame
import av.audio.stream
import av.container
import av.packet
import av.video.frame
import av.video.stream

InputContainer = av.container.InputContainer
OutputContainer = av.container.OutputContainer
VideoStream = av.video.stream.VideoStream
AudioStream = av.audio.stream.AudioStream
VideoFrame = av.video.frame.VideoFrame
AudioFrame = av.audio.frame.AudioFrame
if TYPE_CHECKING:
    Packet = av.packet.Packet[Any]
else:
    Packet = av.packet.Packet  # generic in the stubs only
