"""Names with their spellings in short: `Tuz (Khurmatu|Khormato)` stands for two aliases, `Qas(s|)em` for two as well.

Alternatives stand in brackets, separated by bars; an empty one leaves the part out. Brackets are not nested.
"""

import re
from itertools import product
from typing import Final

MAX_FORMS: Final = 400
"""Forms of one entry: enough for a name of four parts with a handful of spellings each, too few to fill the memory."""
_PART: Final = re.compile(r"\(([^()]*)\)|([^()]+)")
_BLANKS: Final = re.compile(" {2,}")


def spellings(entry: str) -> tuple[str, ...]:
    """Return all forms of an entry in order, each once.

    Raises ValueError saying what is wrong: brackets that don't pair, an empty form, more than MAX_FORMS forms.
    """
    if "(" not in entry and ")" not in entry:
        forms: tuple[str, ...] = (entry,)
    else:
        forms = _unfold(entry)
    if any(not form for form in forms):
        raise ValueError("is empty; remove it")
    return forms


def _unfold(entry: str) -> tuple[str, ...]:
    parts = [match.group(1, 2) for match in _PART.finditer(entry)]
    if sum(len(inner) + 2 if inner is not None else len(plain) for inner, plain in parts) != len(entry):
        raise ValueError("brackets don't pair; write (one|other)")
    choices = [inner.split("|") if inner is not None else [plain] for inner, plain in parts]
    count = 1
    for choice in choices:
        count *= len(choice)
        if count > MAX_FORMS:
            raise ValueError(f"stands for more than {MAX_FORMS} forms; split it")
    return tuple(dict.fromkeys(_BLANKS.sub(" ", "".join(chosen)).strip() for chosen in product(*choices)))
