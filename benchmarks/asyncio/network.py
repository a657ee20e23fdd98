"""The questions about sockets on Python's asyncio or on uvloop. Each gives the CPU time of the thread, in ns."""

import asyncio
import contextlib
import pathlib
import socket
import sys
import time

CLIENT = pathlib.Path(__file__).parent.with_name("http_client.py")
TO_WARM_UP = 64


async def ping_pong(count):
    """Each loop by its faster way: asyncio's streams make a buffer of 256 KiB for each read, and uvloop's sock_recv
    registers the socket anew each time."""
    if "uvloop" in sys.modules:
        return await ping_pong_of_streams(count)
    return await ping_pong_of_sockets(count)


async def ping_pong_of_sockets(count):
    loop = asyncio.get_running_loop()
    near, far = socket.socketpair()
    near.setblocking(False)
    far.setblocking(False)

    async def echo():
        for _ in range(count + 1):
            await loop.sock_sendall(far, await loop.sock_recv(far, 1))

    async def pass_and_return():
        await loop.sock_sendall(near, b"x")
        await loop.sock_recv(near, 1)

    echoing = asyncio.create_task(echo())
    took = await repeated(pass_and_return, count)
    await echoing
    near.close()
    far.close()
    return took


async def ping_pong_of_streams(count):
    (near_in, near_out), (far_in, far_out) = [await asyncio.open_connection(sock=end) for end in socket.socketpair()]

    async def echo():
        for _ in range(count + 1):
            far_out.write(await far_in.readexactly(1))

    async def pass_and_return():
        near_out.write(b"x")
        await near_in.readexactly(1)

    echoing = asyncio.create_task(echo())
    took = await repeated(pass_and_return, count)
    await echoing
    near_out.close()
    far_out.close()
    return took


async def repeated(run, count):
    await run()
    began = time.thread_time_ns()
    for _ in range(count):
        await run()
    return time.thread_time_ns() - began


async def hello(count):
    """The server's part. asyncio comes without HTTP: this reads a head without looking at it, and writes an answer."""
    answered = []

    async def serve(reader, writer):
        with contextlib.suppress(asyncio.IncompleteReadError):  # the client has gone
            while True:
                await reader.readuntil(b"\r\n\r\n")
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello")
                await writer.drain()
                answered.append(time.thread_time_ns())
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        command = [sys.executable, "-B", CLIENT, str(port), str(TO_WARM_UP + count)]
        client = await asyncio.create_subprocess_exec(*command)
        if await client.wait() != 0:
            sys.exit("the client has failed")
    return answered[-1] - answered[TO_WARM_UP - 1]
