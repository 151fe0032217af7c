# Recipes for people; `tests/run` and `cargo run --release` need none of this.

# List the recipes
default:
    @just --list

# Serve portal, API and simulated pool on SQLite
run *args:
    cargo run --release -- {{ args }}

# Run every check and test
test:
    tests/run

# Check format and lints only
lint:
    cargo fmt --all --check
    cargo clippy --workspace --all-targets --locked -- --deny warnings

# Kill the service COUNT times on each store and look for what was lost or done twice
crash count="100":
    OPENPEX_CRASH_KILLS={{ count }} tests/with-postgres.sh cargo nextest run --test service crash --no-capture

# Measure the whole path on both stores: throughput, grown, lag, steady, haizea, or all (10 minutes)
bench *args:
    tests/with-postgres.sh cargo bench --bench negotiations -- {{ args }}

# Answer the real traces by the engine and by the oracle, and compare
workloads *args:
    cargo bench -p openpex-workloads --bench workloads -- {{ args }}

# Measure the capacity engine beside the naive scan and the shapes of its peers
bench-capacity *args:
    cargo bench --bench capacity -- {{ args }}

# Check a ledger
verify *args:
    cargo run --release -- ledger verify {{ args }}

# Build the portal into web/dist, which is committed
portal:
    cd web && npm ci && npm run build

# Use the portal in a browser, as its tests do
portal-tests *args:
    cargo build
    cd web && npm run e2e -- {{ args }}
