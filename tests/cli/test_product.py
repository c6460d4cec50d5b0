"""Commands that a profile declares: what they ask, what they print, and files that are there whole or not at all."""

import json
import os
import pathlib
import queue
import re
import signal
import stat
import subprocess
import threading
import time

import pytest

from cardea_test.cli import Cli, FakeServer
from cardea_test.openapi import ROOT

SECRET = "anim_a1b2c3d4_e5f6g7h8i9j0k1l2m3n4o5p6"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 48
GEN, LIST = "/v1/assets/gen-image", "/v1/assets"
PAGE = ["assets", "gen-image", "--prompt", "gradient"]
MORE = """
    - words: films cut
      summary: Cut a film
      method: PATCH
      path: /v1/films/{film_id}/parts/{part}
      flags:
        from: {help: Where it begins, type: number, required: true, field: start_sec}
        loud: {help: Keep the sound, type: switch}
    - words: assets show
      summary: Show what an asset is
      method: GET
      path: /v1/assets/{id}
    - words: films find
      summary: Find films
      method: GET
      path: /v1/films
      flags:
        text: {help: What is said in it, field: q}
        least: {help: Least length, type: number}
        dark: {help: At night only, type: switch}
        cursor: {help: Go on where a page ended}
    - words: films drop
      summary: Drop a film
      method: DELETE
      path: /v1/films/{film_id}
      flags:
        why: {help: For the log, field: reason}
"""


@pytest.fixture
def fake():
    server = FakeServer()
    yield server
    server.close()


@pytest.fixture
def oanim(tmp_path, fake):
    return Cli(tmp_path / "home", "oanim", OANIM_API_URL=fake.url, ANIMATE_API_KEY=SECRET)


@pytest.fixture
def studio(tmp_path, oanim):
    """The same with a profile that declares more."""
    folder = tmp_path / "profiles"
    folder.mkdir()
    (folder / "open-animate.yaml").write_text((ROOT / "profiles" / "open-animate.yaml").read_text().rstrip("\n") + MORE)
    return oanim.using(CARDEA_PROFILES=str(folder))


@pytest.fixture
def place(tmp_path):
    folder = tmp_path / "place"
    folder.mkdir()
    return folder


def slowly(*pieces, pause=0.25):
    for piece in pieces:
        yield piece
        time.sleep(pause)


# ---- help and completion

def test_help_speaks_of_them(oanim, studio):
    said = oanim("--help").out
    assert "\nASSETS\n  assets gen-image  Make an image from a description\n  assets list       List the assets that were made\n" in said
    assert said.index("ASSETS") < said.index("COMMANDS") < said.index("api-keys") and "cardea" not in said.lower()
    assert max(map(len, said.splitlines())) <= 80
    said = oanim("assets", "--help").out
    assert said.startswith("Open Animate: assets\n") and "  gen-image  " in said and "`oanim assets COMMAND --help`" in said
    said = oanim("assets", "gen-image", "--help").out
    assert said.startswith("Make an image from a description\n") and "oanim assets gen-image --prompt TEXT --out FILE [options]" in said
    assert "--prompt TEXT" in said and "What the image shows" in said and "-o, --out FILE" in said and "--api-url URL" in said
    assert oanim("help", "assets", "gen-image").out == said
    said = studio("--help").out
    assert said.index("assets show") < said.index("FILMS") < said.index("films cut") < said.index("films drop")
    assert "oanim films cut FILM-ID PART --from N [options]" in studio("films", "cut", "--help").out
    assert "  cut FILM-ID PART  " in studio("films", "--help").out and "  find  " in studio("films", "--help").out


def test_the_native_program_knows_none_of_them(oanim, tmp_path):
    native = Cli(tmp_path / "native")
    assert 'unknown command "assets"' in native("assets", "list", code=2).err
    native("docs", "cli", tmp_path / "docs")
    assert "assets" not in "".join(p.read_text() for p in (tmp_path / "docs").iterdir())
    assert "--help" in (tmp_path / "docs" / "docs.md").read_text()


