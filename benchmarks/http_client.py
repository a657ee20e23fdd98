"""Asks a server of this machine COUNT times for /hello, over 16 connections, each of which asks again when it has its
answer. Nothing of it is measured; but it is no faster than uvloop's server, which so waits for it more often than a
server in C++ does for a client in C++.

Usage: http_client.py PORT COUNT
"""

import select
import socket
import sys

CONNECTIONS = 16
REQUEST = b"GET /hello HTTP/1.1\r\nHost: localhost\r\nUser-Agent: bench\r\nAccept: */*\r\n\r\n"

port, count = int(sys.argv[1]), int(sys.argv[2])
connections = {}
ready = select.epoll()
for _ in range(CONNECTIONS):
    connection = socket.create_connection(("127.0.0.1", port))
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    connections[connection.fileno()] = connection
    ready.register(connection, select.EPOLLIN)

for connection in connections.values():
    connection.sendall(REQUEST)
asked, answered = CONNECTIONS, 0
came = dict.fromkeys(connections, b"")
while answered < count:
    for number, _ in ready.poll():
        part = connections[number].recv(4096)
        came[number] += part
        if not part or not came[number].startswith(b"HTTP/1.1 200 OK\r\n"[: len(came[number])]):
            sys.exit("the server answers %r; expected 200 OK" % came[number])
        if came[number].endswith(b"\r\n\r\nhello"):
            came[number] = b""
            answered += 1
            if asked < count:
                asked += 1
                connections[number].sendall(REQUEST)
