//! Persists request adjustments, which the client learns from servers that refuse fields.

use time::OffsetDateTime;
use tokio_util::sync::CancellationToken;

use super::Operator;
use super::service::micros;
use super::store::{self, AdjustmentRow};
use crate::error::AppError;
use crate::fireworks::{Adjustment, Change, Field};
use crate::platform::clock::Micros;

impl Operator {
    /// Loads stored adjustments into the client.
    pub async fn recall(&self) -> Result<(), AppError> {
        for row in store::list_adjustments(&self.db, &self.client.address()).await? {
            let model = row.model.clone();
            // Skip rows that a later version wrote and this one cannot parse.
            if let Some(adjustment) = adjustment(row) {
                self.client.adjust(&model, vec![adjustment]);
            }
        }
        Ok(())
    }

    /// Stores adjustments as the client learns them, until `closing` is cancelled.
    pub async fn keep_learning(self, closing: CancellationToken) {
        let mut changed = self.client.adjustments_changed();
        while let Some(Ok(())) = closing.run_until_cancelled(changed.changed()).await {
            if let Err(error) = self.store().await {
                tracing::warn!(error = %error, "request adjustments not stored");
            }
        }
    }

    /// Deletes the adjustments for a model, so that its next request has the standard form.
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