@pytest.mark.parametrize("args, near", [(["asets", "list"], "assets"), (["assets", "gen-imag"], "assets gen-image"),
                                        (["assets", "gen-image", "--promt", "x"], "--prompt")])
def test_did_you_mean(oanim, args, near):
    assert f"Did you mean {near}?" in oanim(*args, code=2).err


def test_completion(studio, tmp_path):
    path = tmp_path / "script"
    path.write_text(studio("completion", "bash").out)
    ask = f'source {path}; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _oanim; echo "${{COMPREPLY[@]}}"'
    for words, wanted in [(["ass"], "assets"), (["assets", "gen"], "gen-image"), (["assets", "gen-image", "--pr"], "--prompt"),
                          (["films", "cut", "--lo"], "--loud"), (["assets", "gen-image", "--out", ""], "")]:
        done = subprocess.run(["bash", "-c", ask, "bash", "oanim", *words], capture_output=True, text=True, check=True)
        assert done.stdout.strip() == wanted, words
    fish = studio("completion", "fish").out
    assert "-a gen-image -d 'Make an image from a description'" in fish and "-l prompt -r -d 'What the image shows'" in fish


# ---- what is asked

def test_the_page_s_command(oanim, fake, place):
    """OA4: the request and the file."""
    fake.on("POST", GEN, PNG, **{"Content-Type": "image/png"})
    said = oanim(*PAGE, "--out", "bg.png", cwd=place)
    method, path, headers, body = fake.requests[-1]
    assert (method, path, body) == ("POST", GEN, {"prompt": "gradient"})
    assert headers["Authorization"] == f"Bearer {SECRET}" and headers["Host"] == f"open-animate.localhost:{fake.port}"
    assert headers["Content-Type"] == "application/json"
    assert (said.out, said.err) == ("", "✓ Wrote bg.png (12.3 KB)\n") and (place / "bg.png").read_bytes() == PNG
    assert [p.name for p in place.iterdir()] == ["bg.png"]


def test_paths_bodies_and_queries(studio, fake):
    fake.on("PATCH", "/v1/films/a%2Fb%20%C3%BC/parts/7", {"id": "x"})
    studio("films", "cut", "a/b ü", "7", "--from", "1.5", "--loud")
    assert fake.requests[-1][3] == {"start_sec": 1.5, "loud": True}
    studio("films", "cut", "a/b ü", "7", "--from", "-3")
    assert fake.requests[-1][3] == {"start_sec": -3}
    fake.on("GET", "/v1/films", {"data": []})
    studio("films", "find", "--text", "a&b=ü", "--least", "10", "--dark")
    assert fake.requests[-1][:2] == ("GET", "/v1/films?q=a%26b%3D%C3%BC&least=10&dark=true") and fake.requests[-1][3] is None
    studio("films", "find")
    assert fake.requests[-1][1] == "/v1/films"
    fake.on("DELETE", "/v1/films/f1", None, 204)
    assert studio("films", "drop", "f1", "--why", "x y").err == "✓ Done\n"
    assert fake.requests[-1][:2] == ("DELETE", "/v1/films/f1?reason=x%20y") and fake.requests[-1][3] is None


@pytest.mark.parametrize("args", [
    ["assets", "gen-image", "--prompt", "x"], ["assets", "gen-image", "--out", "x.png"], [*PAGE, "--out", ""], [*PAGE, "--out", "-", "--json"],
    [*PAGE, "--out", "x", "extra"], ["films", "cut", "f1", "--from", "1"], ["films", "cut", "f1", "p", "q", "--from", "1"], ["films", "cut", "f1", "p"],
    ["films", "cut", "f1", "p", "--from", "one"], ["films", "cut", "f1", "p", "--from", "0x10"], ["films", "cut", "f1", "p", "--from", "nan"],
    ["films", "cut", "f1", "p", "--from", "1e999"], ["films", "cut", "f1", "p", "--from", "true"], ["films", "cut", "f1", "p", "--from", ""],
    ["films", "cut", "..", "p", "--from", "1"], ["films", "cut", "f1", ".", "--from", "1"], ["films", "cut", "", "p", "--from", "1"],
    ["films", "find", "--dark=yes"], ["assets", "gen-image", "--prompt", b"\xff".decode(errors="surrogateescape"), "--out", "x"],
    ["assets"], ["films", "nonsense"],
])
def test_wrong_usage_is_2_and_asks_nobody(studio, fake, place, args):
    said = studio(*args, code=2, cwd=place)
    assert said.err and said.out == "" and fake.requests == [] and list(place.iterdir()) == []


