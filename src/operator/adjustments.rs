//! Persists what the client learns of servers and models: request adjustments, and where reasoning begins.

use time::OffsetDateTime;
use tokio_util::sync::CancellationToken;

use super::Operator;
use super::service::micros;
use super::store::{self, AdjustmentRow};
use crate::error::AppError;
use crate::fireworks::{Adjustment, Change, Field};
use crate::platform::clock::{self, Micros};

/// The stored name of a model's habit, and the one of a model that begins to reason without an opening tag.
const REASONING: &str = "reasoning";
const UNTOLD: &str = "untold";

impl Operator {
    /// Loads what is stored into the client.
    pub async fn recall(&self) -> Result<(), AppError> {
        for row in store::list_adjustments(&self.db, &self.client.address()).await? {
            let model = row.model.clone();
            if row.field == REASONING {
                self.client.put_habit(&model, row.change == UNTOLD);
                continue;
            }
            // Skip rows that a later version wrote and this one cannot parse.
            if let Some(adjustment) = adjustment(row) {
                self.client.adjust(&model, vec![adjustment]);
            }
        }
        Ok(())
    }

    /// Stores what the client learns as it learns it, until `closing` is cancelled.
    pub async fn keep_learning(self, closing: CancellationToken) {
        let (mut adjustments, mut habits) =
            (self.client.adjustments_changed(), self.client.habits_changed());
        loop {
            let changed = tokio::select! {
                () = closing.cancelled() => return,
                changed = adjustments.changed() => changed,
                changed = habits.changed() => changed,
            };
            if changed.is_err() {
                return;
            }
            if let Err(error) = self.store().await {
                tracing::warn!(error = %error, "request adjustments not stored");
            }
        }
    }

    /// Deletes what was learned of a model, so that its next request has the standard form.
    pub async fn forget(&self, model: &str) -> Result<(), AppError> {
        self.client.forget(model);
        self.store().await
    }

    async fn store(&self) -> Result<(), AppError> {
        let adjustments = self.client.adjustments().into_iter();
        let adjustments = adjustments
            .flat_map(|(model, all)| all.into_iter().map(move |it| row(model.clone(), it)));
        let habits = self.client.habits().into_iter().map(habit_row);
        let rows = adjustments.chain(habits).collect();
        Ok(store::replace_adjustments(&self.db, self.client.address(), rows).await?)
    }
}

fn habit_row((model, begins_untold): (String, bool)) -> AdjustmentRow {
    let change = if begins_untold { UNTOLD } else { "told" };
    AdjustmentRow {
        model,
        field: REASONING.to_owned(),
        change: change.to_owned(),
        said: String::new(),
        learned_at: clock::now(),
    }
}

fn row(model: String, adjustment: Adjustment) -> AdjustmentRow {
    AdjustmentRow {
        model,
        field: adjustment.field.as_str().to_owned(),
        change: adjustment.change.to_text(),
        said: adjustment.said,
        learned_at: micros(adjustment.learned_at),
    }
}

fn adjustment(row: AdjustmentRow) -> Option<Adjustment> {
    Some(Adjustment {
        field: Field::parse(&row.field)?,
        change: Change::parse(&row.change)?,
        said: row.said,
        learned_at: moment(row.learned_at)?,
    })
}

fn moment(micros: Micros) -> Option<OffsetDateTime> {
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(micros) * 1_000).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn adjustments_are_restored_and_unknown_ones_skipped() {
        let learned = Adjustment {
            field: Field::ReplyTokens,
            change: Change::AtMost(4_096),
            said: "too large".into(),
            learned_at: OffsetDateTime::UNIX_EPOCH,
        };
        let stored = row("m".into(), learned.clone());
        assert_eq!(adjustment(stored.clone()), Some(learned));
        assert_eq!(adjustment(AdjustmentRow { field: "voice".into(), ..stored }), None);
    }
}
