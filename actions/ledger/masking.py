"""How personal fields are shown: enough to recognise one's own, too little for anybody else."""

from __future__ import annotations


def mask_name(name: str) -> str:
    """``王小明`` -> ``王**``; a single character is hidden whole."""
    name = name.strip()
    return "*" if len(name) <= 1 else name[0] + "*" * (len(name) - 1)


def mask_digits(digits: str) -> str:
    """``13812345678`` -> ``138****5678``; shorter numbers show the last quarter at most."""
    if len(digits) >= 11:
        return digits[:3] + "*" * (len(digits) - 7) + digits[-4:]
    shown = min(4, len(digits) // 4)
    return "*" * (len(digits) - shown) + (digits[-shown:] if shown else "")


def yuan(fen: int) -> str:
    """Integer fen as written money: ``5000000`` -> ``50,000元``, ``8650`` -> ``86.50元``."""
    whole, rest = divmod(fen, 100)
    return f"{whole:,}元" if rest == 0 else f"{whole:,}.{rest:02d}元"
