"""Which device and number format a model runs in, and why."""

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass

import torch

from indexer.errors import SettingsError


@dataclass(frozen=True, slots=True)
class DeviceChoice:
    """Where a model runs."""

    device: str
    dtype: torch.dtype
    batch_frames: int
    """Pictures a batch: enough to fill the device, small enough to leave memory for the decoders."""
    reason: str


def choose_device(wanted: str) -> DeviceChoice:
    """`auto`, `cpu`, `cuda`, `cuda:N` or `mps` -> the device with its number format.

    Raises:
        SettingsError: the named device is unknown or absent.
    """
    if wanted == "auto":
        if torch.cuda.is_available():
            return _cuda("cuda", "a CUDA device is present")
        if torch.backends.mps.is_available():
            return _mps("Apple's GPU is present")
        return _cpu("no GPU is present")
    if wanted == "cpu":
        return _cpu("it was asked for")
    if wanted == "mps" and torch.backends.mps.is_available():
        return _mps("it was asked for")
    if wanted.split(":")[0] == "cuda" and torch.cuda.is_available():
        number = wanted.partition(":")[2] or "0"
        if number.isdigit() and int(number) < torch.cuda.device_count():
            return _cuda(wanted, "it was asked for")
    raise SettingsError(
        f"device {wanted!r} is not on this machine (PyTorch sees {_seen()}); choose one of these, or 'auto'"
    )


SMALL_MODEL_PARAMETERS = 50_000_000
"""A model below it has operations so short that threads meet more often than they compute: on a busy machine each
meeting waits for whoever was put aside, and a token that takes 5 ms alone was seen to take 400."""


@contextmanager
def single_thread_on_cpu(wanted: str, *, parameters: int = 0) -> Generator[None]:
    """On a processor, lets each calling thread compute alone, so that several batches run side by side.

    Args:
        parameters: of the model that runs; from `SMALL_MODEL_PARAMETERS` on it keeps its threads.
    """
    before = torch.get_num_threads()
    if parameters < SMALL_MODEL_PARAMETERS and choose_device(wanted).device == "cpu":
        torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _cpu(why: str) -> DeviceChoice:
    return DeviceChoice("cpu", torch.float32, 32, f"{why}; float32, since most processors are slower in 16 bits")


def _mps(why: str) -> DeviceChoice:
    return DeviceChoice("mps", torch.float16, 64, f"{why}; float16, the format in which vectors are kept")


def _cuda(device: str, why: str) -> DeviceChoice:
    return DeviceChoice(device, torch.float16, 256, f"{why}; float16, the format in which vectors are kept")


def _seen() -> str:
    found = ["cpu"]
    if torch.cuda.is_available():
        found += [f"cuda:{number}" for number in range(torch.cuda.device_count())]
    if torch.backends.mps.is_available():
        found.append("mps")
    return ", ".join(found)
