"""A vision-language model through transformers: loaded once, shared by all requests, one batch at a time.

Leaves out finding the weights (`indexer.models.weights.transformers_models`), preparing prompts (`inputs`, by what the
model's family says of itself) and constraining a reply to a schema (`constrained_decoding`).
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

from indexer.errors import DeviceMemoryError, GenerationCancelledError, ModelBrokenError, PromptTooLongError
from indexer.models.custom_code import forbid_custom_code, loading_failure
from indexer.models.device import choose_device, single_thread_on_cpu
from indexer.models.load_lock import LOAD_LOCK
from indexer.models.local.adapter import add_adapter
from indexer.models.local.constrained_decoding import ReplyGrammar
from indexer.models.local.families.family import Family
from indexer.models.local.families.registry import family_of
from indexer.models.local.inputs import PromptInputs, append_tokens, check_processor
from indexer.models.local.preferences import with_preferences
from indexer.models.local.streaming import ReplyStreamer
from indexer.models.request_queue import RequestQueue
from indexer.models.vision_language import IsCancelled, OnText, Prompt, Reply, VisionSpec
from indexer.models.weights.adapters import find_adapter
from indexer.models.weights.files import Announce, announce_on_stderr
from indexer.models.weights.transformers_models import find_transformers_weights, recorded_name

MAX_WAITING = 16
"""Length of the request queue; further requests are refused."""
BATCH_TOKENS = {"cpu": 6_144, "cuda": 49_152}
"""Prompt tokens in a batch: on a CPU, larger batches are no faster; on a GPU, memory limits them."""


def load_local_model(
    spec: str,
    *,
    device: str = "auto",
    adapter: str = "",
    announce: Announce = announce_on_stderr,
    most_waiting: int = MAX_WAITING,
) -> "LocalModel":
    """Loads a vision-language model of one of the known families.

    Args:
        spec: a hub name or a local directory.
        device: as the setting: `auto`, `cpu`, `cuda`, `cuda:1`, `mps`.
        adapter: folder of a LoRA over the model; empty for none.
        announce: called with a message before anything is downloaded.
        most_waiting: length of the request queue.

    Raises:
        ModelMissingError: the weights, or those of the adapter, are absent and cannot be downloaded.
        ModelBrokenError: the weights cannot be loaded, are incomplete, or the processor is another model's; or the
            adapter does not fit.
        ModelUnknownError: the model is of none of the known families.
        SettingsError: the device is absent.
    """
    weights = find_transformers_weights(spec, announce=announce)
    family = family_of(weights.directory, spec)
    over = find_adapter(adapter) if adapter else None
    choice = choose_device(device)
    try:
        processor, model = _load(weights.directory, choice.device)
    except torch.OutOfMemoryError as error:
        raise DeviceMemoryError(
            f"{choice.device} has too little memory for vision-language model {spec!r}; name a smaller model"
        ) from error
    except ModelBrokenError:
        raise
    except Exception as error:
        raise ModelBrokenError(
            f"vision-language model {spec!r}: the files in {weights.directory} cannot be loaded:"
            f" {loading_failure(error)}; fetch them again, or give another directory"
        ) from error
    check_processor(processor, family, model.config, spec)
    if over is not None:
        add_adapter(model, over, spec)
    vision = with_preferences(family.vision(processor), weights.directory)
    name = recorded_name(weights, over)
    return LocalModel(name, model, processor, family, vision, device=choice.device, most_waiting=most_waiting)


def _load(directory: Path, device: str) -> tuple[Any, Any]:
    import transformers  # takes seconds, so only when a model is really loaded
    from transformers.utils import logging as transformers_logging
    from transformers.utils.import_utils import is_flash_attn_2_available

    transformers_logging.disable_progress_bar()
    forbid_custom_code()
    kind = device.split(":")[0]
    dtype = {"cuda": torch.bfloat16, "mps": torch.float16}.get(kind, torch.float32)
    attention = "flash_attention_2" if kind == "cuda" and is_flash_attn_2_available() else "sdpa"
    processor = transformers.AutoProcessor.from_pretrained(directory, local_files_only=True)
    with LOAD_LOCK:
        loaded: Any = transformers.AutoModelForImageTextToText.from_pretrained(
            directory, dtype=dtype, attn_implementation=attention, local_files_only=True, output_loading_info=True
        )
    model, report = loaded
    if absent := sorted(report["missing_keys"]):
        raise ModelBrokenError(f"the weights in {directory} lack {len(absent)} tensors, such as {absent[0]}")
    return processor, model.to(device).eval()


class LocalModel:
    """A loaded vision-language model. Thread-safe: requests are queued, and refused when the queue is full."""

    def __init__(
        self,
        name: str,
        model: Any,
        processor: Any,
        family: Family,
        vision: VisionSpec,
        *,
        device: str,
        most_waiting: int = MAX_WAITING,
    ) -> None:
        self._model, self._processor, self._device = model, processor, device
        self._inputs = PromptInputs(processor, family)
        self._name, self._vision = name, vision
        self._queue = RequestQueue(most_waiting)
        ends = model.generation_config.eos_token_id
        self._end_ids: list[int] = [ends] if isinstance(ends, int) else list(ends or [processor.tokenizer.eos_token_id])
        self._grammar: ReplyGrammar | None = None
        self._parameters = sum(weights.numel() for weights in model.parameters())
        self._batch_tokens = BATCH_TOKENS.get(device.split(":")[0], BATCH_TOKENS["cpu"])

    @property
    def name(self) -> str:
        return self._name

    @property
    def context_limit(self) -> int:
        return int(self._model.config.get_text_config().max_position_embeddings)

    @property
    def vision(self) -> VisionSpec:
        return self._vision

    def count_tokens(self, prompt: Prompt) -> int:
        return len(self._inputs.ids(prompt))

    def generate(
        self,
        prompts: Sequence[Prompt],
        *,
        max_tokens: int,
        schema: dict[str, Any] | None = None,
        on_text: OnText | None = None,
        is_cancelled: IsCancelled | None = None,
    ) -> list[Reply]:
        """See `VisionLanguageModel.generate`; also raises ModelBusyError when the request queue is full."""
        if on_text is not None and len(prompts) != 1:
            raise ValueError(f"a reply is streamed for one prompt, got {len(prompts)}")
        sizes = [self._checked_size(prompt, max_tokens) for prompt in prompts]
        replies: dict[int, Reply] = {}
        with self._queue.turn(is_cancelled):
            waiting = sorted(range(len(prompts)), key=lambda index: sizes[index])  # similar lengths need little padding
            most = len(waiting)
            while waiting:
                batch = _batch_of(waiting, sizes, self._batch_tokens)[:most]
                streamer = ReplyStreamer(self._processor.tokenizer, self._end_ids, on_text, is_cancelled)
                try:
                    batch_replies = self._run([prompts[index] for index in batch], max_tokens, schema, streamer)
                except (torch.OutOfMemoryError, RuntimeError) as error:
                    most = self._halved_batch(len(batch), error)
                    continue
                replies.update(zip(batch, batch_replies, strict=True))
                waiting = waiting[len(batch) :]
        return [replies[index] for index in range(len(prompts))]

    def _checked_size(self, prompt: Prompt, max_tokens: int) -> int:
        size = self.count_tokens(prompt)
        if size + max_tokens > self.context_limit:
            raise PromptTooLongError(
                f"a prompt of {size:,} tokens and a reply of {max_tokens:,} do not fit the context of"
                f" {self.context_limit:,} tokens; show fewer or smaller frames, or ask a shorter question"
            )
        return size

    def _run(
        self, prompts: Sequence[Prompt], max_tokens: int, schema: dict[str, Any] | None, streamer: ReplyStreamer
    ) -> list[Reply]:
        inputs = {name: tensor.to(self._device) for name, tensor in self._inputs.batch(prompts).items()}
        constraint = self._reply_grammar().constraint(schema, len(prompts)) if schema is not None else None
        start = inputs["input_ids"].shape[1]
        streamer.begin(start)
        prefix = constraint.forced_prefix(max_tokens - 1) if constraint else []
        with torch.inference_mode(), single_thread_on_cpu(self._device, parameters=self._parameters):
            generated = self._model.generate(
                **append_tokens(inputs, prefix),
                generation_config=self._greedy(max_tokens - len(prefix)),
                logits_processor=[constraint] if constraint else None,
                stopping_criteria=[streamer],
            )
        if streamer.cancelled:
            raise GenerationCancelledError("the reply was stopped before its end, as asked")
        replies = [streamer.reply(row) for row in generated[:, start:].tolist()]
        streamer.finish(replies[0].text)
        if constraint is None:
            return replies
        for row, ids in enumerate(generated[:, start:].tolist()):
            constraint.consume_last(row, ids[-1])
        return [
            Reply(reply.text, reply.tokens, reply.complete or constraint.is_complete(row))
            for row, reply in enumerate(replies)
        ]

    def _greedy(self, max_tokens: int) -> Any:
        from transformers import GenerationConfig

        pad = self._processor.tokenizer.pad_token_id
        return GenerationConfig(
            max_new_tokens=max_tokens,
            do_sample=False,
            eos_token_id=self._end_ids,
            pad_token_id=self._end_ids[0] if pad is None else pad,
        )

    def _reply_grammar(self) -> ReplyGrammar:
        if self._grammar is None:
            size = int(self._model.config.get_text_config().vocab_size)
            self._grammar = ReplyGrammar(self._processor.tokenizer, vocabulary_size=size, end_ids=self._end_ids)
        return self._grammar

    def _halved_batch(self, tried: int, error: RuntimeError) -> int:
        """Half of the batch size that did not fit; errors other than a lack of memory are raised again."""
        if not isinstance(error, torch.OutOfMemoryError) and "can't allocate memory" not in str(error):
            raise error
        if self._device.startswith("cuda"):
            torch.cuda.empty_cache()
        if tried <= 1:
            raise DeviceMemoryError(
                f"{self._device} has too little memory for one prompt; show fewer or smaller frames,"
                " or name a smaller model"
            ) from error
        return tried // 2


def _batch_of(waiting: Sequence[int], sizes: Sequence[int], most_tokens: int) -> list[int]:
    """As many of the first prompts as fit into a batch, at least one.

    The sizes are in ascending order, and each row is padded to the longest.
    """
    count = 1
    while count < len(waiting) and sizes[waiting[count]] * (count + 1) <= most_tokens:
        count += 1
    return list(waiting[:count])
