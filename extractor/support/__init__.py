"""Support: where a field may be said, what the facts state for it, and whether words say it."""
