"""The API description as a judge: which operation a request is, and whether both sides kept to it."""

import json
import os
import pathlib
import pickle
import re
import threading
from urllib.parse import parse_qsl, unquote

import jsonschema
import yaml

ROOT = pathlib.Path(__file__).resolve().parents[3]
METHODS = ("get", "post", "put", "patch", "delete", "options")
# What info.description says that any call may get.
ANYWHERE = {400: {"bad_request"}, 405: {"method_not_allowed"}, 421: {"misdirected_request"}, 503: {"store_unavailable", "busy"}}


class Operation:
    def __init__(self, name, method, path, spec, document):
        self.name, self.method, self.path, self.spec, self.document = name, method, path, spec, document
        rest = path == "/v1/authorize/{profile}/{path}"
        pattern = re.sub(r"\{(\w+)\}", lambda m: "(?:.*)" if rest and m[1] == "path" else "[^/]+", path)
        self.pattern = re.compile(pattern + r"\Z")
        self.literals = len([s for s in path.split("/") if "{" not in s])

    def response(self, status):
        found = self.spec["responses"].get(str(status))
        return self.document.resolve(found) if found else None

    def request_schema(self):
        return self.spec["requestBody"]["content"][self.request_type()]["schema"] if self.request_type() else None

    def request_type(self):
        """The media type of the body: JSON, or a form. None: there is none."""
        body = self.spec.get("requestBody")
        return next(iter(body["content"])) if body else None


class Document:
    def __init__(self, path=ROOT / "api" / "openapi.yaml"):
        self.raw = yaml.safe_load(pathlib.Path(path).read_text())
        self._validators = {}
        self.operations = {}
        for route, item in self.raw["paths"].items():
            for method in METHODS:
                if method in item:
                    spec = item[method]
                    self.operations[spec["operationId"]] = Operation(spec["operationId"], method.upper(), route, spec, self)

    def resolve(self, node):
        while isinstance(node, dict) and "$ref" in node:
            target = self.raw
            for step in node["$ref"].removeprefix("#/").split("/"):
                target = target[step.replace("~1", "/").replace("~0", "~")]
            node = target
        return node

    def inline(self, node):
        """The same schema without references: there are no circles in the document."""
        node = self.resolve(node)
        if isinstance(node, dict):
            return {k: v if k in ("enum", "const", "example", "default") else
                    {name: self.inline(one) for name, one in v.items()} if k == "properties" else self.inline(v)
                    for k, v in node.items()}  # a property may be called as a keyword is
        if isinstance(node, list):
            return [self.inline(v) for v in node]
        return node

    def validator(self, schema):
        key = json.dumps(schema, sort_keys=True)
        if key not in self._validators:
            flat = self.inline(schema)
            jsonschema.Draft202012Validator.check_schema(flat)
            self._validators[key] = jsonschema.Draft202012Validator(flat)
        return self._validators[key]

    def problems(self, schema, value):
        return [f"/{'/'.join(map(str, e.absolute_path))}: {e.message[:200]}" for e in self.validator(schema).iter_errors(value)]

    def find(self, method, path):
        """(operation, methods that the path has): operation None when the path or the method is not described."""
        # One trailing slash is ignored, on both sides.
        bare = path.rstrip("/") if path != "/" and not path.endswith("//") else path
        matches = [o for o in self.operations.values() if o.pattern.fullmatch(bare) or o.pattern.fullmatch(bare + "/")]
        if not matches:
            return None, []
        most = max(o.literals for o in matches)
        same_path = [o for o in matches if o.literals == most]
        wanted = "GET" if method == "HEAD" else method
        hit = [o for o in same_path if o.method == wanted]
        return (hit[0] if hit else None), sorted(o.method for o in same_path)


