"""Asks one question over the WebSocket API and prints the answer while it is written.

    pip install websockets
    python client.py "wss://…/api?config=<id of an open key>" "What is AWS Lambda?"

With a key instead of an address with `?config=`, set it as PARLEY_KEY: it is sent in the first frame.
"""

import json
import os
import sys

from websockets.sync.client import connect


def ask(address: str, question: str, key: str | None) -> bool:
    """Print the answer; return whether there was one."""
    asks = json.dumps({"action": "send_message", "message": question})
    with connect(address) as socket:
        socket.send(json.dumps({"action": "authenticate", "apiKey": key}) if key else asks)
        for text in socket:
            frame = json.loads(text)
            match frame["type"]:
                case "ready" if key:  # frames are handled side by side: the question must not overtake the key
                    socket.send(asks)
                case "delta" | "snapshot":
                    print(frame.get("text", ""), end="", flush=True)
                case "notice":
                    print(frame["message"], end="")
                case "completed":
                    print()
                    return True
                case "error":
                    print(frame["message"], file=sys.stderr)
                    return False
    return False


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    sys.exit(0 if ask(sys.argv[1], sys.argv[2], os.environ.get("PARLEY_KEY")) else 1)
