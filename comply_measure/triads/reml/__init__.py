"""REML of variance components with roles as fixed effects: one-way and two-way, unbalanced, with starts and draws."""