def test_without_a_key(oanim, fake, place):
    said = oanim.using(ANIMATE_API_KEY=None)(*PAGE, "--out", "bg.png", code=4, cwd=place)
    assert "not logged in" in said.err and "oanim login`" in said.err and fake.requests == [] and list(place.iterdir()) == []


# ---- files

def test_what_success_says(oanim, fake, place):
    fake.on("POST", GEN, b"x" * 812, **{"Content-Type": "Image/PNG; q=1"})
    assert oanim(*PAGE, "-o", "a b.png", cwd=place).err == "✓ Wrote a b.png (812 B)\n"
    said = oanim(*PAGE, "--out", "sub.png", "--json", cwd=place)
    assert said.json == {"path": "sub.png", "bytes": 812, "content_type": "image/png"} and said.err == ""
    said = oanim(*PAGE, "--out", "sub.png", "--quiet", cwd=place)
    assert (said.out, said.err) == ("", "")
    fake.on("POST", GEN, b"")
    assert oanim(*PAGE, "--out", "none.png", cwd=place).err == "✓ Wrote none.png (0 B)\n" and (place / "none.png").read_bytes() == b""


def test_a_file_is_replaced_with_its_rights_and_a_link_stays(oanim, fake, place):
    fake.on("POST", GEN, PNG)
    (place / "real.png").write_bytes(b"old")
    (place / "real.png").chmod(0o640)
    (place / "link.png").symlink_to("real.png")
    oanim(*PAGE, "--out", "link.png", cwd=place)
    assert (place / "link.png").is_symlink() and (place / "real.png").read_bytes() == PNG
    assert stat.S_IMODE((place / "real.png").stat().st_mode) == 0o640
    oanim(*PAGE, "--out", "new.png", cwd=place, preexec_fn=lambda: os.umask(0o027))
    assert stat.S_IMODE((place / "new.png").stat().st_mode) == 0o640
    assert len(list(place.iterdir())) == 3


def test_devices_are_written_in_place(oanim, fake, place):
    fake.on("POST", GEN, PNG)
    before = os.stat("/dev/null")
    oanim(*PAGE, "--out", "/dev/null")
    assert os.stat("/dev/null").st_ino == before.st_ino and stat.S_ISCHR(os.stat("/dev/null").st_mode)
    os.mkfifo(place / "pipe")
    got = []
    reader = threading.Thread(target=lambda: got.append((place / "pipe").read_bytes()))
    reader.start()
    oanim(*PAGE, "--out", place / "pipe")
    reader.join(10)
    assert got == [PNG] and stat.S_ISFIFO((place / "pipe").stat().st_mode)


def test_out_to_standard_output(oanim, fake, place):
    fake.on("POST", GEN, PNG, **{"Content-Type": "image/png"})
    done = subprocess.run([oanim.program, *PAGE, "--out", "-"], env=oanim.env, capture_output=True, check=True, cwd=place)
    assert done.stdout == PNG and done.stderr == b"" and list(place.iterdir()) == []
    assert "image/png, which a terminal cannot show" in oanim.on_terminal(*PAGE, "--out", "-", code=1)
    fake.on("POST", GEN, b"a film as text\n", **{"Content-Type": "text/plain; charset=utf-8"})
    assert oanim.on_terminal(*PAGE, "--out", "-") == "a film as text\n"
    fake.on("POST", GEN, b"x" * 5_000_000)
    done = subprocess.run(["bash", "-c", 'set -o pipefail; "$@" | head -c 10', "-", oanim.program, *PAGE, "--out", "-"], env=oanim.env, capture_output=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"x" * 10, b"")
    with open("/dev/full", "w") as full:
        done = subprocess.run([oanim.program, *PAGE, "--out", "-"], env=oanim.env, stdout=full, stderr=subprocess.PIPE)
    assert done.returncode == 1 and b"No space left" in done.stderr


