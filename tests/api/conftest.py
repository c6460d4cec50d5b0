import os
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from cardea_test.fixtures import make, no_leaks, own, root, shared, verifier  # noqa: E402,F401
from cardea_test.openapi import RECORDER  # noqa: E402


def pytest_sessionfinish():
    """Parts of the folder that run apart leave what they saw in CARDEA_EXCHANGES, for test_zz_description.py."""
    if "CARDEA_EXCHANGES" in os.environ:
        RECORDER.keep(os.environ["CARDEA_EXCHANGES"])
