//! The vendor's Python client drives a VM through its whole life.

use std::path::Path;
use std::time::Duration;

use openpex::simulator::PoolOptions;
use tokio::process::Command;

use super::pool::Pool;

/// How long the script may take.
const SCRIPT_LIMIT: Duration = Duration::from_secs(60);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_vendor_s_python_client_drives_a_vm_s_life() {
    let python = std::env::var("OPENPEX_TEST_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/xenapi_client");
    let found = Command::new(&python)
        .args(["-c", "import XenAPI"])
        .output()
        .await;
    let found = found.unwrap_or_else(|error| panic!("{python} cannot be run: {error}"));
    assert!(
        found.status.success(),
        "the Python module XenAPI is missing from {python}; make a virtual environment with\n  \
         python3 -m venv VENV && VENV/bin/pip install -r {0}/requirements.txt\nand run the tests \
         with OPENPEX_TEST_PYTHON=VENV/bin/python\n{1}",
        folder.display(),
        String::from_utf8_lossy(&found.stderr)
    );
    let pool = Pool::with(PoolOptions::default()).await;
    let script = Command::new(&python)
        .arg(folder.join("life.py"))
        .arg(format!("http://{}", pool.address))
        .kill_on_drop(true)
        .output();
    let ran = tokio::time::timeout(SCRIPT_LIMIT, script)
        .await
        .expect("the script ends")
        .unwrap();
    let (out, err) = (
        String::from_utf8_lossy(&ran.stdout),
        String::from_utf8_lossy(&ran.stderr),
    );
    assert!(ran.status.success(), "{out}{err}");
    assert!(out.ends_with("a whole life\n"), "{out}{err}");

    // The hypervisor's own record agrees with what the client believes it did.
    let journal = pool.journal().await;
    let done: Vec<&str> = journal
        .iter()
        .filter(|entry| entry["outcome"] == "ok")
        .filter_map(|entry| entry["operation"].as_str()?.strip_prefix("VM."))
        .filter(|operation| !operation.starts_with("set_") && !operation.starts_with("add_"))
        .collect();
    assert_eq!(
        done,
        [
            "clone",
            "provision",
            "start_on",
            "clean_shutdown",
            "start",
            "hard_reboot",
            "hard_shutdown",
            "destroy",
            "clone",
            "destroy",
        ]
    );
    let (_, state) = pool.control("GET", "/state", "").await;
    assert_eq!(
        state["vms"].as_array().unwrap().len(),
        3,
        "only the templates are left"
    );
    assert_eq!(state["disks"].as_array().unwrap().len(), 3);
}
