"""Discrepancies between sample and implied moments, one file per family."""
