//! Reading in order, by the page, while others append.

use openpex::ledger::{Access, Head, LedgerError, PAGE_EVENTS};

use crate::site::{Ground, Site, all, append, events, verify};

async fn pages_join_without_a_seam(site: Site) {
    let claim = site.claim().await;
    // One more than two pages, so that the last page holds one event, and then none.
    let count = u64::from(PAGE_EVENTS) * 2;
    let head = append(&*site.ledger, &claim, Head::EMPTY, &events("a", 1, count))
        .await
        .unwrap();
    assert_eq!(all(&site.ledger).await.len() as u64, count);
    append(&*site.ledger, &claim, head, &events("b", 1, 1))
        .await
        .unwrap();
    let positions: Vec<u64> = all(&site.ledger).await.iter().map(|e| e.position).collect();
    assert!(positions.into_iter().eq(1..=count + 1));
    assert_eq!(verify(&site.ledger).await.unwrap().events, count + 1);

    let page = site.ledger.read_after(count - 2, 2).await.unwrap();
    assert_eq!(
        page.iter().map(|e| e.position).collect::<Vec<_>>(),
        [count - 1, count]
    );
    assert!(
        site.ledger
            .read_after(count + 1, 10)
            .await
            .unwrap()
            .is_empty()
    );
    assert_eq!(
        site.ledger
            .fold_page(count + 1, PAGE_EVENTS, &mut |_| Ok(()))
            .await
            .unwrap(),
        count + 1
    );
}

async fn a_fold_stops_at_the_event_it_refuses(site: Site) {
    let claim = site.claim().await;
    append(&*site.ledger, &claim, Head::EMPTY, &events("a", 1, 5))
        .await
        .unwrap();
    let mut folded = Vec::new();
    let mut fold = |event: openpex::ledger::FactText<'_>| {
        if event.position == 4 {
            return Err("of no known version".to_owned());
        }
        folded.push(event.position);
        Ok(())
    };
    let error = site.ledger.fold_page(1, 9, &mut fold).await.unwrap_err();
    let LedgerError::FoldRefused { position, why } = error else {
        panic!("{error:?}")
    };
    assert_eq!((position, why.as_str()), (4, "of no known version"));
    assert_eq!(folded, [2, 3]);
}

async fn folds_that_stop_early_leave_the_ledger_to_be_read(site: Site) {
    let claim = site.claim().await;
    // More than a reader may be ahead of the fold, and more folds than there are connections.
    let count = 3_000;
    append(&*site.ledger, &claim, Head::EMPTY, &events("a", 1, count))
        .await
        .unwrap();
    for last in 1..=20 {
        let mut fold = |event: openpex::ledger::FactText<'_>| {
            let more = event.position < last;
            more.then_some(()).ok_or_else(|| "enough".to_owned())
        };
        let error = site
            .ledger
            .fold_page(0, PAGE_EVENTS, &mut fold)
            .await
            .unwrap_err();
        assert!(
            matches!(error, LedgerError::FoldRefused { position, .. } if position == last),
            "{error:?}"
        );
    }
    assert_eq!(all(&site.ledger).await.len() as u64, count);
}

async fn the_hashes_of_some_positions_are_those_of_their_events(site: Site) {
    let claim = site.claim().await;
    append(&*site.ledger, &claim, Head::EMPTY, &events("a", 1, 5))
        .await
        .unwrap();
    let all = site.ledger.read_after(0, 9).await.unwrap();
    let found = site.ledger.hashes_at(&[0, 4, 2, 4, 6, u64::MAX]).await;
    let expected = [4, 2].map(|position: u64| (position, all[position as usize - 1].hash));
    assert_eq!(found.unwrap(), expected.into());
    assert!(site.ledger.hashes_at(&[]).await.unwrap().is_empty());
}

async fn a_ledger_outlives_being_closed(site: Site) {
    let claim = site.claim().await;
    let head = append(&*site.ledger, &claim, Head::EMPTY, &events("a", 1, 3))
        .await
        .unwrap();
    claim.release().await;
    site.ledger.close().await;
    if !matches!(site.ground, Ground::Memory(_)) {
        assert!(site.ledger.head().await.is_err());
    }
    for access in [Access::ReadOnly, Access::ReadWrite] {
        let again = site.open_again(access).await;
        assert_eq!(again.head().await.unwrap(), head);
        assert_eq!(verify(&again).await.unwrap().head_hash, head.hash);
        again.close().await;
    }
}

crate::on_every_store!(
    pages_join_without_a_seam,
    a_fold_stops_at_the_event_it_refuses,
    folds_that_stop_early_leave_the_ledger_to_be_read,
    the_hashes_of_some_positions_are_those_of_their_events,
    a_ledger_outlives_being_closed,
);