class Recorder:
    """Every exchange on the admin hosts."""

    def __init__(self, document):
        self.document = document
        self._lock = threading.Lock()
        self.exchanges = {}  # operation name -> list
        self.elsewhere = []  # nothing in the document answers to these
        self.count = 0

    def add(self, method, target, request_body, reply):
        path = target.split("?", 1)[0]
        operation, methods = self.document.find(method, path)
        with self._lock:
            self.count += 1
            if operation:
                self.exchanges.setdefault(operation.name, []).append((method, target, request_body, reply))
            else:
                self.elsewhere.append((method, target, methods, reply))

    def keep(self, folder):
        """For those who take(): the folder's files that ran apart are checked together."""
        with open(pathlib.Path(folder) / f"{os.getpid()}", "wb") as f:
            pickle.dump((self.exchanges, self.elsewhere, self.count), f)

    def take(self, folder):
        for path in pathlib.Path(folder).iterdir():
            exchanges, elsewhere, count = pickle.loads(path.read_bytes())
            for name, seen in exchanges.items():
                self.exchanges.setdefault(name, []).extend(seen)
            self.elsewhere += elsewhere
            self.count += count

    def check_exchange(self, operation, method, target, request_body, reply):
        """What is wrong with one exchange; an empty list when nothing is."""
        said = []
        status = reply.status
        content_type = (reply.header("content-type") or "").split(";")[0].strip()
        spec = operation.response(status)
        if spec is None:
            code = reply.json.get("code") if isinstance(reply.json, dict) else None
            if code not in ANYWHERE.get(status, ()):
                return [f"status {status} ({code}) is not in the document"]
            spec = self.document.raw["components"]["responses"]["BadRequest"]
        content = spec.get("content")
        if method == "HEAD":
            if reply.body:
                said.append("a reply to HEAD has a body")
        elif not content:
            if reply.body:
                said.append(f"{status} should have no body, has {reply.body[:80]!r}")
        elif content_type not in content:
            said.append(f"content type {content_type!r} of {status} is not in the document")
        elif content_type.endswith("json"):
            if reply.json is None:
                said.append(f"{status}: the body is not JSON: {reply.body[:80]!r}")
            else:
                said += [f"{status} body {p}" for p in self.document.problems(content[content_type]["schema"], reply.json)]
        if content_type == "application/problem+json" and isinstance(reply.json, dict):
            if reply.json.get("status") != status:
                said.append(f"problem says status {reply.json.get('status')}, the reply {status}")
            if reply.json.get("type") != f"/docs/errors/{reply.json.get('code')}":
                said.append(f"problem type {reply.json.get('type')!r} is not the page of {reply.json.get('code')!r}")
        for name, header in (spec.get("headers") or {}).items():
            value = reply.header(name)
            if value is None:
                if header.get("required"):
                    said.append(f"{status} without {name}")
            elif self.document.problems(header["schema"], value):
                said.append(f"{status} {name}: {value!r}")
        schema, kind = operation.request_schema(), operation.request_type()
        if 200 <= status < 300 and schema is not None and request_body:
            try:
                value = json.loads(request_body) if kind.endswith("json") else dict(parse_qsl(request_body.decode(), keep_blank_values=True))
            except ValueError:
                said.append(f"a body that is not {kind} was accepted")
            else:
                said += [f"accepted a request that the document does not allow: {p}" for p in self.document.problems(schema, value)]
        return said

    def check(self, name):
        operation = self.document.operations[name]
        said, seen = [], set()
        for method, target, body, reply in list(self.exchanges.get(name, ())):
            for text in self.check_exchange(operation, method, target, body, reply):
                short = re.sub(r"[0-9]+|'[^']{20,}'", "…", text)
                if short not in seen and len(said) < 12:
                    seen.add(short)
                    said.append(f"{method} {unquote(target)[:120]}: {text}")
        return said

    def check_elsewhere(self):
        said = []
        for method, target, methods, reply in self.elsewhere:
            if methods:
                allow = {m.strip() for m in (reply.header("allow") or "").split(",")} - {"HEAD", ""}
                if reply.status not in (400, 405, 421, 501):
                    said.append(f"{method} {target}: {reply.status}, but the document has only {methods}")
                elif reply.status == 405 and allow != set(methods):
                    said.append(f"{method} {target}: Allow is {sorted(allow)}, the document has {methods}")
            elif reply.status < 400:
                said.append(f"{method} {target}: {reply.status}, but the document has no such path")
        return sorted(set(said))


DOCUMENT = Document()
RECORDER = Recorder(DOCUMENT)
