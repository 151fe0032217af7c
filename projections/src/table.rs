//! What all views share: a row is an aggregate's state, read before a page is folded and written once
//! after it.

use std::collections::HashMap;
use std::fmt::Display;
use std::hash::Hash;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::ViewsError;
use crate::source::{SourceError, SourceEvent};
use crate::store::{Rows, Statement, Tx, Value};
use crate::views::Views;

/// Most keys in one query. Keys are padded to a power of two, so that there are few statements.
pub(crate) const KEYS_MAX: usize = 512;

/// An aggregate as its view has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct View<Id, A> {
    /// Which.
    pub id: Id,
    /// Its state.
    pub state: A,
    /// The number of its newest event in its stream.
    pub sequence: u64,
    /// The position of its newest event.
    pub position: u64,
    /// The position of its first event; never changes.
    pub created_position: u64,
}

/// An aggregate with a view of its own.
pub(crate) trait Table: Default + Serialize + DeserializeOwned + Send + Sync {
    /// What names one.
    type Id: Clone + Eq + Hash + Display + Send + Sync;
    /// The table.
    const NAME: &'static str;
    /// The column of the id.
    const KEY: &'static str;
    /// The columns that lists filter by and analysts read.
    const COLUMNS: &'static [&'static str];
    /// What readers get of a `listed` row beside its own columns; begins with a comma.
    const READ_WITH: &'static str = "";
    /// The values of [`Self::COLUMNS`], in their order.
    fn columns(&self) -> Vec<Value>;
    /// Reads the column of the id.
    fn read_id(text: &str) -> Result<Self::Id, SourceError>;
}

/// The columns that every view has, as they are selected.
#[derive(sqlx::FromRow)]
pub(crate) struct StoredView {
    pub(crate) id: String,
    pub(crate) sequence: i64,
    pub(crate) position: i64,
    pub(crate) created_position: i64,
    pub(crate) state: String,
    /// The ids of a reservation's instances, with a blank between them; none where there are none.
    #[sqlx(default)]
    pub(crate) instances: Option<String>,
}

/// `SELECT` and the columns of a [`StoredView`].
pub(crate) fn select<A: Table>() -> Statement {
    Statement::new(&format!(
        "SELECT {} AS id, sequence, position, created_position, state FROM {} ",
        A::KEY,
        A::NAME
    ))
}

/// The columns of a [`StoredView`] as readers get them, of a table that is `listed` in the statement.
pub(crate) fn columns_to_read<A: Table>() -> String {
    format!(
        "listed.{} AS id, listed.sequence, listed.position, listed.created_position, listed.state{}",
        A::KEY,
        A::READ_WITH
    )
}

impl StoredView {
    pub(crate) fn read<A: Table>(self) -> Result<View<A::Id, A>, ViewsError> {
        let bad = |source: SourceError| ViewsError::BadRow {
            view: A::NAME,
            key: self.id.clone(),
            source,
        };
        let number = |n: i64| u64::try_from(n).map_err(|error| bad(error.into()));
        Ok(View {
            id: A::read_id(&self.id).map_err(bad)?,
            state: serde_json::from_str(&self.state).map_err(|error| bad(error.into()))?,
            sequence: number(self.sequence)?,
            position: number(self.position)?,
            created_position: number(self.created_position)?,
        })
    }
}

/// The row of one id, if it is there.
pub(crate) async fn find<A: Table>(
    views: &Views,
    id: &A::Id,
) -> Result<Option<View<A::Id, A>>, ViewsError> {
    let found = find_stored::<A>(views, id).await?;
    found.map(StoredView::read).transpose()
}

/// The same as it is stored.
pub(crate) async fn find_stored<A: Table>(
    views: &Views,
    id: &A::Id,
) -> Result<Option<StoredView>, ViewsError> {
    let (columns, name, key) = (columns_to_read::<A>(), A::NAME, A::KEY);
    let mut statement = Statement::new(&format!(
        "SELECT {columns} FROM {name} AS listed WHERE listed.{key} = "
    ));
    statement.push_value(id.to_string());
    Ok(views.fetch::<StoredView>(&statement).await?.pop())
}

