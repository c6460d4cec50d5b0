"""Another issuer of tokens, as real as it gets: its own keys, its key set on a real HTTP server, tokens of any shape."""

import base64
import datetime
import hashlib
import hmac
import http.server
import ipaddress
import json
import ssl
import threading
import time

import yaml
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa, utils

from .daemon import free_port
from .leaks import REGISTRY


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def number(value, size=None):
    return b64(value.to_bytes(size or (value.bit_length() + 7) // 8, "big"))


class RsaKey:
    alg = "RS256"

    def __init__(self, kid, bits=2048):
        self.kid = kid
        self.private = rsa.generate_private_key(public_exponent=65537, key_size=bits)

    def jwk(self):
        public = self.private.public_key().public_numbers()
        return {"kty": "RSA", "kid": self.kid, "use": "sig", "alg": "RS256", "n": number(public.n), "e": number(public.e)}

    def pem(self):
        return self.private.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)

    def sign(self, data):
        return self.private.sign(data, padding.PKCS1v15(), hashes.SHA256())


class EcKey:
    alg = "ES256"

    def __init__(self, kid):
        self.kid = kid
        self.private = ec.generate_private_key(ec.SECP256R1())

    def jwk(self):
        public = self.private.public_key().public_numbers()
        return {"kty": "EC", "kid": self.kid, "use": "sig", "alg": "ES256", "crv": "P-256", "x": number(public.x, 32),
                "y": number(public.y, 32)}

    def sign(self, data):
        r, s = utils.decode_dss_signature(self.private.sign(data, ec.ECDSA(hashes.SHA256())))
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")


class EdKey:
    alg = "EdDSA"

    def __init__(self, kid):
        self.kid = kid
        self.private = ed25519.Ed25519PrivateKey.generate()

    def jwk(self):
        raw = self.private.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
        return {"kty": "OKP", "kid": self.kid, "use": "sig", "alg": "EdDSA", "crv": "Ed25519", "x": b64(raw)}

    def sign(self, data):
        return self.private.sign(data)


class Secret:
    alg = "HS256"
    kid = None

    def __init__(self, secret):
        self.secret = secret

    def sign(self, data):
        return hmac.new(self.secret, data, hashlib.sha256).digest()


def certificate(folder):
    """A server's TLS for 127.0.0.1, and the file that vouches for it."""
    private = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.datetime.utcnow()
    made = (x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(private.public_key())
            .serial_number(x509.random_serial_number()).not_valid_before(now - datetime.timedelta(days=1))
            .not_valid_after(now + datetime.timedelta(days=1))
            .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .sign(private, hashes.SHA256()))
    pem, key = folder / "ca.pem", folder / "key.pem"
    pem.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    key.write_bytes(private.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                                          serialization.NoEncryption()))
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(pem, key)
    return tls, pem


def assemble(key, header, payload, encode=b64):
    """A token of these very parts; a dict becomes JSON."""
    parts = [encode(p if isinstance(p, bytes) else json.dumps(p).encode()) for p in (header, payload)]
    signature = key.sign(".".join(parts).encode()) if key else b""
    token = ".".join([*parts, encode(signature)])
    REGISTRY.add("token", token)
    return token


class Issuer:
    """`issuer` is what its tokens say; the key set is at `url` while it is up."""

    def __init__(self, issuer, *keys, audience="https://keys.test", tls=None):
        self.tls = tls
        self.issuer, self.keys, self.audience = issuer, list(keys), audience
        self.requests, self.body, self.status, self.delay, self.location = 0, None, 200, 0, None
        self.server, self.port = None, free_port()  # it may be down for a while, and must have the same again
        self.up()

    def up(self):
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                outer.requests += 1
                time.sleep(outer.delay)
                body = outer.body if outer.body is not None else outer.jwks().encode()
                self.send_response(outer.status)
                self.send_header("Content-Type", "application/json")
                if outer.location:
                    self.send_header("Location", outer.location)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *args):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        self.server.daemon_threads = True
        if self.tls:
            self.server.socket = self.tls.wrap_socket(self.server.socket, server_side=True)
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def down(self):
        if self.server:
            self.server.shutdown()
            self.server.server_close()
        self.server = None

    @property
    def url(self):
        return f"http{'s' if self.tls else ''}://127.0.0.1:{self.port}/jwks.json"

    def jwks(self):
        return json.dumps({"keys": [k.jwk() for k in self.keys]})

    def claims(self, subject, **more):
        now = int(time.time())
        claims = {"iss": self.issuer, "aud": self.audience, "sub": subject, "iat": now, "exp": now + 600, **more}
        return {k: v for k, v in claims.items() if v is not None}

    def token(self, subject, key=None, header=None, **claims):
        key = key or self.keys[0]
        head = {"alg": key.alg, "typ": "JWT", "kid": key.kid, **(header or {})}
        return assemble(key, {k: v for k, v in head.items() if v is not None}, self.claims(subject, **claims))

    def entry(self, name, **more):
        """Its entry in the daemon's file."""
        entry = {"name": name, "issuer": self.issuer, "audience": self.audience,
                 "algorithms": sorted({k.alg for k in self.keys}), "jwks_url": self.url, **more}
        return {k: v for k, v in entry.items() if v is not None}


# ---- the daemon's side ----

SECRET = b"0123456789abcdef0123456789abcdef!"


def write(path, entries):
    path.write_text(yaml.safe_dump({"issuers": entries}, sort_keys=False))
    return path


def private(path, data):
    path.write_bytes(data)
    path.chmod(0o600)
    return path


def link(w, user, issuer, subject, expect=200):
    return w.root.put(f"/v1/users/{user['id']}/identities", {"issuer": issuer.issuer, "subject": subject}, expect=expect)


def ask(w, token, expect=None):
    return w.anyone.using(token=token).get("/v1/sessions/current", expect=expect)
