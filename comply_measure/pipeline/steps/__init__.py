"""The steps: each computes with the rooms below and hands the results to its chapter."""
