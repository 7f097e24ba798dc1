"""Products of factors in structural equations: product indicators, and what is asked of a fit with products."""
