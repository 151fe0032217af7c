//! How far the views have got, and of which ledger and program they are.

use crate::error::ViewsError;
use crate::source::SourceEvent;
use crate::store::{Statement, Store, Tx};

/// The version of the folds and of what they write; one more rebuilds the views at the next start.
pub const VIEWS_VERSION: i64 = 4;

const SELECT: &str = "SELECT version, position, mark FROM checkpoint WHERE name = 'views'";
const DELETE: &str = "DELETE FROM checkpoint";
const INSERT: &str =
    "INSERT INTO checkpoint (name, version, position, mark) VALUES ('views', $1, $2, $3)";
/// Nothing is moved where another runner has been: that is how two of them never fold an event twice.
const ADVANCE: &str = "UPDATE checkpoint SET position = $1, mark = $2 \
    WHERE name = 'views' AND position = $3 AND version = $4";

/// What is stored beside the views.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Checkpoint {
    /// The version of the folds that wrote them.
    pub(crate) version: i64,
    /// The last event that is in them.
    pub(crate) position: u64,
    /// Names that event; empty before the first.
    pub(crate) mark: String,
}

impl Checkpoint {
    /// The checkpoint, unless there is none that makes sense.
    pub(crate) async fn load(store: &Store) -> Result<Option<Self>, ViewsError> {
        let rows = store
            .fetch::<(i64, i64, String)>(&Statement::new(SELECT))
            .await?;
        Ok(rows.into_iter().find_map(|(version, position, mark)| {
            let position = u64::try_from(position).ok()?;
            Some(Self {
                version,
                position,
                mark,
            })
        }))
    }

    /// Moves the checkpoint from `from` to `last`; takes the lock that keeps other runners out.
    pub(crate) async fn advance(
        tx: &mut Tx,
        from: u64,
        last: &SourceEvent,
    ) -> Result<(), ViewsError> {
        let statement = Statement::new(ADVANCE)
            .bind(last.position)
            .bind(last.mark())
            .bind(from)
            .bind(VIEWS_VERSION);
        match tx.execute(&statement).await? {
            1 => Ok(()),
            _ => Err(ViewsError::Overtaken { expected: from }),
        }
    }

    /// Begins again before the first event, whatever was there.
    pub(crate) async fn reset(tx: &mut Tx) -> Result<(), ViewsError> {
        tx.execute(&Statement::new(DELETE)).await?;
        let statement = Statement::new(INSERT)
            .bind(VIEWS_VERSION)
            .bind(0_u64)
            .bind("");
        tx.execute(&statement).await?;
        Ok(())
    }
}
