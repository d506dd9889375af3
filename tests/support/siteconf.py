"""The site's own settings, for the small books that tests build."""

import runpy
from pathlib import Path

CONF = Path(__file__).parents[2] / "docs" / "conf.py"
globals().update({k: v for k, v in runpy.run_path(str(CONF)).items() if k[:2] != "__"})
