#!/usr/bin/env bash
# A throw-away PostgreSQL for tests: `tests/postgres.sh start DIR [PID [SETTING=VALUE]...]` prints its
# URL, `tests/postgres.sh stop DIR` ends it and removes DIR.
#
# It listens on 127.0.0.1 only, trusts everybody there, and syncs as in production, since OpenPEX refuses
# a server that does not. With PID it also ends by itself once that process is gone. PostgreSQL does not
# run as root: there it runs as the user `postgres`, and DIR must be where that user may go.
set -euo pipefail

usage() { echo "usage: $0 start DIR [PID [SETTING=VALUE]...] | stop DIR" >&2; exit 2; }
[[ $# -ge 2 ]] || usage
action=$1 dir=$2 watched=${3:-}
settings=""
for setting in "${@:4}"; do settings+=" -c $setting"; done

find_bin() {
    local found
    found=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -n 1)
    [[ -n $found ]] || found=$(dirname "$(command -v pg_ctl)") || {
        echo "no PostgreSQL found: install it, or set OPENPEX_TEST_POSTGRES_URL" >&2
        exit 1
    }
    echo "$found"
}
bin=$(find_bin)

as_postgres() {
    if [[ $(id -u) -eq 0 ]]; then
        # From a folder that user may be in, or every command would complain.
        (cd / && runuser -u postgres -- "$@")
    else
        "$@"
    fi
}

start() {
    mkdir -p "$dir"
    dir=$(cd "$dir" && pwd)
    [[ $(id -u) -ne 0 ]] || chown postgres "$dir"
    trap 'rm -rf "$dir" "$dir.initdb.log"; exit 1' INT TERM
    as_postgres "$bin/initdb" --pgdata "$dir/data" --username postgres --auth trust \
        --encoding UTF8 --locale C --no-sync >"$dir.initdb.log" 2>&1 || {
        cat "$dir.initdb.log" >&2
        exit 1
    }
    rm -f "$dir.initdb.log"
    local attempt port
    for attempt in 1 2 3 4 5 6 7 8; do
        port=$((20000 + RANDOM % 30000))
        # A port in use is found out by failing to start.
        if as_postgres "$bin/pg_ctl" start --pgdata "$dir/data" --wait --silent --log "$dir/server.log" \
            --options "-h 127.0.0.1 -p $port -c unix_socket_directories= -c max_connections=200$settings" \
            </dev/null >/dev/null 2>&1; then
            if [[ -n $watched ]]; then
                watch </dev/null >/dev/null 2>&1 &
                disown
            fi
            echo "postgres://postgres@127.0.0.1:$port/postgres"
            return
        fi
    done
    cat "$dir/server.log" >&2
    exit 1
}

watch() {
    while kill -0 "$watched" && [[ -d $dir/data ]]; do sleep 1; done
    stop
}

stop() {
    [[ -d $dir/data ]] || return 0
    as_postgres "$bin/pg_ctl" stop --pgdata "$dir/data" --mode immediate --silent >/dev/null 2>&1 || true
    rm -rf "$dir"
}

case $action in
start) start ;;
stop) stop ;;
*) usage ;;
esac
