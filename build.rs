//! Looks whether the portal is built, and has the program built again when it or a migration of the
//! ledger changes: both are embedded.

use std::path::Path;

fn main() {
    println!("cargo::rerun-if-changed=migrations");
    println!("cargo::rerun-if-changed=web/dist");
    if !Path::new("web/dist/index.html").exists() {
        println!(
            "cargo::error=the built portal is missing: web/dist/index.html. It is part of the \
             repository; get it back with `git checkout -- web/dist`, or build it with Node 20: \
             `npm ci` and `npm run build` in web/"
        );
    }
}
