"""The gold: what people say that letters say, how it is kept, checked, begun and compared between two people.

`gold` is the format on disk, `lint` checks a folder (with `support` for the quoted words), `prepare` begins one with
drafts, and `agreement` measures how far two labellers agree.
May import `figures`, `scoring` and `readers`; knows nothing of graded runs.
"""
