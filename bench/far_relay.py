#!/usr/bin/env python3
"""far_relay.py ONE_WAY_MS NAME...: a long way to a TCP server for each NAME, for measurements: every byte is held back for
ONE_WAY_MS, each way, however many are under way. For each it prints a line `NAME FRONT BEHIND`: it listens at
127.0.0.1:FRONT, and connects to 127.0.0.1:BEHIND, where the server may come up later. Ends with its parent's pipe."""
import asyncio
import os
import socket
import sys
import threading


async def carry(reader, writer, delay_s):
    """Reading goes on while what was read waits for its moment."""
    loop, waiting = asyncio.get_running_loop(), asyncio.Queue(1024)

    async def deliver():
        while True:
            due, data = await waiting.get()
            await asyncio.sleep(due - loop.time())
            if not data:
                break
            writer.write(data)
            await writer.drain()
        writer.close()

    delivering = asyncio.create_task(deliver())
    try:
        while True:
            data = await reader.read(65536)
            await waiting.put((loop.time() + delay_s, data))
            if not data:
                break
        await delivering
    except OSError:
        delivering.cancel()
        writer.close()


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]


async def serve(name, delay_s):
    behind = free_port()

    async def connected(reader, writer):
        try:
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", behind)
        except OSError:
            writer.close()
            return
        for one in (writer, far_writer):
            one.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        await asyncio.gather(carry(reader, far_writer, delay_s), carry(far_reader, writer, delay_s),
                             return_exceptions=True)

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    print(name, server.sockets[0].getsockname()[1], behind, flush=True)
    return server


async def main():
    servers = [await serve(name, float(sys.argv[1]) / 1000) for name in sys.argv[2:]]
    await asyncio.gather(*(server.serve_forever() for server in servers))


if __name__ == "__main__":
    threading.Thread(target=lambda: (sys.stdin.read(), os._exit(0)), daemon=True).start()
    asyncio.run(main())