@pytest.mark.parametrize("status, code", [(401, 4), (403, 4), (404, 3), (422, 1), (500, 1), (204, 1), (302, 1)])
def test_a_refusal_leaves_the_file_as_it_was(oanim, fake, place, status, code):
    fake.on("POST", GEN, None if status == 204 else {"error": "not \x1b[2Jtoday"}, status)
    (place / "bg.png").write_bytes(b"old")
    said = oanim(*PAGE, "--out", "bg.png", code=code, cwd=place)
    assert (place / "bg.png").read_bytes() == b"old" and len(list(place.iterdir())) == 1
    assert said.err.startswith("error: ") and (status == 204 or "not  [2Jtoday" in said.err) and said.out == ""
    assert SECRET not in said.err and ("ANIMATE_API_KEY" in said.err) == (status == 401)


def test_no_upstream(oanim, fake, place):
    fake.on("POST", GEN, {"detail": "The credential is good, but ...", "code": "no_upstream", "request_id": "req_7"}, 502)
    said = oanim(*PAGE, "--out", "bg.png", code=1, cwd=place)
    assert "the key is good, but no upstream stands behind" in said.err and "(request req_7)" in said.err
    fake.on("GET", LIST, {"code": "no_upstream"}, 502)
    assert "the key is good" in oanim("assets", "list", code=1).err


def test_a_transfer_that_breaks_off(oanim, fake, place):
    (place / "bg.png").write_bytes(b"old")
    for headers in ({}, {"Content-Length": str(len(PNG) * 2)}):
        fake.on("POST", GEN, lambda path: iter([PNG, None]), **headers)
        said = oanim(*PAGE, "--out", "bg.png", code=1, cwd=place)
        assert "broke off after 12.3 KB" in said.err
        assert (place / "bg.png").read_bytes() == b"old" and len(list(place.iterdir())) == 1


def test_what_cannot_be_written_asks_nobody(oanim, fake, place):
    fake.on("POST", GEN, PNG)
    (place / "file").touch()
    for out, why in (("no/such/folder.png", "No such file"), ("file/x.png", "Not a directory"), (".", "Is a directory"), ("x" * 300, "name too long")):
        said = oanim(*PAGE, "--out", out, code=1, cwd=place)
        assert "cannot write" in said.err and why in said.err
    if os.geteuid() != 0:
        place.chmod(0o500)
        assert "Permission denied" in oanim(*PAGE, "--out", "bg.png", code=1, cwd=place).err
        place.chmod(0o700)
    assert fake.requests == [] and [p.name for p in place.iterdir()] == ["file"]


def test_a_full_disk_leaves_nothing(oanim, fake, place):
    """Stands in for one: a limit on the size of files."""
    import resource
    fake.on("POST", GEN, b"x" * 3_000_000)
    (place / "bg.png").write_bytes(b"old")

    def limit():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, 1_000_000))

    said = oanim(*PAGE, "--out", "bg.png", code=1, cwd=place, preexec_fn=limit)
    assert "cannot write bg.png: File too large" in said.err
    assert (place / "bg.png").read_bytes() == b"old" and len(list(place.iterdir())) == 1


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_interrupt_leaves_nothing(oanim, fake, place, number):
    fake.on("POST", GEN, lambda path: slowly(*[PNG] * 100, pause=0.1))
    (place / "bg.png").write_bytes(b"old")
    process = oanim.start(*PAGE, "--out", "bg.png", cwd=place, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    deadline = time.monotonic() + 60
    while not any(p.name != "bg.png" and p.stat().st_size > 0 for p in place.iterdir()):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    process.send_signal(number)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out, err) == (128 + number, b"", b"")
    assert (place / "bg.png").read_bytes() == b"old" and len(list(place.iterdir())) == 1


