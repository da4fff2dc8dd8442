"""Answers to text requests by plain local rules, one module a rule."""
