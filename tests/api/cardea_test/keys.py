"""Keys as the published format says, made without the program under test: a second opinion on template and checksum."""

import secrets
import string
import zlib

from .leaks import REGISTRY

BASE62 = string.digits + string.ascii_uppercase + string.ascii_lowercase


def checksum(text):
    """CRC-32 (ISO-HDLC) as six base62 digits, most significant first."""
    number, digits = zlib.crc32(text.encode()), ""
    for _ in range(6):
        number, digit = divmod(number, 62)
        digits = BASE62[digit] + digits
    return digits


def mint(prefix, secret_len, check=True):
    body = prefix + "".join(secrets.choice(BASE62) for _ in range(secret_len))
    key = body + (checksum(body) if check else "")
    REGISTRY.add("key", key)
    return key
