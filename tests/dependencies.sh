#!/usr/bin/env bash
# Proves that dependencies point one way (aggregates <- projections <- openpex) and that the domain is pure:
# it pulls in no database, no HTTP, no runtime of its own, and no clock.
set -euo pipefail
cd "$(dirname "$0")/.."

fail() { echo "dependencies: $*" >&2; exit 1; }

tree() { cargo tree --locked --edges normal --prefix none --format '{p}|{f}' "$@" | sort -u; }

domain=$(tree --package openpex-aggregates)
for banned in sqlx sqlx-core axum hyper reqwest openpex openpex-projections getrandom rand; do
    if grep -q "^$banned v" <<<"$domain"; then fail "aggregates pulls in $banned"; fi
done
if grep '^chrono v' <<<"$domain" | grep -Eq '[|,](clock|now)(,|$)'; then
    fail "aggregates has a clock: chrono with its feature clock"
fi
# tokio comes with cqrs-es, and only with it.
direct=$(cargo tree --locked --edges normal --prefix none --depth 1 --package openpex-aggregates)
if grep -q '^tokio v' <<<"$direct"; then fail "aggregates depends on tokio by itself"; fi

views=$(tree --package openpex-projections)
for banned in axum hyper reqwest openpex; do
    if grep -q "^$banned v" <<<"$views"; then fail "projections pulls in $banned"; fi
done

versions=$(grep -A1 '^name = "sqlx"$' Cargo.lock | grep -c '^version = "0\.8\.')
[[ $(grep -c '^name = "sqlx"$' Cargo.lock) -eq 1 && $versions -eq 1 ]] || fail "not one sqlx 0.8 for all"
echo "dependencies point one way"
