"""Grounding: what readers say (drafts), where it belongs (places), and whether the letter bears it out (ground)."""
