//! The time zone in which a tenant's members read times.

use super::store;
use crate::error::AppError;
use crate::format::zone::Zone;
use crate::platform::db::Db;

/// Returns the tenant's time zone; UTC until its members choose one.
pub async fn of(db: &Db, tenant_id: &str) -> Result<Zone, AppError> {
    let name = store::find_time_zone(db, tenant_id).await?;
    Ok(name.map_or_else(Zone::utc, |name| Zone::of(&name)))
}
