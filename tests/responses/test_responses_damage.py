"""Damaged files end in an InputError or in responses, never in another exception."""

from __future__ import annotations

import random
import subprocess
import sys
import zipfile

import pyreadstat
import pytest

from comply_measure.errors import InputError
from comply_measure.responses import Responses, read_responses


def write(frame, path):
    plain = frame.astype(dict.fromkeys(frame.columns[4:], "float64"))
    if path.suffix == ".csv":
        frame.to_csv(path, index=False)
    elif path.suffix == ".xlsx":
        plain.to_excel(path, index=False)
    elif path.suffix == ".parquet":
        plain.to_parquet(path)
    elif path.suffix == ".dta":
        pyreadstat.write_dta(plain, path)
    else:
        pyreadstat.write_sav(plain, path, compress=path.suffix == ".zsav")


def outcome(path, small):
    try:
        return read_responses(path, small)
    except InputError as error:
        return error


@pytest.mark.parametrize("ending", [".csv", ".xlsx", ".parquet", ".sav", ".zsav", ".dta"])
def test_changed_bytes(frame, small, tmp_path, ending):
    path = tmp_path / f"a{ending}"
    write(frame, path)
    sound = path.read_bytes()
    rng = random.Random(5)
    for _ in range(25):
        raw = bytearray(sound)
        for _ in range(rng.choice((1, 3, 20))):
            raw[rng.randrange(len(raw))] = rng.randrange(256)
        path.write_bytes(raw)
        assert isinstance(outcome(path, small), Responses | InputError)


def test_changed_parts_of_a_workbook(frame, small, tmp_path):
    path = tmp_path / "a.xlsx"
    write(frame, path)
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    rng = random.Random(6)
    for _ in range(25):
        chosen = rng.choice(sorted(parts))
        raw = bytearray(parts[chosen])
        for _ in range(rng.choice((1, 5))):
            raw[rng.randrange(len(raw))] = rng.randrange(32, 127)
        with zipfile.ZipFile(path, "w") as archive:
            for name, data in parts.items():
                archive.writestr(name, bytes(raw) if name == chosen else data)
        assert isinstance(outcome(path, small), Responses | InputError)


def test_a_workbook_that_asks_for_a_password(frame, small, problems, tmp_path):
    path = tmp_path / "a.xlsx"
    write(frame, path)
    raw = bytearray(path.read_bytes())
    with zipfile.ZipFile(path) as archive:
        offset = archive.getinfo("xl/workbook.xml").header_offset
    raw[offset + 6] |= 1  # the encryption flag, here and in the directory
    directory = raw.rindex(b"xl/workbook.xml") - 46
    raw[directory + 8] |= 1
    path.write_bytes(raw)
    assert "damaged" in problems(read_responses, path, small)[0].message


def test_importing_the_room_does_not_load_pandas():
    code = "import sys, comply_measure.responses; print('pandas' in sys.modules, 'pydantic' in sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.split() == ["False", "False"]
