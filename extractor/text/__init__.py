"""Text: spans of it, the letter as it is read, and the dates and numbers that it prints."""
