"""libcardea in this very process, by ctypes: another process than the daemon, deciding by the mapped snapshot alone."""

import ctypes as c

from .daemon import BUILD
from .openapi import ROOT


class Str(c.Structure):
    _fields_ = [("ptr", c.c_char_p), ("len", c.c_size_t)]


class Time(c.Structure):
    _fields_ = [("unix_sec", c.c_int64), ("boot_ns", c.c_uint64)]


class Check(c.Structure):
    """struct cardea_check of <cardea/authorize.h>."""

    _fields_ = [("key", Str), ("profile", c.c_int), ("scope", Str), ("account", Str), ("account_id", c.c_uint64), ("agent", Str),
                ("agent_id", c.c_uint64), ("min_role", c.c_int), ("kinds", c.c_uint32), ("ip", c.c_void_p), ("cost", c.c_uint32),
                ("from_browser", c.c_bool), ("legacy", c.c_bool), ("now", Time)]


class Options(c.Structure):
    _fields_ = [("path", c.c_char_p), ("activity_dir", c.c_char_p), ("serve_stale", c.c_bool)]


class Decision(c.Structure):
    """The beginning of struct cardea_decision, and room for the rest."""

    _fields_ = [("code", c.c_int), ("profile", c.c_int), ("key_id", c.c_uint64), ("account_id", c.c_uint64), ("rest", c.c_char * 1024)]


def library():
    path = BUILD / "libcardea.so"
    if b"__asan_init" in path.read_bytes():  # cannot be loaded into a program that is not instrumented
        path = ROOT / "build" / "libcardea.so"
    lib = c.CDLL(str(path))
    lib.cardea_time_now.restype = Time
    lib.cardea_code_name.restype = c.c_char_p
    return lib


class Reader:
    def __init__(self, runtime, activity=False):
        self.lib, self.handle, why = library(), c.c_void_p(), c.create_string_buffer(256)
        options = Options(str(runtime / "snapshot").encode(), str(runtime).encode() if activity else None, False)
        err = self.lib.cardea_reader_open(c.byref(self.handle), c.byref(options), why)
        assert err == 0, (err, why.value)

    def code(self, key, scope=None, cost=0, min_role=0, from_browser=False, later=0):
        """`later`: as many seconds from now."""
        text, now = key.encode(), self.lib.cardea_time_now()
        now.unix_sec += later
        check = Check(key=Str(text, len(text)), profile=-1, cost=cost, min_role=min_role, from_browser=from_browser, now=now)
        if scope:
            check.scope = Str(scope.encode(), len(scope))
        decision = Decision()
        self.lib.cardea_verify(self.handle, c.byref(check), c.byref(decision))
        return self.lib.cardea_code_name(decision.code).decode()

    def close(self):
        self.lib.cardea_reader_free(self.handle)
