//! The closed sets of words on the wire, as they are described.
//!
//! Descriptions only: the words themselves are said by those whose they are, and the tests hold one
//! against the other.
#![expect(dead_code, reason = "these types are described, never made")]

use utoipa::ToSchema;

/// Where a reservation stands.
#[derive(ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ReservationStatus {
    /// Opened; nothing was proposed yet.
    Initiated,
    /// Alternatives are held and wait for the user.
    Countered,
    /// Held as asked; waits for the user to confirm.
    Accepted,
    /// One alternative was accepted; waits for the user to confirm.
    ConfirmRequested,
    /// Agreed.
    Confirmed,
    /// Its instances run.
    Activated,
    /// The provider had nothing to offer.
    Rejected,
    /// The user gave it up before agreeing.
    Withdrawn,
    /// The negotiation ran out of time.
    Lapsed,
    /// The user gave it up after agreeing.
    Cancelled,
    /// Its time is over.
    Expired,
}

/// The provider's last word (the paper's section 3.1).
#[derive(ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Reply {
    /// Nothing was proposed yet.
    Initiated,
    /// The terms are held as asked.
    Accept,
    /// Not as asked, but alternatives are held.
    Counter,
    /// The chosen alternative waits for a `CONFIRM`.
    ConfirmRequest,
    /// Agreed.
    RequestSuccess,
    /// Nothing can be had, or it is over.
    Reject,
}

/// What a user says.
#[derive(ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum UserReply {
    /// Takes one of the alternatives.
    Accept,
    /// Proposes other terms.
    Counter,
    /// Agrees for good.
    Confirm,
    /// Gives it up.
    Reject,
}

/// What a user says about a whole series.
#[derive(ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum SeriesReply {
    /// Agrees to all that is held.
    Confirm,
    /// Gives it up.
    Reject,
}

/// Where a series stands.
#[derive(ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum SeriesStatus {
    /// Its occurrences are held.
    Held,
    /// It does not fit.
    Rejected,
    /// Agreed.
    Confirmed,
    /// Given up before agreeing.
    Withdrawn,
    /// Every hold of it ran out.
    Lapsed,
    /// Every occurrence was cancelled.
    Cancelled,
}

/// Where a standing request stands.
#[derive(ToSchema)]
#[schema(as = StandingStatus)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum StandingWord {
    /// Nothing that meets it was found yet.
    Waiting,
    /// Something was found.
    Met,
    /// Given up.
    Withdrawn,
    /// Its time ran out.
    Expired,
}

/// What a standing request waits for.
#[derive(ToSchema)]
#[schema(as = Wish)]
#[serde(rename_all = "lowercase")]
pub enum WishWord {
    /// A start before the one it is compared with.
    Earlier,
    /// A price below the one it is compared with.
    Cheaper,
    /// That the terms can be had at all.
    Possible,
}

/// What happens once a standing request can be met.
#[derive(ToSchema)]
#[schema(as = StandingMode)]
#[serde(rename_all = "lowercase")]
pub enum ModeWord {
    /// It is only said.
    Tell,
    /// A negotiation is opened in which it is held.
    Offer,
}

/// The power state that was seen of an instance.
#[derive(ToSchema)]
#[schema(as = PowerState)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum PowerWord {
    /// Not running; its disks are there.
    Halted,
    /// Running.
    Running,
    /// Loaded but not scheduled.
    Paused,
    /// Its memory is saved to disk.
    Suspended,
    /// Not seen yet, or not to be found.
    Unknown,
}

/// What an instance is wanted to be.
#[derive(ToSchema)]
#[schema(as = WantedState)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum WantedWord {
    /// Running.
    Running,
    /// Halted, with its disks.
    Halted,
    /// Removed with its disks.
    Gone,
}

/// How far the work on an instance is.
#[derive(ToSchema)]
#[schema(as = WorkState)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum WorkWord {
    /// There is nothing to do.
    Idle,
    /// It is being done.
    InFlight,
    /// It failed and is tried again later.
    BackingOff,
    /// It failed too often; an operator has to revive it.
    Stuck,
}

/// One thing to do on the hypervisor.
#[derive(ToSchema)]
#[schema(as = Effect)]
#[serde(rename_all = "snake_case")]
pub enum EffectWord {
    /// Make it run.
    Start,
    /// Halt it.
    Stop,
    /// Run it anew.
    Reboot,
    /// Remove it with its disks.
    Remove,
}

