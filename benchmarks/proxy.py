"""A network in between: a TCP proxy that holds back each message to the server for a while."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextlib import suppress
from pathlib import Path

from sqlalchemy.engine import make_url


@contextmanager
def delayed(url: str, delay: float) -> Iterator[str]:
    """Yield the URL of a proxy for a server.

    :param url: plain ``postgresql://`` URL, of a Unix socket or of a TCP port.
    :param delay: seconds by which what the client sends arrives later, as on a round trip.
    """
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=_accept, args=(listener, url, delay), daemon=True).start()
        host, port = listener.getsockname()
        given = make_url(url).set(host=host, port=port, query={})
        options = {"sslmode": "disable", "gssencmode": "disable"}
        yield given.update_query_dict(options).render_as_string(hide_password=False)
        with suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)


def _accept(listener: socket.socket, url: str, delay: float) -> None:
    with suppress(OSError):  # the listener was closed
        while True:
            client, _ = listener.accept()
            server = _connect(url)
            for args in ((client, server, delay), (server, client, 0)):
                threading.Thread(target=_pump, args=args, daemon=True).start()


def _connect(url: str) -> socket.socket:
    given = make_url(url)
    folder = given.query.get("host")
    if isinstance(folder, str):
        server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        server.connect(str(Path(folder) / f".s.PGSQL.{given.query.get('port', '5432')}"))
        return server
    return socket.create_connection((given.host or "127.0.0.1", given.port or 5432))


def _pump(source: socket.socket, target: socket.socket, delay: float) -> None:
    with suppress(OSError):
        for sock in (source, target):
            if sock.family == socket.AF_INET:
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        while data := source.recv(1 << 16):
            if delay:
                time.sleep(delay)
            target.sendall(data)
    with suppress(OSError):
        target.shutdown(socket.SHUT_WR)
