"""Folios: unique, never repeated, with a check digit (L1719, services.md §8)."""

from datetime import date

from stdnum.iso7064 import mod_11_10


def interaction_folio(day: date, serial: int) -> str:
    """`VEN-AAAAMMDD-NNNNNNN-C`; C is ISO 7064 MOD 11,10 over the 15 digits."""
    digits = f"{day:%Y%m%d}{serial:07d}"
    return f"VEN-{digits[:8]}-{digits[8:]}-{mod_11_10.calc_check_digit(digits)}"


def appointment_folio(day: date, serial: int) -> str:
    """`CMT-AAMMDD-NNNNN-C`; spoken in groups 6-5-1 (L5786)."""
    digits = f"{day:%y%m%d}{serial:05d}"
    return f"CMT-{digits[:6]}-{digits[6:]}-{mod_11_10.calc_check_digit(digits)}"
