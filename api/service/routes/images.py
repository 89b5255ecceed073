"""`/api/v1/images`: images to search with, kept for a while so that an address can name them."""

from base64 import b64encode
from typing import Annotated

from litestar import Controller, get, post
from litestar.params import Body, PathParameter

from api.service.links import API
from api.service.problems import problem_responses
from api.service.routes.search import MAX_BODY_BYTES
from api.service.runtime import Runtime
from api.service.schemas.search import KeptImage, QueryImage
from api.service.views.search import image_bytes

ImageId = Annotated[str, PathParameter(pattern="^[0-9a-f]{64}$", description="SHA-256 of the image.")]


class ImageRoutes(Controller):
    path = f"{API}/images"
    tags = ["search"]  # noqa: RUF012 - as Litestar expects

    @post(
        operation_id="keep_image",
        summary="Upload a search image",
        responses=problem_responses(413),
        request_max_body_size=MAX_BODY_BYTES,
    )
    async def keep(self, runtime: Runtime, data: Annotated[QueryImage, Body(description="An image.")]) -> KeptImage:
        """Kept in memory for a week at most, so that a link to a search can name it."""
        name = await runtime.lookups.run(lambda: runtime.images.keep(image_bytes(data.image)))
        return KeptImage(image_id=name)

    @get("/{image_id:str}", operation_id="kept_image", summary="Get a search image", responses=problem_responses(404))
    async def image(self, runtime: Runtime, image_id: ImageId) -> QueryImage:
        """An image that was kept, for `image` of a search."""
        return QueryImage(image=b64encode(runtime.images.find(image_id)).decode())
