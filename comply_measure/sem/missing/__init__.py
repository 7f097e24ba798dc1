"""Full-information maximum likelihood with values missing at random, as pure array functions.

One idea carries the whole folder. Write ``W = Σ⁻¹`` and let ``m`` be the variables a case lacks. Then
``C = (W_mm)⁻¹`` is the conditional covariance of what is missing given what was seen, the residual
completed by its conditional mean is ``r̂ = r − C W_m· r`` on the missing places, and with the completed
second moment ``T = Σ r̂ r̂ᵀ + C``

* the log-likelihood needs only ``log|Σ|``, ``log|W_mm|`` and ``r̂ᵀ W r̂``;
* its gradient is that of a complete sample whose moments are ``T`` (Fisher's identity);
* its information is that of the complete sample less what the missing values would have told
  (Orchard & Woodbury, 1972; Louis, 1982).

So a case costs the inverse of a small matrix, as large as the number of values it lacks, and all cases
that lack equally many are done in one batch.
"""
