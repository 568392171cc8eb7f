"""The words of the page and of the funnel in the terminal: a file a language, and all of the same names."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Literal, get_args

import yaml

Language = Literal["en", "da", "nb", "sv"]
Conversion = Literal["purchase", "conversion"]
"""What a journey ends in: a purchase, or something else, such as a sign-up or a signature."""
Text = str | Mapping[str, str]
"""A text with its placeholders or, where a number decides, one for each plural form of the language."""

HERE = Path(__file__).parent


@cache
def read_words(language: Language, conversion: Conversion) -> Mapping[str, Text]:
    """Read the texts of a language by name, those for the kind of conversion where there are two.

    Args:
        language: of the texts.
        conversion: whether they speak of purchases or of conversions.

    >>> read_words("en", "conversion")["answer_no_purchase"]
    'Nobody has converted yet.'
    """
    texts = yaml.safe_load((HERE / f"{language}.yaml").read_text(encoding="utf-8"))
    return {name: _for(conversion, text) for name, text in texts.items()}


def _for(conversion: Conversion, text: Any) -> Any:
    has_kinds = isinstance(text, dict) and text.keys() == set(get_args(Conversion))
    return text[conversion] if has_kinds else text