def test_it_is_streamed(oanim, fake, place):
    """300 MB pass through a program that never holds more than a part of them, even with sanitizers."""
    started, peaks = queue.Queue(), []

    def film(path):
        process = started.get(timeout=60)
        for _ in range(300):
            yield b"\x5a" * 1_000_000
        # Not from wait4(): that counts what the process was before it became another program, which is these tests.
        peaks.append(int(re.search(r"VmHWM:\s+(\d+) kB", pathlib.Path(f"/proc/{process.pid}/status").read_text())[1]))

    fake.on("POST", GEN, film)
    process = oanim.start(*PAGE, "--out", "film", cwd=place, stderr=subprocess.PIPE)
    started.put(process)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 0 and b"(300.0 MB)" in said and (place / "film").stat().st_size == 300_000_000
    assert 1_000 < peaks[0] < 150_000, "kilobytes"


# ---- the bar

def test_a_bar_for_long_transfers(oanim, fake, place):
    fake.on("POST", GEN, lambda path: slowly(*[PNG] * 8), **{"Content-Length": str(8 * len(PNG))})
    text = oanim.on_terminal(*PAGE, "--out", place / "bg.png", columns=100)
    assert "\x1b[32m█" in text and "░" in text and " of 98.4 KB" in text and "KB/s" in text and " left" in text
    assert text.replace("\x1b[32m", "").replace("\x1b[0m", "").endswith(f"\r\x1b[K✓ Wrote {place / 'bg.png'} (98.4 KB)\n")
    assert all(len(line.split("\x1b[K")[-1].replace("\x1b[32m", "").replace("\x1b[0m", "")) < 100 for line in text.split("\r") if "█" in line)
    plain = oanim.on_terminal(*PAGE, "--out", place / "bg.png", NO_COLOR="1", columns=30)
    assert "█" not in plain and "\x1b[3" not in plain and "%" in plain, "a narrow terminal gets the numbers"
    for quiet in (oanim.on_terminal(*PAGE, "--out", place / "bg.png", "--quiet"), oanim.on_terminal(*PAGE, "--out", place / "bg.png", TERM="dumb")):
        assert "\r" not in quiet and "\x1b" not in quiet
    assert "\r" not in oanim(*PAGE, "--out", place / "bg.png").err, "none in a pipe"


def test_a_bar_without_a_total_and_none_for_short_ones(oanim, fake, place):
    fake.on("POST", GEN, lambda path: slowly(*[PNG] * 4, pause=0.4))
    text = oanim.on_terminal(*PAGE, "--out", place / "bg.png")
    assert "KB/s" in text and "%" not in text and "█" not in text
    fake.on("POST", GEN, lambda path: time.sleep(2.5) or PNG)
    assert "bg.png  waiting for 1 s" in oanim.on_terminal(*PAGE, "--out", place / "bg.png")
    fake.on("POST", GEN, PNG)
    assert "\r" not in oanim.on_terminal(*PAGE, "--out", place / "bg.png")


def test_an_interrupt_takes_the_bar_away(oanim, fake, place):
    fake.on("POST", GEN, lambda path: slowly(*[PNG] * 100, pause=0.1))
    with oanim.terminal(*PAGE, "--out", place / "bg.png") as terminal:
        terminal.expect("KB/s")
        terminal.send("\x03")
        assert terminal.rest().endswith("\r\x1b[K") and terminal.process.wait(10) == 130
    assert list(place.iterdir()) == []


# ---- replies that are shown

ASSETS = [{"account": "acc_1", "type": "image/png", "prompt": "a\tgradient\x1b[2J", "width": 640, "ratio": 0.1, "tags": ["a", "b"], "id": "doc_1",
           "created_at": "2026-11-01T08:00:00Z", "made_by": None},
          {"account": "acc_1", "type": "image/png", "prompt": "日本" * 40, "width": 10, "ratio": 2.5, "tags": [], "id": "doc_2", "ready": True}]


