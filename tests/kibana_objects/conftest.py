"""The shipped event schema, for the checks of Kibana's objects and rules."""

import pytest

from schemas.vocabulary import load_vocabulary
from tests.developments.builders import SCHEMA_DIR


@pytest.fixture(scope="module")
def vocabulary():
    """The vocabulary that the shipped objects are checked against."""
    return load_vocabulary(SCHEMA_DIR)
