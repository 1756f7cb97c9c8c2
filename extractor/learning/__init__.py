"""Learning from labelled letters what rules cannot spell. Nothing here is imported where letters are read."""
