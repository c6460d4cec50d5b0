#!/usr/bin/python3
"""openapi_json.py OUT.json IN.yaml: the API description as the daemon serves it."""
import json
import sys

import yaml


def main() -> int:
    out, source = sys.argv[1:]
    with open(source, encoding="utf-8") as f:
        document = yaml.safe_load(f)
    with open(out, "w", encoding="utf-8") as f:
        json.dump(document, f, ensure_ascii=False, separators=(",", ":"))
        f.write("\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
