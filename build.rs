//! Has the program built again when a migration of the ledger is added: they are embedded.

fn main() {
    println!("cargo:rerun-if-changed=migrations");
}
