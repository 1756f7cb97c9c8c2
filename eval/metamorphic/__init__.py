"""Test any reader without labels: rewrite a letter, and see whether its record follows.

Swap one printed outcome and that outcome must swap; wrap the lines anew and nothing may change. `perturb` rewrites
text, `content` and `form` say which rewriting must have which effect, `differences` finds where two records part, and
`suite` runs all `relations` over letters.
May import `readers` and the pointers of `scoring`; knows no gold and no figures.
"""
