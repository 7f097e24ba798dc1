"""Writes answers.csv and waves.csv: informants in units, three correlated factors, twelve 5-point items; two waves."""

import numpy as np

ROLES = ("marketing", "sales", "it")


def answers(rng: np.random.Generator) -> list[str]:
    loadings = np.zeros((12, 3))
    loadings[:4, 0] = [0.8, 0.7, 0.65, 0.75]
    loadings[4:8, 1] = [0.7, 0.8, 0.6, 0.7]
    loadings[8:, 2] = [0.75, 0.65, 0.8, 0.6]
    loadings[3, 1], loadings[8, 0] = 0.2, -0.15
    phi = np.array([[1, 0.45, 0.4], [0.45, 1, 0.4], [0.4, 0.4, 1]])
    root = np.linalg.cholesky(phi)
    lines = ["unit,firm,role," + ",".join(f"y{j + 1}" for j in range(12))]
    cuts = np.array([-1.3, -0.5, 0.4, 1.2])
    for unit in range(180):
        shared = root @ rng.normal(size=3)
        noise = rng.normal(size=12) * 0.4
        for r, role in enumerate(ROLES):
            if rng.random() < 0.06:
                continue
            factors = np.sqrt(0.4) * shared + np.sqrt(0.6) * (root @ rng.normal(size=3))
            latent = loadings @ factors + noise + 0.1 * (r - 1)
            latent += rng.normal(size=12) * np.sqrt(1 - (loadings**2).sum(axis=1) - 0.16)
            marks = 1 + (latent[:, None] > cuts).sum(axis=1)
            gone = rng.random(12) < 0.03 + 0.02 * r
            cells = ["NA" if g else str(m) for g, m in zip(gone, marks, strict=True)]
            lines.append(f"u{unit + 1:03d},f{unit // 4 + 1:02d},{role}," + ",".join(cells))
    return lines


def waves(rng: np.random.Generator) -> list[str]:
    true = rng.normal(4, 1, size=60)
    first = true + rng.normal(0, 0.5, size=60)
    second = true + 0.25 + rng.normal(0, 0.5, size=60)
    return ["first,second", *(f"{a:.6f},{b:.6f}" for a, b in zip(first, second, strict=True))]


if __name__ == "__main__":
    generator = np.random.default_rng(20261103)
    for name, lines in (("answers.csv", answers(generator)), ("waves.csv", waves(generator))):
        with open(name, "w", encoding="utf-8", newline="\n") as out:
            out.write("\n".join(lines) + "\n")
