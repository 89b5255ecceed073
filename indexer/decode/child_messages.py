"""Messages of the decoder child as records: probes and text tracks. Pure."""

from dataclasses import fields

from indexer.decode.protocol import Message
from indexer.records import TextTrack, TimedText, TimeSpan, VideoProbe


def probe_from_message(message: Message) -> VideoProbe:
    values = {item.name: message[item.name] for item in fields(VideoProbe)}
    values["subtitle_streams"] = tuple(values["subtitle_streams"])
    return VideoProbe(**values)


def text_track_from_message(track: Message) -> TextTrack:
    language = track["language"]
    cues = tuple(TimedText(TimeSpan(start, max(start, stop)), text, language) for start, stop, text in track["cues"])
    return TextTrack(track["stream_index"], track["codec"], language, cues)
