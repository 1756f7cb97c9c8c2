"""Every metamorphic relation, in the order of the report."""

from __future__ import annotations

from eval.metamorphic.content import CONTENT
from eval.metamorphic.form import FORM

RELATIONS = (*CONTENT, *FORM)
