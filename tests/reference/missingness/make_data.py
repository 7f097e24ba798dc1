"""Five-point answers with gaps, and five imputed data sets of them, for pooling here and in semTools.

Run in this folder: python make_data.py. The imputed answers are kept as a file, so that what is compared is pooling.
"""

import numpy as np
import pandas as pd

from comply_measure.measurement.missingness import multiple_imputation

rng = np.random.default_rng(404)
N = 240
factor = rng.standard_normal((N, 2)) @ np.array([[1.0, 0.5], [0.0, np.sqrt(0.75)]])
loadings = np.array([0.8, 0.7, 0.6, 0.75, 0.7, 0.65])
latent = factor[:, [0, 0, 0, 1, 1, 1]] * loadings + rng.standard_normal((N, 6)) * np.sqrt(1 - loadings**2)
answers = np.digitize(latent, [-1.5, -0.6, 0.2, 1.1]) + 1.0
# missing at random: more often where x1 is low
chance = np.where(answers[:, [0]] <= 2, 0.3, 0.1) * np.array([0, 1, 1, 1, 1, 1])
answers[rng.random((N, 6)) < chance] = np.nan
data = pd.DataFrame(answers, columns=[f"x{j}" for j in range(1, 7)])
data.to_csv("answers.csv", index=False)
found = multiple_imputation(data, list(data.columns), seed=1, n_imputations=5, role=None)
frames = [frame.assign(imputation=number + 1) for number, frame in enumerate(found.frames())]
pd.concat(frames).astype(int).to_csv("imputed.csv", index=False)
