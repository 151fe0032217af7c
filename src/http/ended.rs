//! Commands about what is no longer live: the writer has forgotten it, the ledger has not.
//!
//! A message that already took effect is answered again; every other is refused by the same
//! decision that the writer would have made. Nothing is ever appended from here.

use openpex_aggregates::instance::{Instance, InstanceRefusal};
use openpex_aggregates::live::{
    Actor, Answer, Command, CommandRefusal, Fact, InstanceControl, Message, SeriesRequest,
    StandingAsk, decide_on_ended, decide_on_ended_series, decide_on_ended_standing,
};
use openpex_aggregates::reservation::{Reservation, ReservationCommand};
use openpex_aggregates::series::Series;
use openpex_aggregates::standing::StandingRequest;
use openpex_aggregates::terms::Terms;
use openpex_aggregates::{InstanceId, ReservationId, SeriesId, StandingRequestId};

use super::problem::Problem;
use super::refusal::stale;
use super::state::AppState;
use crate::ledger::StoredEvent;
use crate::writer::{Committed, WriteRequest};

const RESERVATION: &str = "reservation";
const INSTANCE: &str = "instance";
const SERIES: &str = "series";
const STANDING: &str = "standing-request";

/// An aggregate as its whole stream has left it.
pub struct Cold<A> {
    /// Its state.
    pub state: A,
    /// How far its stream has got.
    pub sequence: u64,
    /// The position of its newest event.
    pub position: u64,
}

/// Decides `request` on what has ended; `None` where there is no such thing for its sender.
pub(super) async fn decide(
    app: &AppState,
    request: &WriteRequest,
) -> Result<Option<Committed>, Problem> {
    let Some(actor) = request.actor else {
        return Ok(None);
    };
    let on_it = |id, command| on_reservation(app, request, actor, (id, command));
    match &request.command {
        Command::Negotiate {
            reservation_id,
            message,
        } => on_it(*reservation_id, meant_by(message)).await,
        Command::Delete(id) => on_it(*id, ReservationCommand::DeleteReservation).await,
        Command::Activate(id) => on_it(*id, ReservationCommand::ActivateReservation).await,
        Command::ControlInstance {
            instance_id,
            control,
        } => on_instance(app, request, actor, (*instance_id, *control)).await,
        Command::Options {
            reservation_id,
            request: wanted,
        } => on_it(*reservation_id, (*wanted).into()).await,
        Command::Rehearse {
            reservation_id,
            opens: false,
            ..
        } => on_it(*reservation_id, any_terms()).await,
        Command::Series {
            series_id,
            request:
                wanted @ (SeriesRequest::Confirm | SeriesRequest::Withdraw | SeriesRequest::Cancel(_)),
        } => on_series(app, request, actor, (*series_id, wanted)).await,
        Command::Standing {
            standing_request_id,
            request: StandingAsk::Withdraw,
        } => on_standing(app, request, actor, *standing_request_id).await,
        Command::Open { .. }
        | Command::Rehearse { opens: true, .. }
        | Command::Series {
            request: SeriesRequest::Ask { .. },
            ..
        }
        | Command::Standing {
            request: StandingAsk::Make(_),
            ..
        }
        | Command::Ask(_)
        | Command::OpenAccount(_)
        | Command::GrantCredits { .. }
        | Command::RecordOutcome { .. }
        | Command::RecordObservations(_)
        | Command::SightNodes(_)
        | Command::AdoptPolicy(_)
        | Command::FireDue { .. } => Ok(None),
    }
}

/// What a message to something that has ended comes to.
fn meant_by(message: &Message) -> ReservationCommand {
    match message {
        Message::Counter(_) => any_terms(),
        Message::Accept { offer, .. } => ReservationCommand::AcceptOffer(*offer),
        Message::Confirm { .. } => ReservationCommand::ConfirmReservation,
        Message::Reject => ReservationCommand::RejectOffers,
    }
}

/// What has ended takes no terms, whatever they are.
fn any_terms() -> ReservationCommand {
    ReservationCommand::ProposeTerms(Box::<Terms>::default())
}

async fn on_reservation(
    app: &AppState,
    request: &WriteRequest,
    actor: Actor,
    (id, command): (ReservationId, ReservationCommand),
) -> Result<Option<Committed>, Problem> {
    let found = load_reservation(app, id).await?;
    let Some(cold) = found.filter(|cold| actor.may_act_for(cold.state.user_id)) else {
        return Ok(None);
    };
    check_sequence(request, cold.sequence)?;
    let events = decide_on_ended(&cold.state, command, app.clock.now())?;
    if !events.is_empty() || !cold.state.status.name().is_end() {
        return Err(still_live());
    }
    let Cold {
        state,
        sequence,
        position,
    } = cold;
    let reservation = Box::new(state);
    let answer = Answer::Reservation {
        reservation_id: id,
        reservation,
        sequence,
    };
    Ok(Some(Committed { answer, position }))
}

