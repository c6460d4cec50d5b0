"""What stands behind a gateway in a test that looks at the bytes themselves: it begins to answer only when the test says so."""

import socket
import threading


class Origin:
    """Takes one connection after the other. `heard` is all that has come; it answers when `answer` is set."""

    def __init__(self, answer_at_once=False):
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.heard, self.answer, self.arrived = b"", threading.Event(), threading.Event()
        if answer_at_once:
            self.answer.set()
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            threading.Thread(target=self._converse, args=(connection,), daemon=True).start()

    def _converse(self, connection):
        with connection:
            threading.Thread(target=self._listen, args=(connection,), daemon=True).start()
            self.answer.wait(60)
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\nConnection: close\r\n\r\ndone")

    def _listen(self, connection):
        try:
            while got := connection.recv(65536):
                self.heard += got
                self.arrived.set()
        except OSError:
            pass

    def stop(self):
        self.answer.set()
        self.socket.close()
