"""A vision-language model of this machine on a server in OpenAI's protocol, until Ctrl-C: the demo's own, or another.

    python -m bench.model_server --port 8009
    reelseek ask "When can one see a red circle?" --vision-language-model openai:demo@http://127.0.0.1:8009/v1

Pictures are brought to the size that the model was trained on, and replies are held to the schema of a request, which
`transformers serve` does not do.
"""

import argparse
import signal
from typing import Any

from indexer.config import Settings
from indexer.models.vision_language_loading import load_vision_language_model
from tests.helpers.model_server import serving_model


def main() -> None:
    options = _options()
    model = load_vision_language_model(Settings(models="demo", vision_language_model=options.model))
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with serving_model(model, name=options.name, port=options.port) as server:
        server.token_seconds = options.token_seconds
        print(f"serving {model.name}; ask it with --vision-language-model {server.spec}", flush=True)
        try:
            while True:
                server.gave_up.wait()
                server.gave_up.clear()
                print("a client has left; its reply was stopped", flush=True)
        except KeyboardInterrupt:
            print("stopped", flush=True)


def _options() -> Any:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="", help="instead of the demo's own: a hub name or directory")
    parser.add_argument("--name", default="demo", help="the server's name of it")
    parser.add_argument("--port", type=int, default=8009, help="on this machine; 0 takes a free one")
    parser.add_argument(
        "--token-seconds", type=float, default=0.0, help="wait before every token, as a large model takes"
    )
    return parser.parse_args()


if __name__ == "__main__":
    main()
