"""A verifier of the audit log, written from the standards alone: RFC 6962 (2.1), c2sp.org/signed-note, tlog-checkpoint."""

import base64
import hashlib
import json

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey


def leaf(record):
    return hashlib.sha256(b"\0" + record).digest()


def node(left, right):
    return hashlib.sha256(b"\1" + left + right).digest()


def below(n):
    """The largest power of two smaller than n."""
    return 1 << (n - 1).bit_length() - 1


def root(hashes):
    if not hashes:
        return hashlib.sha256().digest()
    if len(hashes) == 1:
        return hashes[0]
    k = below(len(hashes))
    return node(root(hashes[:k]), root(hashes[k:]))


def path(m, hashes):
    if len(hashes) == 1:
        return []
    k = below(len(hashes))
    return path(m, hashes[:k]) + [root(hashes[k:])] if m < k else path(m - k, hashes[k:]) + [root(hashes[:k])]


def consistency(m, hashes, whole=True):
    if m == len(hashes):
        return [] if whole else [root(hashes)]
    k = below(len(hashes))
    if m <= k:
        return consistency(m, hashes[:k], whole) + [root(hashes[k:])]
    return consistency(m - k, hashes[k:], False) + [root(hashes[:k])]


def included(index, size, hash_, proof):
    """The root that such a proof leads to (RFC 9162, 2.1.3.2)."""
    last = size - 1
    for sibling in proof:
        assert last
        if index & 1 or index == last:
            hash_ = node(sibling, hash_)
            while not index & 1 and index:
                index, last = index >> 1, last >> 1
        else:
            hash_ = node(hash_, sibling)
        index, last = index >> 1, last >> 1
    assert not last
    return hash_


def b64(data):
    return base64.b64encode(data).decode()


class Key:
    """name+id+base64(0x01, Ed25519 key)"""

    def __init__(self, text):
        self.name, self.id, encoded = text.split("+", 2)
        data = base64.b64decode(encoded, validate=True)
        assert data[0] == 1 and len(data) == 33
        self.public = data[1:]
        assert self.id == hashlib.sha256(self.name.encode() + b"\n" + data).hexdigest()[:8]

    def open(self, note):
        """(size, root) of a checkpoint that this key signed."""
        text, signatures = note.rsplit("\n\n", 1)
        text += "\n"
        for line in signatures.splitlines():
            dash, name, encoded = line.split(" ")
            data = base64.b64decode(encoded, validate=True)
            if dash == "\N{EM DASH}" and name == self.name and data[:4].hex() == self.id:
                try:
                    Ed25519PublicKey.from_public_bytes(self.public).verify(data[4:], text.encode())
                except InvalidSignature:
                    raise AssertionError("the signature does not hold") from None
                origin, size, top = text.splitlines()
                assert origin == self.name and str(int(size)) == size
                return int(size), base64.b64decode(top, validate=True)
        raise AssertionError("not signed by this key")


def read_export(text):
    """(head, records as bytes, hashes that the tree has, checkpoints by size)"""
    head, records, hashes, checkpoints = None, [], [], {}
    for line in text.encode().splitlines():
        value = json.loads(line)
        if "log" in value:
            records.append(line)
        elif "leaves" in value:
            data = base64.b64decode(value["leaves"], validate=True)
            hashes += [data[i : i + 32] for i in range(0, len(data), 32)]
        elif "checkpoint" in value:
            checkpoints[value["size"]] = value["checkpoint"]
        else:
            head = head or value
    return head, records, hashes, checkpoints