/// Whether a node takes reservations.
#[derive(ToSchema)]
#[schema(as = NodeStatus)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum NodeWord {
    /// It takes what fits.
    InService,
    /// It keeps what it has and takes nothing new.
    Draining,
    /// It is not alive, or not to be seen.
    Lost,
    /// Its pool no longer has it.
    Retired,
}

/// One of the three dimensions of capacity.
#[derive(ToSchema)]
#[schema(as = Dimension)]
#[serde(rename_all = "snake_case")]
pub enum DimensionWord {
    /// Virtual CPUs.
    Vcpus,
    /// Memory, in MiB.
    MemoryMib,
    /// Disk, in GiB.
    DiskGib,
}

/// How list prices are made.
#[derive(ToSchema)]
#[schema(as = PricingPolicy)]
#[serde(rename_all = "kebab-case")]
pub enum PricingWord {
    /// One rate.
    Flat,
    /// Dearer the fuller the pool is.
    Utilisation,
    /// By how long ahead of the start it is asked for.
    LeadTime,
    /// By the hours of the week.
    Calendar,
}

/// How the provider negotiates.
#[derive(ToSchema)]
#[schema(as = BargainingPolicy)]
#[serde(rename_all = "kebab-case")]
pub enum BargainingWord {
    /// The list price, whatever is offered.
    TakeItOrLeaveIt,
    /// Down from the list price with every round.
    Concession,
}

/// What an account may do.
#[derive(ToSchema)]
#[schema(as = Role)]
#[serde(rename_all = "lowercase")]
pub enum RoleWord {
    /// Reserves for itself.
    User,
    /// Runs the site.
    Operator,
    /// Reads everything, changes nothing.
    Auditor,
}

/// Why a balance changed.
#[derive(ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum EntryCause {
    /// What every new account is given.
    Opening,
    /// An operator gave it.
    Granted,
    /// A reservation was confirmed.
    Confirmed,
    /// A change of an agreement was confirmed.
    Changed,
    /// Optional instances were claimed.
    OptionsClaimed,
    /// A reservation was cancelled.
    Cancelled,
    /// What was paid for was not delivered.
    Undelivered,
}

/// How often a series comes.
#[derive(ToSchema)]
#[schema(as = Frequency)]
#[serde(rename_all = "lowercase")]
pub enum FrequencyWord {
    /// Every day.
    Daily,
    /// Monday to Friday.
    Weekdays,
    /// On some days of each week.
    Weekly,
}

/// A day of the week.
#[derive(ToSchema)]
#[schema(as = Weekday)]
#[serde(rename_all = "lowercase")]
pub enum WeekdayWord {
    /// Monday.
    Mon,
    /// Tuesday.
    Tue,
    /// Wednesday.
    Wed,
    /// Thursday.
    Thu,
    /// Friday.
    Fri,
    /// Saturday.
    Sat,
    /// Sunday.
    Sun,
}

/// What is done where not every occurrence fits.
#[derive(ToSchema)]
#[schema(as = IfNotAll)]
#[serde(rename_all = "lowercase")]
pub enum IfNotAllWord {
    /// Nothing is held.
    Reject,
    /// Those that fit are held.
    Skip,
}

/// Who caused an event.
#[derive(ToSchema)]
#[schema(as = Sender)]
#[serde(rename_all = "lowercase")]
pub enum SenderWord {
    /// A user or an operator.
    User,
    /// The provider, by its own decision.
    Provider,
    /// The passing of time.
    Clock,
    /// What was seen or done on the hypervisor.
    Hypervisor,
}

/// What an entry of a reservation's history happened to.
#[derive(ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum HistoryAggregate {
    /// The reservation.
    Reservation,
    /// One of its instances.
    Instance,
}

/// What an event of the stream happened to.
#[derive(ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AggregateWord {
    /// A reservation.
    Reservation,
    /// An instance.
    Instance,
    /// A user's account.
    Account,
    /// A series.
    Series,
    /// A standing request.
    StandingRequest,
    /// A node.
    Node,
    /// The policy of the site.
    Policy,
}

/// In which form an answer comes.
#[derive(ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum AnswerForm {
    /// JSON.
    Json,
    /// Comma-separated values (RFC 4180).
    Csv,
}

/// What is summed.
#[derive(ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum SummedBy {
    /// All nodes together.
    Total,
    /// Each node alone.
    Node,
}

/// How sure a booking is.
#[derive(ToSchema)]
#[schema(as = BookingKind)]
#[serde(rename_all = "lowercase")]
pub enum BookingWord {
    /// Both agreed on it.
    Firm,
    /// Held for an offer.
    Held,
}
