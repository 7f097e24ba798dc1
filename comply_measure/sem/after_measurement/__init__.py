"""Structural-after-measurement: measurement blocks first, then the structural part (Rosseel & Loh, 2022)."""
