import pytest

from tests.ingestion.newsroom import Newsroom


@pytest.fixture
def newsroom(tmp_path):
    """A newsroom over a log on disk."""
    room = Newsroom(f"sqlite:///{tmp_path}/log.db")
    yield room
    room.log.close()
