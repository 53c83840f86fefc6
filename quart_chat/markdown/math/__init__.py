"""Formulas: where they are in a text, and as MathML."""
