"""Types a page's commands in one shell, on a terminal, and compares what it prints with what the page says it prints.

In a block ```console each line `$ …` is a command (a backslash or `<<'WORD'` continues it), the lines beneath are its output. A block
```sh is one command without output. In an output `…` stands for any text of a line, and alone in a line for any lines. A comment right
above a block, which nobody sees who reads the page, says what a page cannot: `<!-- typed: COMMAND -->` (typed before it), `<!-- not typed:
why -->`, `<!-- other output: why -->`."""

import os
import pty
import re
import select
import signal
import subprocess
import time

BLOCK = re.compile(r"^((?:<!-- (?:typed|not typed|other output): [^\n]+ -->\n)*)```(console|sh)\n(.*?)^```$", re.M | re.S)
HERE = re.compile(r"<<-?'?(\w+)'?$")
DONE = "typed-and-done"


def block_commands(text):
    """(command, output) of each `$` in a block."""
    command, expected, here = [], [], None
    for line in text.splitlines():
        if here or (command and command[-1].endswith("\\") and not expected):
            command.append(line)
        elif line.startswith("$ "):
            if command:
                yield "\n".join(command), "\n".join(expected)
            command, expected = [line[2:]], []
        else:
            expected.append(line)
            continue
        begun = HERE.search(command[-1])
        here = None if command[-1] == here else begun[1] if begun and not here else here
    yield "\n".join(command), "\n".join(expected)


def commands(page):
    """(command, what the page says it prints, or None where that differs) in the page's order."""
    for comments, kind, text in BLOCK.findall(page):
        notes = dict(re.findall(r"<!-- ([a-z ]+): (.+) -->", comments))
        if "not typed" in notes:
            continue
        if "typed" in notes:
            yield notes["typed"], ""
        for command, expected in [(text, "")] if kind == "sh" else block_commands(text):
            yield command, None if "other output" in notes else expected


def pattern(expected):
    lines = [r"(?:.*\n)*" if line.strip() == "…" else ".*".join(re.escape(part) for part in line.split("…")) + r"\n"
             for line in expected.splitlines()]
    return re.compile("".join(lines))


class Shell:
    def __init__(self, folder, env):
        self.master, slave = pty.openpty()
        subprocess.run(["stty", "cols", "200", "rows", "50", "-opost"], stdin=slave, check=True)
        self.process = subprocess.Popen(["bash", "--norc", "--noprofile"], cwd=folder, env=env, stdin=subprocess.PIPE, stdout=slave, stderr=slave,
                                        start_new_session=True)
        os.close(slave)

    def type(self, command, patience=60):
        """What it prints. Commands have nobody at the keyboard; variables, functions and jobs stay from one to the next, and
        what one ended with is kept in $typed."""
        self.process.stdin.write(f"{{ {command}\n}} < /dev/null\ntyped=$?\necho {DONE}\n".encode())
        self.process.stdin.flush()
        text, deadline = "", time.monotonic() + patience
        while not text.endswith(f"{DONE}\n"):
            assert time.monotonic() < deadline, f"{command}\ndoes not end; so far:\n{text}"
            if select.select([self.master], [], [], 1)[0]:
                text += os.read(self.master, 65536).decode()
        return text[:-len(DONE) - 1].replace("\r", "")

    def close(self):
        """The shell, and what it may have left running."""
        try:
            os.killpg(self.process.pid, signal.SIGTERM)
        except ProcessLookupError:
            pass
        self.process.stdin.close()
        self.process.wait(30)
        os.close(self.master)
