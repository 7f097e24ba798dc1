"""Method and results as text to paste into a paper: Markdown, LaTeX and Word."""
