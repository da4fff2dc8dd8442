"""A tool of a benchmark, loaded by its name."""


def half_of(number: int, step: int) -> float:
    """Halves a number so many times."""
    return number / 2**step
