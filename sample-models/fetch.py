"""Gets the real weights of a sample from the ONNX model zoo, and puts them in the place of the stand-in.

    python sample-models/fetch.py densenet_onnx
    python sample-models/fetch.py bidaf-9 --from bidaf-9.tar.gz     # where the archive is here already

Nothing is replaced unless the archive has the size and the SHA-256 that are written here.
"""

import argparse
import hashlib
import os
import shutil
import sys
import tarfile
import tempfile
import urllib.request

HERE = os.path.dirname(os.path.abspath(__file__))
ZOO = "https://github.com/onnx/models/raw"
SAMPLES = {
    "densenet_onnx": {
        "url": ZOO + "/24c641d9ae41e790a9670c8f53312af9ba60e614/vision/classification/densenet-121/model/densenet-7.tar.gz",
        "bytes": 30902781,
        "sha256": "7fc2725fbf86ae30ba5499d6aaab4dc8a7b84aeb074bbafadf54e8c205a94246",
    },
    "bidaf-9": {
        "url": ZOO + "/cd40ff5d40f3718e90d362d110df2205f87e9645/text/machine_comprehension/"
        "bidirectional_attention_flow/bidaf-9.tar.gz",
        "bytes": 39092248,
        "sha256": "c74387eec257f2cb37cefc2846e1c4078bfebf06cd6486e9dafe6c9f7cdc1ef3",
    },
}


def main():
    parser = argparse.ArgumentParser(description="Gets the real weights of a sample.")
    parser.add_argument("sample", choices=sorted(SAMPLES))
    parser.add_argument("--from", dest="archive", help="an archive that is here already")
    given = parser.parse_args()
    wanted = SAMPLES[given.sample]
    with tempfile.TemporaryDirectory() as folder:
        archive = given.archive or download(wanted, os.path.join(folder, "model.tar.gz"))
        check(archive, wanted)
        model = unpack(archive, folder)
        place = os.path.join(HERE, given.sample, "models", "triton", given.sample, "1", "model.onnx")
        # A rename at the end: a running emulator sees the old weights or the new ones, never a part.
        shutil.copyfile(model, place + ".tmp")
        os.replace(place + ".tmp", place)
    print("%s has its real weights now" % given.sample)


def download(wanted, target):
    with urllib.request.urlopen(wanted["url"], timeout=60) as source, open(target, "wb") as file:
        done = 0
        while done <= wanted["bytes"]:
            part = source.read(1 << 20)
            if not part:
                break
            file.write(part)
            done += len(part)
            print("\r%5.1f MB of %.1f" % (done / 1e6, wanted["bytes"] / 1e6), end="", file=sys.stderr)
    print(file=sys.stderr)
    return target


def check(archive, wanted):
    digest = hashlib.sha256()
    with open(archive, "rb") as file:
        for part in iter(lambda: file.read(1 << 20), b""):
            digest.update(part)
    if digest.hexdigest() != wanted["sha256"]:
        sys.exit("%s has SHA-256 %s, not %s: it is not used" % (archive, digest.hexdigest(), wanted["sha256"]))


def unpack(archive, folder):
    """The one .onnx file in it, whatever else is there."""
    with tarfile.open(archive) as packed:
        names = [one for one in packed.getmembers() if one.isfile() and one.name.endswith(".onnx")]
        if len(names) != 1:
            sys.exit("%s holds %d .onnx files, not one" % (archive, len(names)))
        target = os.path.join(folder, "model.onnx")
        with packed.extractfile(names[0]) as source, open(target, "wb") as file:
            shutil.copyfileobj(source, file)
    return target


if __name__ == "__main__":
    main()
