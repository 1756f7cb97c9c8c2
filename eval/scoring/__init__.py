"""Judge one record against one reference, leaf by leaf.

`score(gold, predicted)` walks the table of fields (`fields`), pairs the items of lists (`align`), compares each pair
of values (`comparators`) and gives every leaf a mark (`marks`): it matches, differs, is missing or is spurious.
`grounding` says how the record's evidence stands in the letter. Everything here is about one letter: no counting over
letters, no files. May import nothing else of `eval`, and of `extractor` nothing: the judge must not learn from the one
it judges.
"""
