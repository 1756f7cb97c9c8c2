"""Evaluation: how right a reader is, field by field, with honest uncertainty.

`score` judges one record against one reference, `fold` turns scores into measures with intervals, `run` does both for
a reader or a folder of records. Nothing here is imported by `extractor`.

`import eval` shadows the builtin function of that name; write `from eval.scoring.score import score`.
"""
