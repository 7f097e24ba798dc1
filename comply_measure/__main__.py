"""``python -m comply_measure`` is the command ``comply-measure``."""

from comply_measure.cli import main

if __name__ == "__main__":
    main()
