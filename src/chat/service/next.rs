//! Suggests the next questions after a reply.

use super::Chat;
use crate::chat::follow_ups;
use crate::grounding::Grounded;

impl Chat {
    /// Suggests questions to the adviser with this slug after a reply with this grounding. None if the facts or the adviser
    /// cannot be read: a reply is shown without them.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn follow_ups(
        &self,
        tenant_id: &str,
        slug: &str,
        grounded: Option<&Grounded>,
    ) -> Vec<String> {
        let (facts, adviser) =
            tokio::join!(self.facts.of(tenant_id), self.personas.find(tenant_id, slug));
        let (Ok(facts), Ok(adviser)) = (facts, adviser) else { return Vec::new() };
        let cited = grounded.map(|it| it.grounding.cited.as_slice()).unwrap_or_default();
        follow_ups::after(&adviser.persona, &facts, cited)
    }
}