def test_a_list_is_a_table(oanim, fake):
    fake.on("GET", LIST, {"data": ASSETS})
    rows = oanim("assets", "list").rows
    assert rows[0] == ["doc_1", "acc_1", "image/png", "a gradient [2J", "640", "0.1", "a,b", "2026-11-01T08:00:00Z", "", ""]
    assert rows[1][0] == "doc_2" and rows[1][-1] == "yes"
    lines = oanim.on_terminal("assets", "list", columns=80, NO_COLOR="1").splitlines()
    assert lines[0].split()[:2] == ["ID", "ACCOUNT"] and len(lines) == 3 and "…" in lines[2] and max(map(len, lines)) <= 80
    assert "CREATED AT" in oanim.on_terminal("assets", "list", columns=300, NO_COLOR="1")
    assert oanim("assets", "list", "-q").out == "doc_1\ndoc_2\n"
    said = oanim("assets", "list", "--json")
    assert said.json == {"data": ASSETS} and said.out == json.dumps({"data": ASSETS}) + "\n", "as it came"
    fake.on("GET", LIST, {"data": []})
    assert oanim("assets", "list").out == "" and oanim.on_terminal("assets", "list") == "Nothing there.\n"


def test_a_list_that_goes_on(studio, oanim, fake):
    fake.on("GET", "/v1/films", {"data": [{"id": "f1"}], "next_cursor": "c1"})
    assert "There are more: --cursor c1" in studio("films", "find").err
    fake.on("GET", LIST, {"data": [{"id": "f1"}], "next_cursor": "c1"})
    assert oanim("assets", "list").err == "There are more.\n"


@pytest.mark.parametrize("reply", [{"data": [{"id": "a", "size": {"w": 1}}]}, {"id": "a", "b": [1, 0.1]}, [1, 2], {"data": {"x": 1}}, {"data": [1]},
                                   {"data": [{"a": [{}]}]}, {}])
def test_other_json_is_indented(studio, fake, reply):
    fake.on("GET", "/v1/assets/a1", reply)
    assert studio("assets", "show", "a1").out == json.dumps(reply, indent=2) + "\n"
    assert studio("assets", "show", "a1", "--json").out == json.dumps(reply) + "\n"
    assert studio.on_terminal("assets", "show", "a1", NO_COLOR="1") == json.dumps(reply, indent=2) + "\n"


def test_text_and_what_is_neither(studio, fake):
    fake.on("GET", "/v1/assets/a1", "one\x1b[2J\ntwo\n".encode(), **{"Content-Type": "text/plain"})
    assert studio("assets", "show", "a1").out == "one\x1b[2J\ntwo\n"
    assert studio.on_terminal("assets", "show", "a1") == "one [2J\ntwo\n"
    assert "JSON" in studio("assets", "show", "a1", "--json", code=1).err
    fake.on("GET", "/v1/assets/a1", PNG, **{"Content-Type": "image/png"})
    said = studio("assets", "show", "a1", code=1)
    assert "JSON" in said.err and said.out == ""
    fake.on("GET", "/v1/assets/a1", {"id": "a", "note": "\u009b31m \u202e"})
    assert "\u009b" not in studio.on_terminal("assets", "show", "a1")


@pytest.mark.parametrize("body, words", [({"error": "Missing required scope: x"}, "Missing required scope: x"), ({"detail": "no such film", "request_id": "r1"}, "no such film"),
                                         (b"<html>", "status 403"), (None, "status 403")])
def test_refusals_in_words(oanim, fake, body, words):
    fake.on("GET", LIST, body, 403)
    said = oanim("assets", "list", code=4)
    assert f"error: {words}" in said.err or words in said.err


def test_nobody_there(oanim, place):
    said = oanim(*PAGE, "--out", place / "bg.png", "--api-url", "http://127.0.0.1:1", code=1)
    assert "cannot reach http://127.0.0.1:1" in said.err and list(place.iterdir()) == []
    assert "cannot reach" in oanim("assets", "list", "--api-url", "http://127.0.0.1:1", code=1).err
