"""How firm a circle is, for people."""

GRADES = ((0.85, "solid"), (0.75, "good"), (0.60, "fair"), (0.0, "weak"))


def graded(stability: float | None) -> str:
    """A stability with its grade (Hennig's scale)."""
    if stability is None:
        return "not measured"
    grade = next(word for floor, word in GRADES if stability >= floor)
    return f"{stability:.2f} {grade}"
