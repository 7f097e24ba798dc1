"""Agreement of informants within a unit: indices, null distributions, exact tests, random group resampling."""