/// Reads `columns`, the key before them, of the rows with these ids; at least one, at most [`KEYS_MAX`].
pub(crate) fn columns_of<A: Table>(columns: &str, ids: &[A::Id]) -> Statement {
    let (name, key) = (A::NAME, A::KEY);
    let mut statement = Statement::new(&format!(
        "SELECT {key}, {columns} FROM {name} WHERE {key} IN ("
    ));
    statement.push_padded(ids.iter().map(ToString::to_string));
    statement.push(")");
    statement
}

/// The rows that a page of events touches.
pub(crate) struct Touched<A: Table> {
    rows: HashMap<A::Id, View<A::Id, A>>,
}

impl<A: Table> Touched<A> {
    /// Reads the rows of the streams that `events` go on with.
    pub(crate) async fn load<'e>(
        tx: &mut Tx,
        events: impl Iterator<Item = (&'e A::Id, u64)>,
    ) -> Result<Self, ViewsError>
    where
        A::Id: 'e,
    {
        // Whether the first event of each stream in this page is the stream's first.
        let mut begins = HashMap::new();
        for (id, sequence) in events {
            begins.entry(id).or_insert(sequence == 1);
        }
        let known: Vec<&A::Id> = begins
            .into_iter()
            .filter_map(|(id, begins)| (!begins).then_some(id))
            .collect();
        let mut rows = HashMap::with_capacity(known.len());
        for ids in known.chunks(KEYS_MAX) {
            let mut statement = select::<A>();
            statement.push(&format!("WHERE {} IN (", A::KEY));
            statement.push_padded(ids.iter().map(ToString::to_string));
            statement.push(")");
            for stored in tx.fetch::<StoredView>(&statement).await? {
                let view = stored.read::<A>()?;
                rows.insert(view.id.clone(), view);
            }
        }
        Ok(Self { rows })
    }

    /// The rows as they are now, in no order.
    pub(crate) fn rows(&self) -> impl Iterator<Item = &View<A::Id, A>> {
        self.rows.values()
    }

    /// The state of one of them.
    pub(crate) fn state(&self, id: &A::Id) -> Option<&A> {
        self.rows.get(id).map(|row| &row.state)
    }

    /// Folds one event into its row.
    pub(crate) fn fold(
        &mut self,
        id: &A::Id,
        event: &SourceEvent,
        fold: impl FnOnce(&mut A),
    ) -> Result<(), ViewsError> {
        let row = self.rows.entry(id.clone()).or_insert_with(|| View {
            id: id.clone(),
            state: A::default(),
            sequence: 0,
            position: 0,
            created_position: event.position,
        });
        let expected = row.sequence.saturating_add(1);
        if event.sequence != expected {
            return Err(ViewsError::SequenceGap {
                stream: format!("{}/{id}", event.fact.aggregate_type()),
                expected,
                found: event.sequence,
            });
        }
        fold(&mut row.state);
        (row.sequence, row.position) = (event.sequence, event.position);
        Ok(())
    }

    /// Writes every row once, in the order in which their streams began; `first` is the first position of the
    /// page.
    pub(crate) async fn write(self, tx: &mut Tx, first: u64) -> Result<(), ViewsError> {
        let mut rows: Vec<_> = self.rows.into_values().collect();
        rows.sort_unstable_by_key(|row| row.created_position);
        let begun = rows.split_off(rows.partition_point(|row| row.created_position < first));
        tx.upsert(rows_of(rows)?).await?;
        tx.insert(rows_of(begun)?).await
    }
}

fn rows_of<A: Table>(views: Vec<View<A::Id, A>>) -> Result<Rows, ViewsError> {
    let mut rows = Rows::new(A::NAME, A::KEY, A::COLUMNS);
    for view in views {
        rows.push(values_of(view)?);
    }
    Ok(rows)
}

/// What a row holds, in the order that [`Rows`] has its columns in.
fn values_of<A: Table>(row: View<A::Id, A>) -> Result<Vec<Value>, ViewsError> {
    let state = serde_json::to_string(&row.state).map_err(|error| ViewsError::BadRow {
        view: A::NAME,
        key: row.id.to_string(),
        source: error.into(),
    })?;
    let mut values = Vec::with_capacity(A::COLUMNS.len() + Rows::SHARED_COLUMNS);
    values.extend([row.id.to_string().into(), row.created_position.into()]);
    values.extend([row.sequence.into(), row.position.into(), state.into()]);
    values.extend(row.state.columns());
    Ok(values)
}
