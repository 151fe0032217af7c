//! What outlives the process.

use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use openpex::clock::TestClock;
use openpex::simulator::{PoolOptions, SimulatedPool, StateFileError};
use tokio_util::sync::CancellationToken;

use super::pool::{GIB, Pool, START, member, references, text};

fn kept_in(path: &Path) -> PoolOptions {
    PoolOptions {
        state_file: Some(path.to_owned()),
        ..PoolOptions::default()
    }
}

fn open(path: &Path) -> Result<SimulatedPool, StateFileError> {
    let clock = Arc::new(TestClock::new(START));
    SimulatedPool::new(kept_in(path), clock, CancellationToken::new())
}

/// Everything that a client can read of VMs, disks, devices, hosts and repositories, and the
/// journal.
async fn everything(pool: &Pool) -> Vec<String> {
    let mut all = Vec::new();
    for class in [
        "VM", "VDI", "VBD", "VIF", "SR", "PBD", "host", "network", "pool",
    ] {
        all.push(
            pool.call(&format!("{class}.get_all_records"), &[])
                .await
                .unwrap(),
        );
    }
    all.push(serde_json::to_string(&pool.journal().await).unwrap());
    all
}

#[tokio::test]
async fn a_pool_goes_on_where_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("pool.jsonl");
    let pool = Pool::with(kept_in(&path)).await;
    let running = pool.guest("running", 4 * GIB).await;
    pool.start_on(&running, &pool.host("node-2").await)
        .await
        .unwrap();
    let tag = [text(&running), text("openpex:instance"), text("i-1")];
    pool.call("VM.add_to_other_config", &tag).await.unwrap();
    let halted = pool.guest("halted", GIB).await;
    pool.call("VM.snapshot", &[text(&halted), text("before")])
        .await
        .unwrap();
    let gone = pool.guest("gone", GIB).await;
    pool.call("VM.destroy", &[text(&gone)]).await.unwrap();
    pool.call("host.disable", &[text(&pool.host("node-4").await)])
        .await
        .unwrap();
    let before = everything(&pool).await;
    let old_session = pool.session.clone();
    let token = member(
        &pool.call("event.from", &FROM_START()).await.unwrap(),
        "token",
    );

    // Nobody says good-bye: the file is read as it is, while the old process might still sit there.
    let copy = folder.path().join("copy.jsonl");
    std::fs::copy(&path, &copy).unwrap();
    pool.stop().await;
    for from in [&path, &copy] {
        let pool = Pool::with(kept_in(from)).await;
        assert_eq!(everything(&pool).await, before);
        let host = pool.host("node-2").await;
        let free = pool.call("host.compute_free_memory", &[text(&host)]).await;
        assert_eq!(
            free,
            Ok((28 * GIB).to_string()),
            "its memory is taken still"
        );
        let refused = pool.send("VM.get_all", &[text(&old_session)]).await.body;
        assert!(refused.contains("SESSION_INVALID"));
        let again = pool
            .call(
                "event.from",
                &[FROM_START()[0].clone(), text(&token), zero()],
            )
            .await;
        assert!(
            references(&again.unwrap()).contains(&running),
            "an old token is in the past"
        );
        pool.call("VM.clean_shutdown", &[text(&running)])
            .await
            .unwrap();
        let journal = pool.journal().await;
        assert_eq!(
            journal.last().unwrap()["sequence"],
            journal.len(),
            "without a gap"
        );
        pool.stop().await;
    }
}

fn zero() -> String {
    "<value><double>0</double></value>".to_owned()
}

#[expect(non_snake_case, reason = "it stands for a constant")]
fn FROM_START() -> [String; 3] {
    [super::pool::list(&["*"]), text(""), zero()]
}

/// The process can die in the middle of a write: what was not acknowledged is as if it never was.
#[tokio::test]
async fn a_write_cut_off_anywhere_is_no_harm() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("pool.jsonl");
    let pool = Pool::with(kept_in(&path)).await;
    pool.guest("first", GIB).await;
    let acknowledged = std::fs::read(&path).unwrap().len();
    let (before, entries) = (everything(&pool).await, pool.journal().await.len());
    pool.call("VM.get_all", &[]).await.unwrap();
    assert_eq!(
        std::fs::read(&path).unwrap().len(),
        acknowledged,
        "reading writes nothing"
    );
    let first = pool.find("VM.get_by_name_label", &[text("first")]).await;
    pool.call("VM.snapshot", &[text(&first), text("second")])
        .await
        .unwrap();
    let whole = std::fs::read(&path).unwrap();
    pool.stop().await;
    let cuts = (acknowledged..whole.len())
        .step_by(97)
        .chain([whole.len() - 1]);
    for cut in cuts {
        let path = folder.path().join(format!("cut-{cut}.jsonl"));
        std::fs::write(&path, &whole[..cut]).unwrap();
        let pool = Pool::with(kept_in(&path)).await;
        assert_eq!(
            everything(&pool).await,
            before,
            "cut at {cut} of {}",
            whole.len()
        );
        assert_eq!(pool.journal().await.len(), entries);
        pool.stop().await;
    }
}

#[tokio::test]
async fn a_file_in_use_or_broken_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("pool.jsonl");
    let first = open(&path).unwrap();
    let second = open(&path).err().unwrap();
    assert!(matches!(second, StateFileError::InUse(_)), "{second}");
    drop(first);
    drop(open(&path).unwrap());
    let whole = std::fs::read(&path).unwrap();
    let mut file = std::fs::File::create(&path).unwrap();
    file.write_all(b"{\"format\":1}\nnot json\n").unwrap();
    file.write_all(&whole).unwrap();
    let broken = open(&path).err().unwrap();
    assert!(
        matches!(broken, StateFileError::Broken { line: 2, .. }),
        "{broken}"
    );
    std::fs::write(&path, b"{\"format\":2}\n").unwrap();
    let newer = open(&path).err().unwrap();
    assert!(
        matches!(newer, StateFileError::Format { found: 2, .. }),
        "{newer}"
    );
}

/// Sizes follow the options; hosts and VMs that are there stay.
#[tokio::test]
async fn a_pool_can_grow_and_shrink_between_runs() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("pool.jsonl");
    let pool = Pool::with(kept_in(&path)).await;
    let vm = pool.guest("g", GIB).await;
    let four = pool.host("node-4").await;
    pool.start_on(&vm, &four).await.unwrap();
    pool.stop().await;
    let smaller = PoolOptions {
        hosts: 3,
        memory_mib: 65_536,
        ..kept_in(&path)
    };
    let pool = Pool::with(smaller).await;
    assert_eq!(pool.power_state(&vm).await, "Running");
    let off = pool
        .call("VM.hard_shutdown", &[text(&vm)])
        .await
        .unwrap_err();
    assert_eq!(off, ["HOST_OFFLINE", &four]);
    let one = pool.host("node-1").await;
    let free = pool.call("host.compute_free_memory", &[text(&one)]).await;
    assert_eq!(free, Ok((64 * GIB).to_string()));
    pool.stop().await;
    let pool = Pool::with(PoolOptions {
        hosts: 5,
        ..kept_in(&path)
    })
    .await;
    let hosts = pool.call("host.get_all", &[]).await.unwrap();
    assert_eq!(references(&hosts).len(), 5);
    let templates = pool
        .call("VM.get_by_name_label", &[text(super::pool::ETCH)])
        .await
        .unwrap();
    assert_eq!(references(&templates).len(), 1, "no second template");
}
