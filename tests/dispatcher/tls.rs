//! Hosts of a pool have certificates of their own making: trusted only by the file that holds them.

use std::path::PathBuf;

use openpex::dispatcher::Dispatcher;
use openpex::dispatcher::xen::{XenDispatcher, XenOptionsError};
use rcgen::{CertifiedKey, KeyPair};

use crate::gate::Gate;
use crate::sessions::{empty_pool, options};

fn self_signed(name: &str) -> CertifiedKey<KeyPair> {
    rcgen::generate_simple_self_signed([name.to_owned()]).unwrap()
}

/// The outcome of a call to a host that has `certified`, with only `trusted` in the CA file.
async fn outcome(certified: &CertifiedKey<KeyPair>, trusted: &str) -> Result<(), String> {
    let gate = Gate::over_tls(certified, empty_pool(|_| false)).await;
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), trusted).unwrap();
    let mut options = options(&gate.url);
    options.ca_file = Some(file.path().to_owned());
    let xen = XenDispatcher::new(options).unwrap();
    match xen.list_templates().await {
        Ok(_) => Ok(()),
        Err(error) => {
            assert_eq!(error.code, "CONNECTION_FAILED", "{error}");
            assert_eq!(gate.calls().len(), 0, "the password was sent to a stranger");
            Err(error.message)
        }
    }
}

#[tokio::test]
async fn a_self_signed_host_is_trusted_through_the_ca_file_and_only_so() {
    let ours = self_signed("localhost");
    let (other, elsewhere) = (self_signed("localhost"), self_signed("pool.example"));
    assert_eq!(outcome(&ours, &ours.cert.pem()).await, Ok(()));
    let both = format!("{}\n{}", other.cert.pem(), ours.cert.pem());
    assert_eq!(outcome(&ours, &both).await, Ok(()));
    let stranger = outcome(&ours, &other.cert.pem()).await.unwrap_err();
    assert!(stranger.contains("certificate"), "{stranger}");
    let misnamed = outcome(&elsewhere, &elsewhere.cert.pem())
        .await
        .unwrap_err();
    assert!(misnamed.contains("certificate"), "{misnamed}");
}

#[tokio::test]
async fn a_ca_file_that_holds_no_certificate_is_refused_at_once() {
    let empty = tempfile::NamedTempFile::new().unwrap();
    for file in [PathBuf::from("no/such/file.pem"), empty.path().to_owned()] {
        let mut options = options("https://localhost");
        options.ca_file = Some(file);
        let refused = XenDispatcher::new(options).unwrap_err();
        assert!(
            matches!(refused, XenOptionsError::CaFile { .. }),
            "{refused}"
        );
    }
}
