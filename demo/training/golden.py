"""Golden vectors: fixed inputs and what the committed checkpoints return for them.

`python -m demo.training.golden` writes the file. A change of preprocessing, activation or pooling in a library changes
these vectors; tests compare them.
"""

import argparse
import json
from random import Random

import numpy as np
from numpy.typing import NDArray
from sentence_transformers import SentenceTransformer

from demo.training.evaluate import CHECKPOINTS, TinyClip
from demo.world.drawing import Picture, ScenePainter
from demo.world.scenes import random_scene

GOLDEN_FILE = CHECKPOINTS / "golden.json"
CLIP_TEXTS = ["a large red circle to the left of a small blue star on a striped green background", "a quark"]
QUERY = "someone in Oslo counting lamps"
DOCUMENT = "The baker from Oslo counts seven lanterns in winter."

Vectors = NDArray[np.float32]


def golden_pictures() -> list[Picture]:
    """Draws two frames, (240, 320, 3) each."""
    return [ScenePainter(random_scene(Random(f"golden {number}"))).frame(20) for number in range(2)]


def golden_vectors(clip: TinyClip, text: SentenceTransformer) -> dict[str, Vectors]:
    """Returns the vectors of all fixed inputs by name, (n, dim) each."""
    return {
        "clip_texts": clip.encode_texts(CLIP_TEXTS),
        "clip_pictures": clip.encode_pictures(golden_pictures()),
        "query": np.asarray(text.encode_query([QUERY]), np.float32),
        "document": np.asarray(text.encode_document([DOCUMENT]), np.float32),
    }


def main() -> None:
    """Writes the file beside the checkpoints."""
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    text = SentenceTransformer(str(CHECKPOINTS / "text"), device="cpu")
    vectors = golden_vectors(TinyClip(CHECKPOINTS / "clip"), text)
    rows = {name: [[round(float(x), 4) for x in row] for row in rows] for name, rows in vectors.items()}
    GOLDEN_FILE.write_text(json.dumps(rows) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
