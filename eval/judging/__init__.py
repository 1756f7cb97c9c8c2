"""Grade a reader on gold letters, and say what the grade is worth.

`grade` makes a `RunResult`; everything else here begins with one: compare two of them (`comparison`), let one pass or
not (`gate`), ask whether its confidences mean anything (`certainty`), add up what it cost (`costs`), and list gold
labels that a reader's answers speak against (`suspects`).
May import `labelling`, `figures`, `scoring` and `readers`; prints nothing.
"""
