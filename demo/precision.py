"""In which number format the demo's models are trained: bfloat16 products where the device has them."""

import torch


def fast_products(device: str = "cpu") -> torch.autocast:
    """A context for a forward pass on a device, as in "cpu" or "cuda".

    On a processor without AVX-512's or AMX's own bfloat16 instructions each product is emulated: 57 times slower than
    float32, as measured with matrices of 256 x 1024 on an AVX2 processor.
    """
    has_bfloat16 = device != "cpu" or torch.ops.mkldnn._is_mkldnn_bf16_supported()
    return torch.autocast(device, torch.bfloat16, enabled=has_bfloat16)
