"""Files as tables of cells: one reader per format, nothing interpreted yet."""
