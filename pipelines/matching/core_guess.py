"""Which core language a text is in: as declared, else by letters that only one of them uses."""

import re
from typing import Final

_ALIASES: Final = {"ku": "kmr", "kur": "kmr", "fas": "fa", "per": "fa", "ara": "ar", "tur": "tr", "sdh": "ckb"}


def guess_language(text: str, declared: str | None, known: frozenset[str]) -> str | None:
    """Return the code of a core language that a text is in, None for everything else.

    A declared language is believed, except that plain "Kurdish" in Arabic letters is Sorani; without one the letters
    decide: those that only Sorani, Persian, Turkish or Kurmanji use, else Arabic script is Arabic.
    """
    sample = text[:2000]
    arabic = len(re.findall("[\u0600-\u06ff]", sample)) * 3 > len(sample)
    if declared:
        code = declared.split("-")[0].lower()
        code = "ckb" if code in {"ku", "kur"} and arabic else _ALIASES.get(code, code)
        return code if code in known else None
    guessed = _by_arabic_letters(sample) if arabic else _by_latin_letters(sample)
    return guessed if guessed in known else None


def _by_arabic_letters(sample: str) -> str:
    """A single foreign name must not decide: one letter in a hundred is asked for (one in fifty of Sorani's)."""
    if len(re.findall("[ڕڵێۆە]", sample)) * 50 > len(sample):
        return "ckb"
    return "fa" if len(re.findall("[پچژگی]", sample)) * 100 > len(sample) else "ar"


def _by_latin_letters(sample: str) -> str | None:
    if len(re.findall("[ğıİ]", sample)) * 60 > len(sample):
        return "tr"
    kurmanji = len(re.findall("[êîûÊÎÛ]", sample))
    if kurmanji > 1 and kurmanji * 40 > len(sample):
        return "kmr"
    return "tr" if not kurmanji and len(re.findall("[ğışİ]", sample)) * 60 > len(sample) else None
