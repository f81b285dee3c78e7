"""exp and log that give the same bits everywhere: in numpy, in compiled code, on any processor.

Libraries differ in the last bit, between processors and between their own vector and scalar code.
These are made of additions, multiplications and a division alone, which IEEE 754 fixes, and read
the same for an array and for one number, so compiled code takes them as they are. They are within
two units in the last place of the true value.
"""

import numpy as np

from models.rows import FloatArray

LOG2_E = 1.4426950408889634
LN2_HIGH, LN2_LOW = 6.93147180369123816490e-01, 1.90821492927058770002e-10
"""ln 2 in two parts; a whole number times the first is exact (Cody & Waite 1980)."""
TAYLOR = (
    1 / 6227020800, 1 / 479001600, 1 / 39916800, 1 / 3628800, 1 / 362880, 1 / 40320, 1 / 5040,
    1 / 720, 1 / 120, 1 / 24, 1 / 6, 1 / 2, 1.0, 1.0,
)  # fmt: skip
ARTANH = (2 / 21, 2 / 19, 2 / 17, 2 / 15, 2 / 13, 2 / 11, 2 / 9, 2 / 7, 2 / 5, 2 / 3)
ROOT_HALF_BITS = 0x3FE6A09E667F3BCD
REACH = 700.0


def exp(x: FloatArray) -> FloatArray:
    """Return e^x; 0 below -700, and no more than e^700.

    x = k ln 2 + r with |r| <= ln 2 / 2; e^r by its series, 2^k by writing k into the exponent.
    """
    bounded = np.minimum(np.maximum(x, -REACH), REACH)
    k = np.rint(bounded * LOG2_E)
    r = (bounded - k * LN2_HIGH) - k * LN2_LOW
    series = TAYLOR[0] * r + TAYLOR[1]
    for term in TAYLOR[2:]:
        series = series * r + term
    power = np.int64((np.int64(k) + 1023) << 52).view(np.float64)
    return series * power * (x > -REACH)


def log(x: FloatArray) -> FloatArray:
    """Return ln x for ordinary x > 0 (no subnormal numbers).

    x = 2^k m with m between the roots of 1/2 and 2; ln m = 2 artanh((m - 1) / (m + 1)).
    """
    bits = np.float64(x).view(np.int64)
    k = (bits - ROOT_HALF_BITS) >> 52
    m = np.int64(bits - (k << 52)).view(np.float64)
    s = (m - 1.0) / (m + 1.0)
    square = s * s
    series = ARTANH[0] * square + ARTANH[1]
    for term in ARTANH[2:]:
        series = series * square + term
    return k * LN2_HIGH + (s * square * series + 2.0 * s + k * LN2_LOW)  # type: ignore[return-value]  # float64() of an array is an array
