#!/usr/bin/env python3
"""forgetful_proxy.py FOLDER SERVER-FOLDER EVERY: a socket for PostgreSQL in FOLDER that passes everything on to the one in
SERVER-FOLDER, but breaks the connection after every so many commits, when they are done and before their answer."""

import itertools
import os
import select
import socket
import sys
import threading

folder, server, every = sys.argv[1], sys.argv[2], int(sys.argv[3])
NAME = ".s.PGSQL.5432"
commits = itertools.count(1)


def serve(client):
    upstream = socket.socket(socket.AF_UNIX)
    upstream.connect(os.path.join(server, NAME))
    with client, upstream:
        while True:
            for end in select.select([client, upstream], [], [])[0]:
                data = end.recv(65536)
                if not data:
                    return
                (upstream if end is client else client).sendall(data)
                if end is client and b"COMMIT\0" in data and next(commits) % every == 0:
                    upstream.recv(65536)  # it is done
                    return


listener = socket.socket(socket.AF_UNIX)
listener.bind(os.path.join(folder, NAME))
listener.listen()
while True:
    threading.Thread(target=serve, args=listener.accept()[:1], daemon=True).start()
