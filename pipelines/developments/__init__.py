"""Developments: what many reports say about one happening, merged. Pure: no Beam, no ports, no clock.

coded article -> `contributions` -> families -> developments (`Board` live, `combine` in batch) -> `changes`
"""

from pipelines.developments.board import Board
from pipelines.developments.changes import Change, changes
from pipelines.developments.evidence import evidence
from pipelines.developments.geography import Geography
from pipelines.developments.lineage import Update
from pipelines.developments.reports import Contribution, Family, contributions

__all__ = ["Board", "Change", "Contribution", "Family", "Geography", "Update", "changes", "contributions", "evidence"]
