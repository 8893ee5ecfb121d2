"""The Beam room's crash kit and desks, for reprocessing."""

import importlib.util
from pathlib import Path

_PATH = Path(__file__).parents[1] / "beam" / "conftest.py"
_spec = importlib.util.spec_from_file_location("beam_conftest", _PATH)
_beam = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_beam)

play, schema_dir, desk_class, new_desk, desk = (
    _beam.play,
    _beam.schema_dir,
    _beam.desk_class,
    _beam.new_desk,
    _beam.desk,
)
