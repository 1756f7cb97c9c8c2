"""`python -m eval` is `imr eval`."""

from eval.cli import group

if __name__ == "__main__":
    group(prog_name="python -m eval")
