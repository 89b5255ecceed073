"""Whether two answers to one question say the same. Pure."""

from search.answering.answer import Answer, CitedMoment

RIGHT_IOU = 0.5


def say_the_same(one: Answer, other: Answer, *, by_words: bool) -> bool:
    """Whether both find nothing, or say the same words, or name first moments that share half of their time.

    Args:
        by_words: the words are the answer, and not the moment.
    """
    if not (one.found and other.found):
        return one.found == other.found
    if by_words:
        return one.answer.casefold() == other.answer.casefold()
    return _iou(one.moments[0], other.moments[0]) >= RIGHT_IOU


def _iou(one: CitedMoment, other: CitedMoment) -> float:
    return one.span.iou(other.span) if one.video_id == other.video_id else 0.0
