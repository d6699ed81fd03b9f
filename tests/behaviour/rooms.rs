//! Checks the source against the rules of `docs/ARCHITECTURE.md`.

use std::path::{Path, PathBuf};

/// Top-level modules (rooms) in layers from the bottom up. A module imports from lower layers only,
/// never from another module of its own layer.
const FLOORS: [&[&str]; 13] = [
    &["error"],
    &["ui", "fireworks", "platform"],
    &["format"],
    &["accounts"],
    &["analytics"],
    &["personas"],
    &["insights"],
    &["business", "usage"],
    &["facts"],
    &["grounding"],
    &["chat"],
    &["onboarding", "operator"],
    &["app", "server"],
];

fn floor(room: &str) -> Option<usize> {
    FLOORS.iter().position(|rooms| rooms.contains(&room))
}

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// Returns the room, path and text of each source file.
pub fn rooms() -> Vec<(String, PathBuf, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&root, &mut files);
    files
        .into_iter()
        .map(|path| {
            let inside = path.strip_prefix(&root).unwrap();
            let first = inside.components().next().unwrap().as_os_str().to_str().unwrap();
            let text = std::fs::read_to_string(&path).unwrap();
            (first.trim_end_matches(".rs").to_owned(), path, text)
        })
        .collect()
}

/// Returns the code of a file without its tests: empty for `tests.rs`, `foo_tests.rs` and what is in a folder `tests` or
/// `oracle`.
pub fn code_of<'a>(path: &Path, text: &'a str) -> &'a str {
    let stem = path.file_stem().unwrap().to_str().unwrap();
    let is_test = stem == "tests" || stem.ends_with("_tests");
    let folder = path.parent().unwrap();
    if is_test || folder.ends_with("tests") || folder.ends_with("oracle") {
        return "";
    }
    text.split("#[cfg(test)]").next().unwrap()
}

/// Returns the rooms that a file names as `crate::room::…`.
fn named(text: &str) -> Vec<&str> {
    text.split("crate::")
        .skip(1)
        .map(|rest| rest.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap())
        .filter(|room| floor(room).is_some())
        .collect()
}

#[test]
fn imports_point_only_to_lower_layers() {
    for (room, path, text) in rooms() {
        let Some(own) = floor(&room) else { continue };
        for other in named(&text) {
            let down = floor(other).unwrap() < own;
            // Exception within a layer: the server renders the frame around every page, which `app`
            // composes.
            let composed = own == FLOORS.len() - 1 && room == "server" && other == "app";
            assert!(other == room || down || composed, "{} names {other}", path.display());
        }
    }
}

#[test]
fn sql_stands_only_in_stores() {
    for (_, path, text) in rooms() {
        let name = path.to_string_lossy().into_owned();
        let may = name.contains("store") || name.contains("/platform/");
        assert!(may || !code_of(&path, &text).contains("sqlx::query"), "{name} holds SQL");
    }
}

/// The tables of each room. Other rooms read them through the views of `0022_views.sql` only.
const TABLES: [(&str, &[&str]); 9] = [
    (
        "accounts",
        &[
            "accounts",
            "api_tokens",
            "credential_changes",
            "failed_sign_ins",
            "invitations",
            "memberships",
            "operators",
            "password_resets",
            "tenants",
            "trials",
        ],
    ),
    (
        "analytics",
        &[
            "analytics_changes",
            "analytics_settings",
            "analytics_snapshots",
            "import_days",
            "metrics",
            "sample_data",
            "upload_parts",
            "uploads",
        ],
    ),
    ("business", &["profiles"]),
    (
        "chat",
        &[
            "conversations",
            "declined_proposals",
            "messages",
            "profile_proposals",
            "prompt_parts",
            "reasonings",
            "search_entries",
            "search_index",
            "summaries",
        ],
    ),
    ("insights", &["insight_decisions", "insight_states", "insights"]),
    ("operator", &["upstream_adjustments"]),
    ("personas", &["persona_versions", "personas"]),
    ("platform", &["secrets", "sessions", "tenant_storage"]),
    ("usage", &["budgets", "ledger_entries", "spending"]),
];

/// Returns the names after `FROM`, `JOIN`, `INTO` and `UPDATE`.
fn tables_in(code: &str) -> Vec<&str> {
    let words: Vec<&str> = code.split_whitespace().collect();
    let after = |pair: &[&str]| {
        ["FROM", "JOIN", "INTO", "UPDATE"].contains(&pair[0].trim_start_matches(['"', '(']))
    };
    let name = |word: &'_ str| {
        word.find(|c: char| !c.is_ascii_lowercase() && c != '_').unwrap_or(word.len())
    };
    words.windows(2).filter(|pair| after(pair)).map(|pair| &pair[1][..name(pair[1])]).collect()
}

#[test]
fn a_query_reads_the_tables_of_its_own_room() {
    let owner =
        |table: &str| TABLES.iter().find(|(_, all)| all.contains(&table)).map(|(room, _)| *room);
    let mut read = std::collections::BTreeSet::new();
    for (room, path, text) in rooms() {
        for table in tables_in(code_of(&path, &text)) {
            let Some(owner) = owner(table) else { continue };
            read.insert(table.to_owned());
            // Every tenant has a row there, with which queries begin.
            let own = owner == room || table == "tenants";
            assert!(own, "{} reads {table}, which belongs to {owner}", path.display());
        }
    }
    let all: std::collections::BTreeSet<_> =
        TABLES.iter().flat_map(|(_, all)| all.iter().map(|table| (*table).to_owned())).collect();
    assert_eq!(read, all, "every table is read where it belongs");
}

#[test]
fn a_store_is_used_only_by_its_own_domain() {
    for (room, path, text) in rooms() {
        for other in [
            "accounts",
            "analytics",
            "insights",
            "business",
            "personas",
            "facts",
            "chat",
            "operator",
            "usage",
        ] {
            let reads = text.contains(&format!("crate::{other}::store"));
            assert!(room == other || !reads, "{} reads the store of {other}", path.display());
        }
    }
}

#[test]
fn a_model_imports_no_framework() {
    for (_, path, text) in rooms() {
        if path.ends_with("model.rs") || path.parent().unwrap().ends_with("model") {
            for framework in ["leptos", "axum", "sqlx", "tokio"] {
                let imports =
                    text.lines().any(|line| line.starts_with(&format!("use {framework}")));
                assert!(!imports, "{} imports {framework}", path.display());
            }
        }
    }
}

/// Server functions that need no sign-in.
const FOR_EVERYBODY: [&str; 5] =
    ["sign_up", "sign_in", "sign_out", "reset_password", "start_trial"];

#[test]
fn every_server_function_checks_the_caller() {
    let mut count = 0;
    for (_, path, text) in rooms() {
        for function in text.split("#[server(endpoint").skip(1) {
            let body = function.split("\n}\n").next().unwrap();
            let name = body.split('"').nth(1).unwrap();
            let guarded = body.contains("guard::") || FOR_EVERYBODY.contains(&name);
            assert!(guarded, "{}: {name} does not open with its guard", path.display());
            count += 1;
        }
    }
    assert!(count > 10, "only {count} server functions were found");
}
