"""How the values in a photo file are to be taken, where the file itself does not say, or is not to be believed.

| transfer | primaries | curve undone                                  | primaries                    |
|----------|-----------|-----------------------------------------------|------------------------------|
| auto     | auto      | the ICC profile's; without one sRGB's         | the profile's; without sRGB  |
| auto     | srgb      | sRGB's                                        | sRGB, any profile is ignored |
| auto     | prophoto  | ProPhoto's (ROMM: 1.8 with a linear toe)      | ProPhoto, any profile is ... |
| linear   | auto      | none: value / largest value                   | the profile's; without sRGB  |
| linear   | srgb      | none                                          | sRGB                         |
| linear   | prophoto  | none                                          | ProPhoto                     |

Floating-point values (TIFF, `.npy`) are always linear, and so is RAW, which says itself what its values mean. CMYK, and
profiles made of tables, have neither a curve nor primaries: they go through their profile (CMYK without one: libvips'
generic one) and must be left at auto.
"""

from dataclasses import dataclass

TRANSFERS = ("auto", "linear")
PRIMARIES = ("auto", "srgb", "prophoto")


@dataclass(frozen=True)
class ReadOptions:
    """What is declared of a photo file's values, by the table above.

    Raises ValueError for a transfer that is not one of TRANSFERS, or primaries that are not one of PRIMARIES.
    """

    transfer: str = "auto"
    primaries: str = "auto"

    def __post_init__(self) -> None:
        """Refuse what is not in the table."""
        if self.transfer not in TRANSFERS or self.primaries not in PRIMARIES:
            raise ValueError(f"transfer is one of {TRANSFERS} and primaries one of {PRIMARIES}")


AUTO = ReadOptions()
