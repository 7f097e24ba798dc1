"""Discrepancies between sample and implied moments; see :class:`comply_measure.sem.discrepancy.base.Discrepancy`."""
