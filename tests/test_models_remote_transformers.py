"""A server that others wrote: `transformers serve` with a tiny checkpoint, asked as any server is."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from transformers import AutoProcessor, Qwen2VLForConditionalGeneration

from indexer.errors import ModelError, ModelUnreachableError
from indexer.models.remote.messages import messages_of
from indexer.models.remote.model import RemoteModel, connect_remote_model
from indexer.models.vision_language import Frames, user_prompt
from tests.helpers.model_server import prompt_of
from tests.helpers.vlm_checkpoints import CONTEXT, write_vlm_checkpoint

pytest.importorskip("fastapi", reason="`transformers serve` needs fastapi")
pytestmark = pytest.mark.thorough

START_SECONDS = 280.0
"""A busy machine takes long to import and load."""
SERVE = "from transformers.cli.transformers import main; main()"


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_vlm_checkpoint(tmp_path_factory.mktemp("served"))


@pytest.fixture(scope="module")
def remote(checkpoint: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RemoteModel]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = os.environ | {"HF_HUB_OFFLINE": "1", "HF_HUB_CACHE": str(tmp_path_factory.mktemp("hub"))}
    command = [sys.executable, "-c", SERVE, "serve", str(checkpoint), "--device", "cpu", "--port", str(port)]
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    until = time.monotonic() + START_SECONDS
    try:
        while True:
            try:
                yield connect_remote_model(f"openai:{checkpoint}@http://127.0.0.1:{port}/v1", context=CONTEXT)
                break
            except ModelUnreachableError:
                assert process.poll() is None and time.monotonic() < until, "transformers serve does not start"
                time.sleep(0.5)
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait(30)


def test_it_says_what_the_model_says_here(remote: RemoteModel, checkpoint: Path) -> None:
    pixels = np.full((1, 56, 84, 3), 90, np.uint8)
    prompt = user_prompt("Clip 1:\n", Frames(pixels, (2.0,)), "\nWhat is shown?")
    (reply,) = remote.generate([prompt], max_tokens=12)
    processor: Any = AutoProcessor.from_pretrained(checkpoint, local_files_only=True)
    model: Any = Qwen2VLForConditionalGeneration.from_pretrained(checkpoint, dtype=torch.float32)
    content: list[Any] = [
        {"type": "text", "text": "Clip 1:\n2.0s "},
        {"type": "image"},
        {"type": "text", "text": "\nWhat is shown?"},
    ]
    text = processor.apply_chat_template([{"role": "user", "content": content}], add_generation_prompt=True)
    (shown,) = (part for turn in prompt_of(messages_of(prompt)) for part in turn.parts if isinstance(part, Frames))
    made = processor(text=[text], images=[shown.pixels[0]], return_tensors="pt")
    ids = model.generate(**made, max_new_tokens=12, do_sample=False)[0, made["input_ids"].shape[1] :]
    said = processor.tokenizer.decode(ids, skip_special_tokens=True)
    assert len(reply.text) > 4 and reply.text.rstrip("\ufffd") == said.rstrip("\ufffd"), (
        "but for half a letter at its end"
    )
    assert (reply.tokens, reply.complete) == (12, False)


def test_what_it_ignores_and_refuses_is_noticed(remote: RemoteModel) -> None:
    schema = {"type": "object", "properties": {"found": {"type": "boolean"}}, "required": ["found"]}
    prompts = [user_prompt(f"{number}?") for number in range(3)]
    assert not any(reply.complete for reply in remote.generate(prompts, max_tokens=8, schema=schema))
    address = remote._address  # pyright: ignore[reportPrivateUsage]
    other = RemoteModel(replace(address, model="other"), context_limit=CONTEXT)
    with pytest.raises(ModelError, match="other"):
        other.generate([user_prompt("?")], max_tokens=2)
