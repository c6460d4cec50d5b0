"""Reads a product's documentation as a program does: the index (llmstxt.org), then every link, until there are no new ones."""

import re

LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
SHAPE = re.compile(r"# [^\n]+\n\n> [^\n]+\n(\n## [^\n]+\n\n(- \[[^\]\n]+\]\(/[^)\s]+\)(: [^\n]+)?\n)+)+")
TYPES = {"/llms.txt": "text/plain; charset=utf-8", "/": "text/plain; charset=utf-8", "/schema/": "application/json"}


def read(client, start="/llms.txt"):
    """All pages by path, each answered with 200 and as what it is, to HEAD as well."""
    assert SHAPE.fullmatch(client.get(start, expect=200).body.decode())
    pages, left = {}, [start]
    while left:
        path = left.pop()
        reply = client.get(path, expect=200)
        assert reply.header("content-type") == TYPES.get(path, "text/markdown; charset=utf-8"), (path, reply.headers)
        assert reply.header("x-content-type-options") == "nosniff"
        head = client.call("HEAD", path, expect=200)
        assert head.body == b"" and int(head.header("content-length")) == len(reply.body)
        pages[path] = text = reply.body.decode()
        for link in LINK.findall(text) if reply.header("content-type").startswith("text/") else ():
            assert link.startswith("/"), f"{path} links to {link}"
            if link not in pages and link not in left:
                left.append(link)
    return pages
