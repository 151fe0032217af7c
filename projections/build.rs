//! Has the migrations embedded anew when one is added, which `sqlx::migrate!` alone does not notice.

fn main() {
    for folder in ["postgres", "sqlite"] {
        println!("cargo:rerun-if-changed=../migrations/{folder}/views");
    }
}
