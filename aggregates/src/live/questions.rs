//! Questions to the live state that change nothing.
//!
//! Owns what of the state a question is answered from. The work of one is bounded by named limits,
//! so that those who ask cannot keep those who act waiting.

use super::command::{Answer, Question};
use super::{CommandRefusal, Live};
use crate::Timestamp;
use crate::negotiation::{HOLDERS_MAX, Holder, availability, availability_of_nodes, search};

impl Live {
    /// Answers `question` as of `now`.
    ///
    /// # Errors
    /// Where the question breaks rules.
    pub(super) fn answer(
        &self,
        question: &Question,
        now: Timestamp,
    ) -> Result<Answer, CommandRefusal> {
        let (pool, policy) = (&self.pool, self.policy());
        match question {
            Question::Search(query) => search(pool, policy, query, now)
                .map(|answer| Answer::Search(Box::new(answer)))
                .map_err(CommandRefusal::Question),
            Question::Availability(query) => {
                let holders = self.holders();
                availability((pool, policy), *query, holders.as_deref(), now)
                    .map(|answer| Answer::Availability(Box::new(answer)))
                    .map_err(CommandRefusal::Question)
            }
            Question::AvailabilityOfNodes(query) => {
                let holders = self.holders();
                let asked = (query.as_ref(), holders.as_deref());
                availability_of_nodes((pool, policy), self.nodes(), asked, now)
                    .map(|answer| Answer::AvailabilityOfNodes(Box::new(answer)))
                    .map_err(CommandRefusal::Question)
            }
        }
    }

    /// The reservations that hold more than both agreed on; `None` where they are too many.
    fn holders(&self) -> Option<Vec<Holder>> {
        let few = self.holding.len() <= HOLDERS_MAX;
        let reservations = self.holding.iter().filter_map(|id| self.reservation(*id));
        few.then(|| {
            reservations
                .map(|tracked| Holder {
                    claims: tracked.state.claims(),
                    agreed: tracked.state.agreed_claim(),
                })
                .collect()
        })
    }
}
