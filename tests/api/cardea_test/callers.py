"""Who may do what with things of one kind, as a table: a line of callers, then a line each call, with the status for each of them."""


def rows(matrix):
    """(call, caller, status) of each field."""
    callers, *lines = (line.split() for line in matrix.strip().splitlines())
    return [(line[0], caller, int(status)) for line in lines for caller, status in zip(callers, line[1:], strict=True)]


class Stage:
    """Two accounts, `a` whose callers these are and `b` of somebody else; `noun` is what the scopes of `writer` and `reader` are of."""

    def __init__(self, root, make, verifier, noun):
        self.a, self.b = make.account("cardea"), make.account("animus")
        self.clients = {role: make.session(self.a, role) for role in ("owner", "admin", "member", "viewer")}
        for name, scopes in (("writer", [f"{noun}:read", f"{noun}:write"]), ("reader", [f"{noun}:read"]), ("keyless", ["keys:*"])):
            self.clients[name] = root.using(token=make.key(self.a, kind="key", scopes=scopes)["key"])
        self.clients["foreign"] = root.using(token=make.key(self.b, scopes=["read", "write"])["key"])
        self.clients.update(nobody=root.using(token=None), root=root, verifier=verifier)

    def of(self, call):
        """(call without `_b`, whose thing it is about)."""
        return call.removesuffix("_b"), self.b if call.endswith("_b") else self.a
