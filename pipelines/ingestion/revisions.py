"""When is an article's text another text."""

import unicodedata

from schemas.records import stable_id


def fold_text(text: str) -> str:
    """Return text as it is compared: NFC, with every run of white space as one space and none at the ends."""
    return " ".join(unicodedata.normalize("NFC", text).split())


def revision_id(article_id: str, title: str, text: str) -> str:
    """Identify what an article says. An edit that is taken back has the id of the earlier revision, and a number of
    its own.
    """
    return stable_id(article_id, fold_text(title), fold_text(text))


def revision_event_id(article_id: str, revision: int) -> str:
    """Identify the event of an article's n-th revision.

    The text is no part of it: two processes that see different texts at once both ask for number n, the log takes one,
    and the other one decides again on what the log then holds.
    """
    return stable_id(article_id, "revision", str(revision))
