#!/usr/bin/env bash
# geobill-is-ready PORT: does the daemon that listens there say that it is ready? The health check of the containers; their
# image has no HTTP client.
set -euo pipefail
exec 3<>"/dev/tcp/127.0.0.1/$1"
printf 'GET /readyz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n' >&3
read -r -t 3 _ code _ <&3
[[ $code = 200 ]]
