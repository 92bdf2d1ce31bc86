"""Roman numerals."""

VALUES = {"M": 1000, "CM": 900, "D": 500, "CD": 400, "C": 100, "XC": 90, "L": 50, "XL": 40, "X": 10, "IX": 9, "V": 5,
          "IV": 4, "I": 1}  # fmt: skip


def to_roman(number: int) -> str:
    """Write a whole number from 1 to 3999 as a Roman numeral.

    >>> to_roman(2024)
    'MMXXIV'
    >>> [to_roman(n) for n in (4, 9, 40, 90)]
    ['IV', 'IX', 'XL', 'XC']
    """
    if not 1 <= number <= 3999:
        raise ValueError(f"no Roman numeral for {number}")
    text = ""
    for letters, value in VALUES.items():
        count, number = divmod(number, value)
        text += letters * count
    return text


def from_roman(text: str) -> int:
    """Read a Roman numeral in its usual form; anything else is a ValueError.

    >>> from_roman("MCMLXXXIV")
    1984
    >>> from_roman(to_roman(512))
    512
    """
    number, rest = 0, text
    for letters, value in VALUES.items():
        while rest.startswith(letters):
            number, rest = number + value, rest[len(letters) :]
    if rest or not text or to_roman(number) != text:
        raise ValueError(f"no Roman numeral: {text!r}")
    return number


def add(first: str, second: str) -> str:
    """Add two Roman numerals."""
    return to_roman(from_roman(first) + from_roman(second))


def is_roman(text: str) -> bool:
    """Tell whether a text is a Roman numeral in its usual form.

    >>> is_roman("XIV"), is_roman("XIIII"), is_roman("fourteen")
    (True, False, False)
    """
    try:
        from_roman(text)
    except ValueError:
        return False
    return True
