"""Records: the determination, and the record that points from each of its values at the letter."""
