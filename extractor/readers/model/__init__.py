"""The model reader: prompt-driven. It asks a model in small, bounded forms, and turns the answers into claims."""

from extractor.readers.model.reader import PromptedReading, estimate, read_by_prompts
from extractor.readers.model.session import Session

__all__ = ["PromptedReading", "Session", "estimate", "read_by_prompts"]
