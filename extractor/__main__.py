"""`python -m extractor` is `imr`."""

from extractor.cli import main

if __name__ == "__main__":
    main()
