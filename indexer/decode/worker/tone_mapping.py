"""Tone mapping of HDR frames (PQ, HLG) to BT.709 SDR. Pure functions on arrays.

Steps and their sources:
1. signal to display light in cd/m2: PQ by the EOTF of SMPTE ST 2084 (ITU-R BT.2100-2, table 4); HLG by the inverse
   OETF and the OOTF of BT.2100-2, table 5, for a display of 1000 cd/m2, system gamma 1.2;
2. tone map: the EETF of ITU-R BT.2390-10, 5.4.1, on the largest of the three components, which preserves hues, from
   the source's peak to 203 cd/m2, BT.2408's level of diffuse white;
3. primaries BT.2020 to BT.709: the matrix of ITU-R BT.2087-0, clipped;
4. display light to signal: the inverse of the BT.1886 EOTF with black at 0 (gamma 2.4).

Leaves out dynamic metadata (HDR10+, Dolby Vision RPU): only the base layer is mapped.
"""

from functools import cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from indexer.records import Pixels

Transfer = Literal["pq", "hlg"]
Codes16 = NDArray[np.uint16]
"""(height, width, 3) RGB signal, 16 bits, full range."""
Floats = NDArray[np.float32]

TRANSFER_OF_TRC: dict[int, Transfer] = {16: "pq", 18: "hlg"}
"""FFmpeg's AVCOL_TRC_SMPTE2084 and AVCOL_TRC_ARIB_STD_B67."""
PRIMARIES_BT2020 = 9
"""FFmpeg's AVCOL_PRI_BT2020."""
SDR_WHITE_NITS = 203.0
"""BT.2408: HDR reference white."""
HLG_PEAK_NITS = 1000.0
PQ_DEFAULT_PEAK_NITS = 1000.0
"""Assumed peak of PQ material without mastering metadata: that of the most common mastering display."""

_M1, _M2 = 2610 / 16384, 2523 / 4096 * 128
_C1, _C2, _C3 = 3424 / 4096, 2413 / 4096 * 32, 2392 / 4096 * 32
_BT2020_TO_709 = np.array(
    [[1.6605, -0.5876, -0.0728], [-0.1246, 1.1329, -0.0083], [-0.0182, -0.1006, 1.1187]], dtype=np.float32
)
_GAIN_STEPS = 8192


def pq_to_nits(signal: NDArray[np.float64]) -> NDArray[np.float64]:
    """ST 2084 EOTF: signal 0 to 1 -> 0 to 10,000 cd/m2."""
    power = np.power(np.clip(signal, 0, 1), 1 / _M2)
    return 10_000 * np.power(np.maximum(power - _C1, 0) / (_C2 - _C3 * power), 1 / _M1)


def nits_to_pq(nits: NDArray[np.float64]) -> NDArray[np.float64]:
    """Inverse of `pq_to_nits`."""
    power = np.power(np.clip(nits / 10_000, 0, 1), _M1)
    return np.power((_C1 + _C2 * power) / (1 + _C3 * power), _M2)


def hlg_to_scene(signal: NDArray[np.float64]) -> NDArray[np.float64]:
    """Inverse HLG OETF: signal 0 to 1 -> scene light 0 to 1."""
    a, b, c = 0.17883277, 0.28466892, 0.55991073
    signal = np.clip(signal, 0, 1)
    return np.where(signal <= 0.5, signal**2 / 3, (np.exp((signal - c) / a) + b) / 12)


def eetf(nits: NDArray[np.float64], peak_nits: float) -> NDArray[np.float64]:
    """BT.2390 tone curve in PQ space, from a source peak to SDR white; identity below the knee, black is preserved."""
    source = float(nits_to_pq(np.array(max(peak_nits, SDR_WHITE_NITS))))
    target = float(nits_to_pq(np.array(SDR_WHITE_NITS))) / source
    value = np.minimum(nits_to_pq(nits) / source, 1.0)
    knee = 1.5 * target - 0.5
    if knee >= 1:
        return np.minimum(nits, SDR_WHITE_NITS)
    t = np.clip((value - knee) / (1 - knee), 0, 1)
    spline = (2 * t**3 - 3 * t**2 + 1) * knee + (t**3 - 2 * t**2 + t) * (1 - knee) + (-2 * t**3 + 3 * t**2) * target
    return pq_to_nits(np.where(value < knee, value, spline) * source)


@cache
def _light_table(transfer: Transfer) -> Floats:
    """Light of each of the 65,536 codes: cd/m2 for PQ, scene light for HLG."""
    signal = np.arange(65536, dtype=np.float64) / 65535
    return (pq_to_nits(signal) if transfer == "pq" else hlg_to_scene(signal)).astype(np.float32)


@cache
def _gain_table(peak_nits: float) -> Floats:
    """Factor to SDR display light (1 is white) by the largest component, on the axis (nits / 10,000) ** 0.25."""
    nits = np.maximum(10_000 * (np.arange(_GAIN_STEPS) / (_GAIN_STEPS - 1)) ** 4, 1e-6)
    return (eetf(nits, peak_nits) / nits / SDR_WHITE_NITS).astype(np.float32)


def tone_map(codes: Codes16, transfer: Transfer, *, wide_gamut: bool, peak_nits: float | None = None) -> Pixels:
    """SDR BT.709 frame, (height, width, 3) uint8.

    Args:
        codes: RGB signal after the YUV matrix.
        wide_gamut: the primaries are BT.2020; otherwise BT.709 is assumed.
        peak_nits: peak of the mastering display, None when unknown.
    """
    light = _light_table(transfer)[codes]  # (height, width, 3)
    if transfer == "hlg":
        luminance = light @ np.array([0.2627, 0.6780, 0.0593], dtype=np.float32)  # (height, width)
        light *= (HLG_PEAK_NITS * np.power(np.maximum(luminance, 1e-9), 0.2))[..., None]
        peak = HLG_PEAK_NITS
    else:
        peak = float(np.clip(peak_nits or PQ_DEFAULT_PEAK_NITS, SDR_WHITE_NITS, 10_000))
    largest = light.max(axis=2)
    steps = np.sqrt(np.sqrt(largest / np.float32(10_000))) * np.float32(_GAIN_STEPS - 1)
    light *= _gain_table(peak)[np.minimum(steps + np.float32(0.5), _GAIN_STEPS - 1).astype(np.int32)][..., None]
    if wide_gamut:
        light = light @ _BT2020_TO_709.T
    return (np.power(np.clip(light, 0, 1), np.float32(1 / 2.4)) * 255 + 0.5).astype(np.uint8)
