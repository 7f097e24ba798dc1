"""From an optimum to standard errors, tests, standardised values and diagnoses."""
