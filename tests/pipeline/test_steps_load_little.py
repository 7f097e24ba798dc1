"""What one step alone needs is imported when it runs."""

from __future__ import annotations

import subprocess
import sys

import pandas as pd


def test_the_list_of_steps_loads_no_statistics_of_scipy() -> None:
    code = (
        "import sys; from comply_measure.pipeline import STEPS; assert len(STEPS) >= 20; "
        "print(sorted({'scipy.stats', 'scipy.signal', 'scipy.interpolate'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_run_of_csv_files_loads_no_arrow() -> None:
    code = (
        "import sys; from comply_measure.pipeline.usage import pandas_alone, settled; pandas_alone(); "
        "from comply_measure import load_dataset\n"
        "with settled(): load_dataset('msi_triads')\n"
        "print('pandas' in sys.modules, 'pyarrow' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["True", "False"]


def test_pandas_alone_reads_parquet_files_all_the_same(tmp_path) -> None:
    path = tmp_path / "a.parquet"
    frame = pd.DataFrame(
        {
            "unit": ["a", None, "ü"],
            "x": [1, 2, 3],
            "y": [1.5, None, 2.0],
            "z": pd.Categorical(["u", "v", "u"]),
        }
    )
    frame.to_parquet(path)
    read = (
        "from pathlib import Path; from comply_measure.responses.files.parquet import read_parquet; "
        "from comply_measure.responses.faults import Faults; "
        "from comply_measure.responses.mapping import FileFormat\n"
        f"table = read_parquet(Path({str(path)!r}), FileFormat(), Faults('a'))\n"
        "print([(name, c.distinct, c.codes.tolist(), c.label) for name, c in table.columns.items()])"
    )
    alone = f"from comply_measure.pipeline.usage import pandas_alone; pandas_alone(); {read}"
    told = [
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
        for code in (read, alone)
    ]
    assert told[0] == told[1]
    assert "'ü'" in told[0]
