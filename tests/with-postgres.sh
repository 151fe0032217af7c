#!/usr/bin/env bash
# Runs a command with a throw-away PostgreSQL in OPENPEX_TEST_POSTGRES_URL.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
chmod 755 "$work"
trap '"$here/postgres.sh" stop "$work/postgres" >/dev/null 2>&1 || true; rm -rf "$work"' EXIT
OPENPEX_TEST_POSTGRES_URL=$("$here/postgres.sh" start "$work/postgres" $$ max_connections=400)
export OPENPEX_TEST_POSTGRES_URL
"$@"
