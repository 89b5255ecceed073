"""Images that the service keeps so that an address can name them: which stay, for how long, and what is refused."""

import base64
import hashlib
from pathlib import Path

import pytest

from api.service.query_images import KEPT_SECONDS, QueryImages
from indexer.errors import ImageError, NotInLibraryError
from tests.helpers.fakes_library import picture_bytes
from tests.helpers.service import demo_settings, serving

ONE, TWO, THREE = (picture_bytes(number, 1.0) for number in (1, 2, 3))


def test_images_are_found_by_their_content_until_they_are_too_many_or_too_old() -> None:
    now = [0.0]
    images = QueryImages(most_bytes=len(ONE) + len(TWO) + 10, clock=lambda: now[0])
    first, second = images.keep(ONE), images.keep(TWO)
    assert (first, images.keep(ONE)) == (hashlib.sha256(ONE).hexdigest(), first)
    third = images.keep(THREE)
    with pytest.raises(NotInLibraryError, match="send it again"):
        images.find(second)
    now[0] = KEPT_SECONDS - 1
    assert images.find(first) == ONE
    now[0] = KEPT_SECONDS + 1
    assert images.find(first) == ONE
    with pytest.raises(NotInLibraryError):
        images.find(third)
    now[0] *= 3
    with pytest.raises(NotInLibraryError):
        images.find(first)
    with pytest.raises(ImageError):
        images.keep(b"no image")


def test_the_service_gives_an_image_back_and_refuses_what_is_none(tmp_path: Path) -> None:
    sent = base64.b64encode(ONE).decode()
    with serving(demo_settings(tmp_path / "library")) as service, service.client() as client:
        kept = client.post("/api/v1/images", json={"image": sent})
        assert (kept.status_code, kept.json()) == (201, {"image_id": hashlib.sha256(ONE).hexdigest()})
        assert client.get(f"/api/v1/images/{kept.json()['image_id']}").json() == {"image": sent}
        missing = client.get(f"/api/v1/images/{'0' * 64}")
        assert (missing.status_code, missing.json()["type"]) == (404, "urn:reelseek:problem:not-found")
        assert client.get("/api/v1/images/short").status_code == 400
        wrong = client.post("/api/v1/images", json={"image": base64.b64encode(b"no image").decode()})
        assert wrong.status_code in (400, 415)
