//! Undoing imports: the newest one first.

use super::model::{DoneImport, Grain, Undone};
use super::service::Analytics;
use super::store::changes;
use super::store::generations::{self, Restored};
use super::store::imports::{self, Import, Named};
use crate::accounts::guard;
use crate::accounts::model::{Member, Role};
use crate::error::{AppError, Code};
use crate::platform::clock::{self, Micros};

/// How long an import can be undone.
const UNDOABLE_MICROS: Micros = 30 * 86_400 * 1_000_000;

impl Analytics {
    /// Lists the imports that can be undone, newest first.
    pub(super) async fn imports_done(&self, tenant_id: &str) -> Result<Vec<DoneImport>, AppError> {
        let zone = self.zone(tenant_id).await?;
        let all = imports::list(self.db.read(), tenant_id).await?;
        let done = |Named { import, by_name }: Named| DoneImport {
            id: import.id,
            file_name: import.file_name,
            by: by_name,
            at: zone.human(import.created_at),
            grain: Grain::parse(&import.grain).unwrap_or_default(),
            added: u32::try_from(import.added).unwrap_or(u32::MAX),
            replaced: u32::try_from(import.replaced).unwrap_or(u32::MAX),
        };
        Ok(all.into_iter().map(done).collect())
    }

    /// Undoes the newest import: deletes the periods that it added and restores those that it replaced. Periods that were
    /// changed since stay as they are.
    ///
    /// Errors: [`Code::EditConflict`] if a newer import is to be undone first; not found; forbidden for members.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn undo_import(&self, member: &Member, id: &str) -> Result<Undone, AppError> {
        guard::require(member, Role::Admin)?;
        let tenant_id = &member.tenant_id;
        let _turn = self.import_turn(member).await?;
        loop {
            let version = self.version(tenant_id).await?;
            let import = self.newest_import(tenant_id, id).await?;
            let generation = self.begin_generation(tenant_id).await?;
            let undone = async {
                let of = (import.created_at, import.generation);
                let restored =
                    generations::copy_without(&self.db, tenant_id, generation, of).await?;
                let before = self.switch_back(tenant_id, version, generation, &import).await?;
                Ok::<_, AppError>(before.map(|before| (before, restored)))
            };
            let undone = undone.await;
            let outdated = match &undone {
                Ok(Some((before, _))) => vec![*before, import.generation],
                Ok(None) | Err(_) => vec![generation],
            };
            self.delete_generations(tenant_id, outdated).await;
            // Without a result the numbers have changed meanwhile.
            if let Some((_, restored)) = undone? {
                return Ok(Undone::of(&import, restored));
            }
        }
    }

    /// Returns the import if it is the newest one.
    async fn newest_import(&self, tenant_id: &str, id: &str) -> Result<Import, AppError> {
        let all = imports::list(self.db.read(), tenant_id).await?;
        let mut imports = all.into_iter().map(|named| named.import);
        match imports.next() {
            Some(newest) if newest.id == id => Ok(newest),
            _ if imports.any(|older| older.id == id) => Err(AppError::new(
                Code::EditConflict,
                "Another file was imported after this one. Undo that import first.",
            )),
            _ => Err(AppError::not_found("import")),
        }
    }

    /// Makes a new generation the current one and deletes the import. Returns the generation before, or `None` if the
    /// numbers have changed since `version`.
    async fn switch_back(
        &self,
        tenant_id: &str,
        version: i64,
        generation: i64,
        import: &Import,
    ) -> Result<Option<i64>, AppError> {
        let (tenant_id, import) = (tenant_id.to_owned(), import.clone());
        let save = self.db.write(move |tx| {
            Box::pin(async move {
                if changes::find_version(&mut *tx, &tenant_id).await? != version
                    || !imports::delete(&mut *tx, &tenant_id, &import).await?
                {
                    return Ok(None);
                }
                let Some(before) = generations::switch(&mut *tx, &tenant_id, generation).await?
                else {
                    return Err(AppError::internal("the new generation was deleted").into());
                };
                generations::list_for_deletion(tx, (&tenant_id, before), clock::now()).await?;
                Ok(Some(before))
            })
        });
        Ok(save.await?)
    }

    /// Forgets imports that are too old to be undone.
    pub(super) async fn forget_imports(&self) -> Result<(), AppError> {
        let before = clock::now() - UNDOABLE_MICROS;
        let delete = self
            .db
            .write(move |tx| Box::pin(async move { imports::delete_before(tx, before).await }));
        Ok(delete.await?)
    }
}

impl Undone {
    fn of(import: &Import, Restored { removed, restored }: Restored) -> Self {
        let written = u64::try_from(import.added + import.replaced).unwrap_or(0);
        let grain = Grain::parse(&import.grain).unwrap_or_default();
        Self { grain, removed, restored, kept: written.saturating_sub(removed + restored) }
    }
}
