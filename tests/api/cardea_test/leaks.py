"""Remembers every secret that a test has seen, and looks for them where none may stand.

A key, a password, a session token; and of a key its SHA-256 too, as hex (either case), base64 and raw bytes: whoever has the
digest can look for the key, and whoever can write one can mint it."""

import base64
import hashlib
import threading

SHORTEST = 12  # shorter text may stand somewhere by chance


class Registry:
    def __init__(self):
        self._lock = threading.Lock()
        self._needles = {}  # bytes -> what it is

    def add(self, kind, text):
        if not isinstance(text, str) or len(text) < SHORTEST:
            return
        raw = text.encode("utf-8", "surrogatepass")
        with self._lock:
            if raw in self._needles:
                return
            self._needles[raw] = kind
            if kind == "key":
                digest = hashlib.sha256(raw).digest()
                for form in (digest, digest.hex().encode(), digest.hex().upper().encode(), base64.b64encode(digest).rstrip(b"=")):
                    self._needles[form] = "digest of a key"

    def learn(self, value):
        """Walks JSON: members called key, jwt, password, root_key are secrets wherever they stand."""
        if isinstance(value, dict):
            for name, item in value.items():
                if name in ("key", "root_key"):
                    self.add("key", item)
                elif name in ("jwt", "password", "current_password"):
                    self.add(name, item)
                self.learn(item)
        elif isinstance(value, list):
            for item in value:
                self.learn(item)

    def find(self, haystack, clear_only=False):
        """Kinds of the secrets that stand in these bytes. `clear_only`: digests do not count (the store keeps them)."""
        with self._lock:
            return sorted({kind for needle, kind in self._needles.items()
                           if not (clear_only and kind.startswith("digest")) and needle in haystack})

    def __len__(self):
        return len(self._needles)


REGISTRY = Registry()
