import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "api"))

from cardea_test.fixtures import make, no_leaks, own, root, shared, verifier  # noqa: E402,F401
