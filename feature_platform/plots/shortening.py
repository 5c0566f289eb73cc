"""Text that fits the place it has in a plot."""


def shortened(text: str, longest: int) -> str:
    """One line of at most `longest` characters, cut in its middle."""
    one_line = " ".join(text.split())
    if len(one_line) <= longest:
        return one_line
    head = (longest - 1) * 2 // 3
    return f"{one_line[:head]}…{one_line[len(one_line) - (longest - 1 - head) :]}"
