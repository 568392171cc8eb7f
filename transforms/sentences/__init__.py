"""What the figures say, in plain sentences made from the tables; honest where there is no rate yet."""

from transforms.sentences.answer import answer_sentences, immature_note, provisional_note
from transforms.sentences.changes import changes_sentence, cohorts_sentence, restated_sentence
from transforms.sentences.differences import channels_sentence, pages_sentence, segments_sentence
from transforms.sentences.facts import Facts
from transforms.sentences.handovers import devices_sentence, first_channels_sentence
from transforms.sentences.levers import first_lever, levers_sentence
from transforms.sentences.money import money_sentences
from transforms.sentences.phases import (
    contacts_sentence,
    curves_sentence,
    dwell_sentence,
    funnel_sentence,
    matrix_sentence,
    sankey_sentence,
    touchpoints_sentence,
)

__all__ = [
    "Facts",
    "answer_sentences",
    "changes_sentence",
    "channels_sentence",
    "cohorts_sentence",
    "contacts_sentence",
    "curves_sentence",
    "devices_sentence",
    "dwell_sentence",
    "first_channels_sentence",
    "first_lever",
    "funnel_sentence",
    "immature_note",
    "levers_sentence",
    "matrix_sentence",
    "money_sentences",
    "pages_sentence",
    "provisional_note",
    "restated_sentence",
    "sankey_sentence",
    "segments_sentence",
    "touchpoints_sentence",
]
