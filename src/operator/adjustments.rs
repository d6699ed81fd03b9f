//! What was learned of servers that refuse fields, kept across restarts.

use time::OffsetDateTime;
use tokio_util::sync::CancellationToken;

use super::Operator;
use super::service::micros;
use super::store::{self, AdjustmentRow};
use crate::error::AppError;
use crate::fireworks::{Adjustment, Change, Field};
use crate::platform::clock::Micros;

impl Operator {
    /// Gives the client what was learned in earlier runs.
    pub async fn recall(&self) -> Result<(), AppError> {
        for row in store::list_adjustments(&self.db, &self.client.address()).await? {
            let model = row.model.clone();
            // A row of a later version of the program may name what this one does not know.
            if let Some(adjustment) = adjustment(row) {
                self.client.adjust(&model, vec![adjustment]);
            }
        }
        Ok(())
    }

    /// Stores what the client learns, until `closing`.
    pub async fn keep_learning(self, closing: CancellationToken) {
        let mut changed = self.client.adjustments_changed();
        while let Some(Ok(())) = closing.run_until_cancelled(changed.changed()).await {
            if let Err(error) = self.store().await {
                tracing::warn!(error = %error, "request adjustments not stored");
            }
        }
    }

    /// Forgets what was learned of a model: the next request to it has the usual form again.
    pub async fn forget(&self, model: &str) -> Result<(), AppError> {
        self.client.forget_adjustments(model);
        self.store().await
    }

    async fn store(&self) -> Result<(), AppError> {
        let rows = self
            .client
            .adjustments()
            .into_iter()
            .flat_map(|(model, all)| all.into_iter().map(move |it| row(model.clone(), it)))
            .collect();
        Ok(store::replace_adjustments(&self.db, self.client.address(), rows).await?)
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
    fn what_was_stored_is_read_back_and_what_is_not_known_is_left() {
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
