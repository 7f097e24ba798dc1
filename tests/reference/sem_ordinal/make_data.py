"""Writes ordinal.csv and ordinal_missing.csv (fixed seed): the data behind reference.json."""

from pathlib import Path

import numpy as np

HERE = Path(__file__).parent
CUTS = {
    "u1": [0.3],
    "u2": [-0.5, 0.6],
    "u3": [-0.9, 0.0, 0.8],
    "u4": [-1.1, -0.4, 0.3, 1.1],
    "u5": [-1.2, -0.3, 0.5, 1.2],
    "u6": [-0.8, 0.1, 0.9],
    "u7": [-0.4, 0.7],
    "u8": [-0.2],
}
LOADINGS = {"u1": 0.9, "u2": 0.8, "u3": 0.7, "u4": 1.0, "u5": 0.8, "u6": 0.9, "u7": 0.7, "u8": 1.0}


def main() -> None:
    rng = np.random.default_rng(20240611)
    n = 600
    group = np.where(rng.random(n) < 0.45, "north", "south")
    x = rng.normal(size=(n, 2)) @ np.array([[1.0, 0.3], [0.0, 0.95]])
    shift = (group == "south") * 0.3
    f1 = 0.4 * x[:, 0] + shift + rng.normal(size=n) * 0.9
    f2 = 0.5 * f1 - 0.2 * x[:, 1] + rng.normal(size=n) * 0.8
    f3 = 0.3 * f1 + 0.3 * f2 + rng.normal(size=n) * 0.8
    columns = {}
    for name, cuts in CUTS.items():
        factor = f1 if int(name[1]) <= 4 else f2
        latent = LOADINGS[name] * factor + rng.normal(size=n) * (0.8 + 0.2 * (group == "south"))
        columns[name] = np.searchsorted(np.array(cuts), latent) + 1
    for k, loading in enumerate((1.0, 0.8, 1.3), start=1):
        noise = rng.gamma(2.0, size=n) - 2.0
        columns[f"y{k}"] = np.round(2.0 * k + loading * f3 + 0.6 * noise, 4)
    columns["x1"], columns["x2"] = np.round(x.T, 4)
    names = [*columns, "region"]
    write(HERE / "ordinal.csv", names, [*columns.values(), group], None)
    gaps = rng.random((n, 11)) < 0.08
    gaps[:3] = [[True] * 11, [True] * 10 + [False], [False] * 11]
    gaps[0] = True
    write(HERE / "ordinal_missing.csv", names, [*columns.values(), group], gaps)


def write(path: Path, names: list[str], columns: list, gaps: np.ndarray | None) -> None:
    lines = [",".join(names)]
    for row in range(len(columns[0])):
        cells = [str(column[row]) for column in columns]
        if gaps is not None:
            cells = ["" if k < gaps.shape[1] and gaps[row, k] else cell for k, cell in enumerate(cells)]
        lines.append(",".join(cells))
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
