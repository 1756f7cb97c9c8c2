"""Two readers: their values joined by policy, and how sure each value is."""
