"""Prints a story as it comes: `python client.py "The server"`."""

import json
import sys
from urllib.request import Request, urlopen


def main(prompt="The server", url="http://localhost:8000"):
    body = json.dumps({"text_input": prompt, "max_words": 20}).encode()
    print(prompt, end=" ", flush=True)
    with urlopen(Request(f"{url}/v2/models/storyteller/generate_stream", body)) as events:
        for line in events:
            if line.startswith(b"data: "):
                print(json.loads(line[6:])["text_output"], end=" ", flush=True)
    print()


if __name__ == "__main__":
    main(*sys.argv[1:])
