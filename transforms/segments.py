"""Segments as they are called on the page."""

from models.tables import NOBODY, PERSONA
from transforms.wording import Words, shortened

NOT_SET = "(not set)"


def segment_title(dimension: str, segment: str, words: Words) -> str:
    """The name of a segment as it stands beside its figures.

    Args:
        dimension: of the segment.
        segment: value of the dimension.
        words: the language that is spoken.

    >>> from transforms.wording import words_in
    >>> segment_title("customer", "prospect", words_in("da"))
    'har ikke købt før'
    """
    if dimension == PERSONA and segment == NOBODY:
        return words.say("persona_(none)")
    return words.say("segment_not_set") if segment == NOT_SET else shortened(words.named(dimension, segment), 40)
