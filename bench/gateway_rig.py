"""Servers and load of gateway.py: all servers share one core, wrk and the API behind the proxies have another."""
import contextlib
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import time

from rig import free_port, wait_for

FILES = pathlib.Path(__file__).resolve().parent / "gateway"
NGINX = shutil.which("nginx", path="/usr/sbin:/usr/bin") or "nginx"
TARGET = "/api/v1/content/7"
CONNECTIONS = 32
USER = "user root;" if os.geteuid() == 0 else ""  # who may read the runtime folder of a daemon that root started

cores = sorted(os.sched_getaffinity(0))
if len(cores) < 2:
    sys.exit("bench/gateway wants two cores: one for the servers, one for wrk")
SERVERS, LOAD = cores[0], cores[1]


def move_to(core):
    """This process, and what it starts from now on."""
    os.sched_setaffinity(0, {core})


def wait_to_listen(port, process):
    deadline = time.monotonic() + 60
    while True:
        with socket.socket() as s:
            if s.connect_ex(("127.0.0.1", port)) == 0:
                return
        if process.poll() is not None or time.monotonic() > deadline:
            sys.exit(f"{process.args[0]} does not listen on port {port}")
        time.sleep(0.02)


def fill_in(text, words):
    for word, value in words.items():
        text = text.replace(f"@{word}@", str(value))
    left = re.search(r"@[A-Z_]+@", text)
    if left:
        sys.exit(f"{left.group()} was not filled in")
    return text


class Ports(dict):
    """A free port for each name that is asked for."""

    def __missing__(self, name):
        self[name] = free_port()
        return self[name]


class Process:
    def __init__(self, command, core, port, **more):
        move_to(core)
        self.process = subprocess.Popen([str(word) for word in command], stdin=subprocess.DEVNULL, **more)
        move_to(LOAD)
        if port:
            wait_to_listen(port, self.process)

    def pids(self):
        return [self.process.pid]

    def stop(self):
        self.process.terminate()
        self.process.wait()


class Daemon(Process):
    """`cardea serve` with one loop, on a port that it keeps over restarts."""

    def __init__(self, build, data):
        self.build, self.data, self.port = build, data, free_port()
        self.start()

    def start(self):
        super().__init__([self.build / "cardea", "serve", "--data", self.data, "--listen", f"127.0.0.1:{self.port}", "--threads", "1"],
                         SERVERS, None, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_for(self.port)

    def restart(self):
        self.stop()
        self.start()


class Nginx(Process):
    """One worker. `part` is a file of FILES, `words` what is filled in there."""

    def __init__(self, folder, part, words, core=SERVERS, modules=()):
        self.folder = folder / part.removesuffix(".conf")
        self.folder.mkdir(mode=0o755)
        inside = fill_in((FILES / part).read_text(), words)
        listens = re.search(r"listen 127.0.0.1:(\d+)", inside).group(1)
        text = fill_in((FILES / "nginx.conf").read_text(), {"USER": USER, "FOLDER": self.folder, "HTTP": inside})
        conf = self.folder / "nginx.conf"
        conf.write_text("".join(f"load_module {module};\n" for module in modules) + text)
        super().__init__([NGINX, "-p", self.folder, "-c", conf, "-e", self.folder / "start.log"], core, int(listens))

    def pids(self):
        """The workers: the master has nothing to do with requests."""
        found = subprocess.run(["ps", "-o", "pid=", "--ppid", str(self.process.pid)], capture_output=True, text=True, check=True)
        return [int(pid) for pid in found.stdout.split()]

    def reload(self):
        before = set(self.pids())
        self.process.send_signal(signal.SIGHUP)
        deadline = time.monotonic() + 60
        while not set(self.pids()) - before:
            if time.monotonic() > deadline:
                sys.exit("nginx started no new worker")
            time.sleep(0.01)


def processor_ns(pids):
    """Of all threads, to the nanosecond: the clock ticks of /proc/PID/stat are coarse for 3 %."""
    spent = 0
    for pid in pids:
        for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
            spent += int((task / "schedstat").read_text().split()[0])
    return spent


def write_script(path, keys, count, close=False):
    """wrk cycles through the first `count` keys of a list; all servers get the same bytes. Few with `close`: LuaJIT hashes a
    text by a few of its bytes, which then are the same in all, so that reading many takes minutes."""
    more = r"Connection: close\r\n" if close else ""
    path.write_text(f"""
local requests, at = {{}}, 0
init = function()
  for line in io.lines("{keys}") do
    requests[#requests + 1] = "GET {TARGET} HTTP/1.1\\r\\nHost: gateway.test\\r\\nUser-Agent: wrk\\r\\nAccept: */*\\r\\n"
      .. "Authorization: Bearer " .. line:match("^%S+") .. "\\r\\n{more}\\r\\n"
    if #requests == {count} then break end
  end
end
request = function()
  at = at % #requests + 1
  return requests[at]
end
""")
    path.chmod(0o600)
    return path


def in_us(text):
    number, unit = re.fullmatch(r"([\d.]+)(us|ms|s)", text).groups()
    return float(number) * {"us": 1, "ms": 1e3, "s": 1e6}[unit]


class Load:
    """wrk on its own core."""

    def __init__(self, port, script, seconds):
        self.process = subprocess.Popen(["taskset", "-c", str(LOAD), "wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "--latency",
                                         "-s", str(script), f"http://127.0.0.1:{port}"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self.said = ""

    def finish(self):
        """wrk's own report, of requests that were all granted."""
        said = self.said or self.process.communicate()[0]
        if self.process.returncode or "Non-2xx" in said or "Socket errors" in said:
            sys.exit(f"not every request was granted:\n{said}")
        return said

    def reaches(self, pids):
        """Waits until these are busy: wrk reads its script first, and hears no signal as long as it does."""
        before = processor_ns(pids)
        while processor_ns(pids) - before < 100e6 and self.process.poll() is None:
            time.sleep(0.01)
        return self

    def end(self):
        """Now, before its time; how many requests there were."""
        while self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)  # lost on wrk as long as it starts
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.said = self.process.communicate(timeout=0.5)[0]
        return int(re.search(r"(\d+) requests in", self.finish()).group(1))


def measure(port, pids, script, seconds):
    """Requests a second; the servers' processor time for one in µs; latency's median and 99th percentile in µs."""
    before = processor_ns(pids)
    said = Load(port, script, seconds).finish()
    used = processor_ns(pids) - before
    requests = int(re.search(r"(\d+) requests in", said).group(1))
    rate = float(re.search(r"Requests/sec:\s+([\d.]+)", said).group(1))
    latency = [in_us(re.search(rf"\s{share}%\s+(\S+)", said).group(1)) for share in (50, 99)]
    return rate, used / 1e3 / requests, *latency
