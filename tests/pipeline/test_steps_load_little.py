"""What one step alone needs is imported when it runs."""

from __future__ import annotations

import subprocess
import sys


def test_the_list_of_steps_loads_no_statistics_of_scipy() -> None:
    code = (
        "import sys; from comply_measure.pipeline import STEPS; assert len(STEPS) >= 20; "
        "print(sorted({'scipy.stats', 'scipy.signal', 'scipy.interpolate'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
