"""`python -m desk` is `imr desk`."""

from desk.cli import group

if __name__ == "__main__":
    group(prog_name="python -m desk")
