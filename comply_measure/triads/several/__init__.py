"""Several informants of a role: levels of variance, agreement within and between roles, views and their errors."""
