"""Processes: children that can be ended, how long work may take, how much memory."""
