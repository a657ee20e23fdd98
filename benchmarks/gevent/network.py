"""The questions about sockets on Python's gevent. Each gives the CPU time of the thread, in ns."""

import pathlib
import sys
import time

import gevent
from gevent import socket, subprocess
from gevent.pywsgi import WSGIServer

CLIENT = pathlib.Path(__file__).parent.with_name("http_client.py")
TO_WARM_UP = 64


def ping_pong(count):
    near, far = socket.socketpair()

    def echo():
        for _ in range(count + 1):
            far.sendall(far.recv(1))

    def pass_and_return():
        near.sendall(b"x")
        near.recv(1)

    echoing = gevent.spawn(echo)
    pass_and_return()
    began = time.thread_time_ns()
    for _ in range(count):
        pass_and_return()
    took = time.thread_time_ns() - began
    echoing.join()
    return took


def hello(count):
    """The server's part."""
    asked = []

    def serve(_, start_response):
        asked.append(time.thread_time_ns())
        start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "5")])
        return [b"hello"]

    server = WSGIServer(("127.0.0.1", 0), serve, log=None)
    server.start()
    # Head and body are sent one by one; the second would wait 40 ms for the client to acknowledge the first.
    server.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    command = [sys.executable, "-B", CLIENT, str(server.server_port), str(TO_WARM_UP + count)]
    if subprocess.run(command).returncode != 0:
        sys.exit("the client has failed")
    server.stop()
    return asked[-1] - asked[TO_WARM_UP - 1]