async fn on_instance(
    app: &AppState,
    request: &WriteRequest,
    actor: Actor,
    (id, control): (InstanceId, InstanceControl),
) -> Result<Option<Committed>, Problem> {
    let found = load_instance(app, id).await?;
    let Some(cold) = found.filter(|cold| actor.may_act_for(cold.state.user_id)) else {
        return Ok(None);
    };
    check_sequence(request, cold.sequence)?;
    if !cold.state.removed {
        return Err(still_live());
    }
    if control != InstanceControl::Delete {
        return Err(CommandRefusal::Instance(InstanceRefusal::BeingRemoved).into());
    }
    let Cold {
        state,
        sequence,
        position,
    } = cold;
    let answer = Answer::Instance {
        instance_id: id,
        instance: Box::new(state),
        sequence,
    };
    Ok(Some(Committed { answer, position }))
}

async fn on_series(
    app: &AppState,
    request: &WriteRequest,
    actor: Actor,
    (id, wanted): (SeriesId, &SeriesRequest),
) -> Result<Option<Committed>, Problem> {
    let events = app.ledger.read_stream(SERIES, &id.to_string()).await?;
    let found = fold(&events, |state: &mut Series, fact| {
        if let Fact::Series(_, event) = fact {
            state.fold(&event);
        }
    })?;
    let Some(cold) = found.filter(|cold| actor.may_act_for(cold.state.user_id)) else {
        return Ok(None);
    };
    check_sequence(request, cold.sequence)?;
    decide_on_ended_series(&cold.state, wanted, app.clock.now())?;
    let Cold {
        state,
        sequence,
        position,
    } = cold;
    let answer = Answer::Series {
        series_id: id,
        statuses: vec![None; state.occurrences().len()],
        series: Box::new(state),
        sequence,
    };
    Ok(Some(Committed { answer, position }))
}

async fn on_standing(
    app: &AppState,
    request: &WriteRequest,
    actor: Actor,
    id: StandingRequestId,
) -> Result<Option<Committed>, Problem> {
    let events = app.ledger.read_stream(STANDING, &id.to_string()).await?;
    let found = fold(&events, |state: &mut StandingRequest, fact| {
        if let Fact::Standing(_, event) = fact {
            state.fold(&event);
        }
    })?;
    let Some(cold) = found.filter(|cold| actor.may_act_for(cold.state.user_id)) else {
        return Ok(None);
    };
    check_sequence(request, cold.sequence)?;
    if !cold.state.status.is_end() {
        return Err(still_live());
    }
    decide_on_ended_standing(&cold.state)?;
    let answer = Answer::StandingRequest {
        standing_request_id: id,
        request: Box::new(cold.state),
        sequence: cold.sequence,
    };
    let position = cold.position;
    Ok(Some(Committed { answer, position }))
}

fn check_sequence(request: &WriteRequest, found: u64) -> Result<(), Problem> {
    match request
        .expected_sequence
        .filter(|expected| *expected != found)
    {
        Some(expected) => Err(stale(expected, found)),
        None => Ok(()),
    }
}

/// It came to life between the writer's look and ours: only asking again tells.
fn still_live() -> Problem {
    Problem::unavailable(
        "ledger_moved_on",
        "this has changed while it was looked at; ask again",
    )
}

/// A reservation, live or ended, folded from its stream.
async fn load_reservation(
    app: &AppState,
    id: ReservationId,
) -> Result<Option<Cold<Reservation>>, Problem> {
    fold_reservation(&app.ledger.read_stream(RESERVATION, &id.to_string()).await?)
}

async fn load_instance(app: &AppState, id: InstanceId) -> Result<Option<Cold<Instance>>, Problem> {
    let events = app.ledger.read_stream(INSTANCE, &id.to_string()).await?;
    fold(&events, |state: &mut Instance, fact| {
        if let Fact::Instance(_, event) = fact {
            state.fold(&event);
        }
    })
}

/// The state that `events`, a whole stream, leave; `None` where there are none.
pub(super) fn fold_reservation(
    events: &[StoredEvent],
) -> Result<Option<Cold<Reservation>>, Problem> {
    fold(events, |state: &mut Reservation, fact| {
        if let Fact::Reservation(_, event) = fact {
            state.fold(&event);
        }
    })
}

fn fold<A: Default>(
    events: &[StoredEvent],
    mut fold_one: impl FnMut(&mut A, Fact),
) -> Result<Option<Cold<A>>, Problem> {
    let Some(last) = events.last() else {
        return Ok(None);
    };
    let mut state = A::default();
    for event in events {
        let fact = Fact::from_stored(
            &event.aggregate_type,
            &event.aggregate_id,
            &event.event_type,
            &event.event_version,
            &event.payload,
        );
        let fact = fact.map_err(|error| {
            tracing::error!(%error, position = event.position, "an event does not read");
            Problem::internal()
        })?;
        fold_one(&mut state, fact);
    }
    Ok(Some(Cold {
        state,
        sequence: last.sequence,
        position: last.position,
    }))
}
