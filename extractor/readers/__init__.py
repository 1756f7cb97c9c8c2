"""Readers: what turns a letter into a draft: `rules`, `model`, and `both`, which joins the two."""
