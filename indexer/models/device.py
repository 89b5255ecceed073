"""The device and the number format in which models run."""

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass

import torch

from indexer.errors import SettingsError

SMALL_MODEL_PARAMETERS = 50_000_000
"""The operations of a smaller model are so short that threads synchronize more than they compute. On a busy machine
each synchronization waits for threads that are not scheduled: a token that takes 5 ms on one thread took 400."""


@dataclass(frozen=True, slots=True)
class DeviceChoice:
    """A device with its number format and batch size."""

    device: str
    dtype: torch.dtype
    batch_frames: int
    """Pictures in a batch: enough to fill the device, and few enough to leave memory for the decoders."""


def choose_device(wanted: str) -> DeviceChoice:
    """`auto`, `cpu`, `cuda`, `cuda:N` or `mps` -> the device with its number format.

    Raises:
        SettingsError: the named device is unknown or absent.
    """
    if wanted == "auto":
        if torch.cuda.is_available():
            return _cuda("cuda")
        return _mps() if torch.backends.mps.is_available() else _cpu()
    if wanted == "cpu":
        return _cpu()
    if wanted == "mps" and torch.backends.mps.is_available():
        return _mps()
    if wanted.split(":")[0] == "cuda" and torch.cuda.is_available():
        number = wanted.partition(":")[2] or "0"
        if number.isdigit() and int(number) < torch.cuda.device_count():
            return _cuda(wanted)
    raise SettingsError(
        f"device {wanted!r} is not available (PyTorch sees {_available()}); choose one of these, or 'auto'"
    )


@contextmanager
def single_thread_on_cpu(wanted: str, *, parameters: int = 0) -> Generator[None]:
    """Limits PyTorch to one thread an operation on a CPU, so that several batches run in parallel.

    Args:
        wanted: the setting, as `choose_device` takes it.
        parameters: number of the model's parameters; from `SMALL_MODEL_PARAMETERS` on nothing is limited.
    """
    before = torch.get_num_threads()
    if parameters < SMALL_MODEL_PARAMETERS and choose_device(wanted).device == "cpu":
        torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _cpu() -> DeviceChoice:
    # Most CPUs are slower in 16 bits.
    return DeviceChoice("cpu", torch.float32, 32)


def _mps() -> DeviceChoice:
    # Vectors are stored in float16 anyway.
    return DeviceChoice("mps", torch.float16, 64)


def _cuda(device: str) -> DeviceChoice:
    return DeviceChoice(device, torch.float16, 256)


def _available() -> str:
    devices = ["cpu"]
    if torch.cuda.is_available():
        devices += [f"cuda:{number}" for number in range(torch.cuda.device_count())]
    if torch.backends.mps.is_available():
        devices.append("mps")
    return ", ".join(devices)
