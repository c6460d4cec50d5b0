"""Stands in for the daemon's POST /v1/scan where a test wants to choose what it says, or to see what it was told."""

import http.server
import json
import threading


class Oracle:
    def __init__(self):
        self.status, self.headers, self.body, self.asked = 200, {"Cardea-Verdict": "allow"}, b"{}", []
        oracle = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                sent = self.rfile.read(int(self.headers["Content-Length"]))
                oracle.asked.append({"path": self.path, "headers": {k.lower(): v for k, v in self.headers.items()}, "json": json.loads(sent)})
                self.send_response(oracle.status)
                for name, value in oracle.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(oracle.body)))
                self.end_headers()
                self.wfile.write(oracle.body)

            def log_message(self, *args):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def says(self, verdict, status=200, body=b"{}"):
        self.headers, self.status, self.body = ({"Cardea-Verdict": verdict} if verdict is not None else {}), status, body

    def stop(self):
        self.server.shutdown()
        self.server.server_close()
