"""Evaluation: what the virtual agents achieved, measured, judged and turned into figures that can be paid."""
