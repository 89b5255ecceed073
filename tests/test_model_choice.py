"""Which models a run uses: what is asked for, what the library has, what is here, and what is waited for."""

from dataclasses import replace

import pytest

from indexer import model_choice
from indexer.config import Settings
from indexer.model_choice import choose_models
from indexer.models.weights.text_models import OFFLINE_MODEL
from indexer.store.schema import Maker

TEXT = Maker("", 0, "minilm", 384, "1/s", "text")
WAITING = replace(TEXT, wanted_profile="small", vision_language_spec="a/vlm")
WORDS = replace(TEXT, text_model="", text_dim=0, profile="words")
SMALL = Maker("siglip", 768, "e5", 384, "1/s", "small")
GROWN = replace(SMALL, text_model="minilm", text_spec=OFFLINE_MODEL)


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """Names of models that are on this machine; tests add to it."""
    found = {OFFLINE_MODEL}
    for name in ("is_picture_model_here", "is_text_model_here"):
        monkeypatch.setattr(model_choice, name, lambda spec: not spec or spec in found)
    return found


def chosen(maker: Maker | None, **given: str) -> tuple[str, str, str, str]:
    """(profile, picture model, text model, profile that is waited for)."""
    choice = choose_models(Settings(**given), maker)  # pyright: ignore[reportArgumentType]
    settings = choice.settings
    return settings.models, settings.clip_model, settings.text_model, choice.wanted.name if choice.wanted else ""


def test_a_new_library_begins_with_what_is_here(here: set[str]) -> None:
    assert chosen(None) == ("text", "", "", "small")
    here.clear()
    assert chosen(None) == ("words", "", "", "small")
    here |= {"ViT-B-32-SigLIP2-256:webli", "intfloat/multilingual-e5-small"}
    assert chosen(None) == ("", "", "", "")


@pytest.mark.parametrize(
    ("maker", "given", "then"),
    [
        (None, {"models": "large"}, ("large", "", "", "")),
        (None, {"clip_model": "/my/clip"}, ("", "/my/clip", "", "")),
        (WORDS, {"models": "small"}, ("small", "", "", "")),
        (TEXT, {"models": "text"}, ("text", "", "", "")),
        (TEXT, {"models": "small"}, ("small", "", OFFLINE_MODEL, "")),
        (TEXT, {"clip_model": "/my/clip"}, ("", "/my/clip", OFFLINE_MODEL, "")),
        (TEXT, {"models": "small", "text_model": "a/b"}, ("small", "", "a/b", "")),
        (GROWN, {"models": "small"}, ("small", "", OFFLINE_MODEL, "")),
        (SMALL, {"models": "standard"}, ("standard", "", "", "")),
    ],
)
def test_what_is_named_is_used_and_texts_keep_their_model(
    here: set[str], maker: Maker | None, given: dict[str, str], then: tuple[str, str, str, str]
) -> None:
    assert chosen(maker, **given) == then


def test_what_a_library_waits_for_is_used_once_it_is_here(here: set[str]) -> None:
    assert chosen(WAITING) == ("text", "", "", "small")
    assert chosen(TEXT) == ("text", "", "", "")
    here.add("ViT-B-32-SigLIP2-256:webli")
    assert chosen(WAITING) == ("small", "", OFFLINE_MODEL, "")
    assert choose_models(Settings(), WAITING).settings.vision_language_model == "a/vlm"
    waiting = replace(WORDS, wanted_profile="small")
    assert chosen(waiting) == ("words", "", "", "small"), "not without its text model"
    here.add("intfloat/multilingual-e5-small")
    assert chosen(waiting) == ("small", "", "", "")
