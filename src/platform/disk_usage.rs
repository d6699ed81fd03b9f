//! Disk usage, for the operator's page and `csuite check`.

use std::fmt;
use std::path::{Path, PathBuf};

use super::db::{Db, DbError};
use super::disk::Disk;

/// Sizes in bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DiskUsage {
    /// The database file; `log` is its write-ahead log.
    pub database: u64,
    pub log: u64,
    /// Free space of the disk, `None` if the system does not report it.
    pub free: Option<u64>,
    /// Free space below which new files and accounts are refused.
    pub min_free: u64,
    /// Tables with their indexes, largest first. Empty if the database is too large to scan.
    pub tables: Vec<(String, u64)>,
}

impl DiskUsage {
    /// Measures the database `file`. Scans its tables if the file has at most `most_bytes`.
    pub async fn measure(
        db: &Db,
        file: &Path,
        disk: &Disk,
        most_bytes: u64,
    ) -> Result<Self, DbError> {
        let database = size_of(file);
        let tables = if database <= most_bytes { list_tables(db).await? } else { Vec::new() };
        Ok(Self {
            database,
            log: size_of(&beside(file, "-wal")),
            free: disk.free(),
            min_free: disk.min_free(),
            tables,
        })
    }

    pub fn is_low(&self) -> bool {
        self.free.is_some_and(|free| free < self.min_free)
    }
}

impl fmt::Display for DiskUsage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let free = self.free.map_or_else(|| "unknown".to_owned(), size);
        writeln!(
            f,
            "free disk space   {free} (new files and accounts need {})",
            size(self.min_free)
        )?;
        writeln!(f, "database file     {}", size(self.database))?;
        writeln!(f, "write-ahead log   {}", size(self.log))?;
        for (name, bytes) in &self.tables {
            writeln!(f, "  {name:<24}{:>12}", size(*bytes))?;
        }
        Ok(())
    }
}

/// Sums the page sizes of each table. SQLite's `dbstat` reads every page, so do not call this on a member's request.
async fn list_tables(db: &Db) -> Result<Vec<(String, u64)>, DbError> {
    let rows: Vec<(String, i64)> = sqlx::query_as(
        "SELECT m.tbl_name, SUM(s.pgsize) FROM dbstat s JOIN sqlite_schema m ON m.name = s.name
         WHERE s.aggregate = 1 GROUP BY m.tbl_name ORDER BY SUM(s.pgsize) DESC, m.tbl_name",
    )
    .fetch_all(db.read())
    .await?;
    Ok(rows.into_iter().map(|(name, bytes)| (name, bytes.unsigned_abs())).collect())
}

fn size_of(file: &Path) -> u64 {
    file.metadata().map_or(0, |file| file.len())
}

fn beside(file: &Path, ending: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

/// Formats a size: `12 KB`, `3.4 MB`, `1.2 GB`.
pub fn size(bytes: u64) -> String {
    const UNITS: [(u64, &str); 2] = [(1 << 30, "GB"), (1 << 20, "MB")];
    match UNITS.iter().find(|(unit, _)| bytes >= *unit) {
        Some((unit, name)) => format!("{:.1} {name}", bytes as f64 / *unit as f64),
        None => format!("{} KB", bytes.div_ceil(1024)),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[tokio::test]
    async fn all_tables_are_measured_with_their_indexes() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("test.db");
        let db = Db::open_sqlite(&file).await.unwrap();
        let disk = Disk::of(&file, 1);
        let usage = DiskUsage::measure(&db, &file, &disk, u64::MAX).await.unwrap();
        let of = |name: &str| usage.tables.iter().find(|(table, _)| table == name).unwrap().1;
        // An empty table takes one page, and so does each of its indexes.
        assert!(of("messages") > of("secrets") && of("secrets") >= 4_096, "{usage:?}");
        assert!(usage.tables.is_sorted_by_key(|(_, bytes)| std::cmp::Reverse(*bytes)));
        assert!(usage.database + usage.log > 0 && !usage.is_low());
        let quick = DiskUsage::measure(&db, &file, &disk, 0).await.unwrap();
        assert!(quick.tables.is_empty());
    }

    #[test]
    fn sizes_carry_their_unit() {
        assert_eq!(size(0), "0 KB");
        assert_eq!(size(1), "1 KB");
        assert_eq!(size(5 << 20), "5.0 MB");
        assert_eq!(size(3 << 29), "1.5 GB");
    }
}
