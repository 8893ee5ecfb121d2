"""Types of settings that have a lower bound, so that a value that makes no sense is refused where it is read."""

from typing import Annotated

import msgspec

Count = Annotated[int, msgspec.Meta(ge=1)]
"""At least one."""
Positive = Annotated[float, msgspec.Meta(gt=0)]
"""More than nothing."""
NotNegative = Annotated[float, msgspec.Meta(ge=0)]
"""Nothing or more."""
