"""Path diagrams: from a parameter table to positions, from positions to SVG, PNG, DOT and TikZ."""
