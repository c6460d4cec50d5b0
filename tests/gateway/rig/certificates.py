"""A certificate that is good for the hosts of the tests."""

import subprocess

HOSTS = ("localhost", "api.animus.so", "api.animam.ai", "api.open-animate.com", "nobody.example")


def certificate(folder):
    """(certificate, key): the certificate vouches for itself."""
    folder.mkdir(exist_ok=True)
    cert, key = folder / "cert.pem", folder / "key.pem"
    names = ",".join(f"DNS:{host}" for host in HOSTS)
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", "/CN=gateway.test",
                    "-addext", f"subjectAltName={names}", "-keyout", key, "-out", cert], check=True, capture_output=True)
    return cert, key
