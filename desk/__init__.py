"""The desk: letters and their records in a browser, served on this machine to whoever sits at it."""
