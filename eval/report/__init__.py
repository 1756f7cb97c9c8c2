"""Show results to people: lines for the terminal (`screen`) and one self-contained HTML page (`page`).

`view` turns a run into plain values for the page's template, with the letter's own words around each error
(`excerpts`) and a sentence on how two values differ (`explain`). Nothing is measured here.
May import every other room; only `cli` imports it.
"""
