"""Turn the outcomes of many letters into figures with honest intervals.

`tally` counts one scored letter by `Column` (a field and a mark), `measures` says which counts make up which ratio
(F1, recall, …), `uncertainty` resamples letters, and `summarize` puts it all together into a `Summary`.
May import `scoring`; knows no files, no readers and no gold folder.
"""
