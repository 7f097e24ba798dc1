"""Gaps between roles: signed gaps and their tests, contrasts, reliable gaps, the odd role, profiles, actions."""
