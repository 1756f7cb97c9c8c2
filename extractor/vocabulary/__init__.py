"""The closed words of the domain: drugs and their classes, treatments, body parts, specialties, outcomes, reasons.

Facts, no logic beyond look-up. Patterns are matched against folded text (lower case, plain quotes and dashes).
"""
