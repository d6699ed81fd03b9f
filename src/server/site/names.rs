//! The names of the script, the module and the style sheet.

use std::sync::Arc;

use super::PACKAGE;
use crate::platform::BrowserFiles;

/// The stem of all three names. Must match `output-name` in `Cargo.toml`.
pub const NAME: &str = "csuite";

/// Finds the three files among `found`, the names in the package folder.
///
/// `hashes` are the contents of hash files, in order of preference. The first one whose three files exist is used.
/// Otherwise files without a hash are used, and then the only file of each kind.
///
/// # Errors
/// A kind is missing or ambiguous.
pub fn find(
    found: &[String],
    hashes: impl IntoIterator<Item = String>,
) -> Result<BrowserFiles, String> {
    let existing = |name: String| found.contains(&name).then_some(name);
    let told = |text: &str| all(|kind| existing(named(kind, Some(&hash(text, kind)?))));
    if let Some(files) = hashes.into_iter().find_map(|text| told(&text)) {
        return Ok(files);
    }
    if let Some(files) = all(|kind| existing(named(kind, None))) {
        return Ok(files);
    }
    let only = |extension: &str| {
        let mut of_kind = found.iter().filter(|name| is_of_kind(name, extension));
        match (of_kind.next(), of_kind.next()) {
            (Some(name), None) => Ok(name.clone()),
            (None, _) => Err(format!(
                "it has no {PACKAGE}/{NAME}.{extension}, with or without a hash in the name"
            )),
            (Some(_), Some(_)) => Err(format!(
                "it has more than one {PACKAGE}/{NAME}.*.{extension} and no hash.txt that says which one counts"
            )),
        }
    };
    Ok(BrowserFiles {
        css: address(&only("css")?),
        js: address(&only("js")?),
        wasm: address(&only("wasm")?),
    })
}

/// Returns the names under `cargo leptos watch`, where the files may be built after the server has started.
pub fn without_hashes() -> BrowserFiles {
    let of = |extension| address(&named(extension, None));
    BrowserFiles { css: of("css"), js: of("js"), wasm: of("wasm") }
}

/// Inserts a hash: `/pkg/csuite.css` becomes `/pkg/csuite.vS0b1….css`.
pub fn hashed(path: &str, hashes: &str) -> Option<String> {
    let extension = path.strip_prefix("/pkg/csuite.")?;
    Some(address(&named(extension, Some(&hash(hashes, extension)?))).to_string())
}

/// Returns whether the name contains a content hash, so that browsers may cache the file forever.
pub fn has_hash(path: &str) -> bool {
    path.strip_prefix("/pkg/csuite.").is_some_and(|rest| {
        rest.split_once('.').is_some_and(|(_, extension)| !extension.contains('.'))
    })
}

fn all(name_of: impl Fn(&str) -> Option<String>) -> Option<BrowserFiles> {
    let of = |extension| name_of(extension).map(|name| address(&name));
    Some(BrowserFiles { css: of("css")?, js: of("js")?, wasm: of("wasm")? })
}

fn named(extension: &str, hash: Option<&str>) -> String {
    match hash {
        Some(hash) => format!("{NAME}.{hash}.{extension}"),
        None => format!("{NAME}.{extension}"),
    }
}

/// Parses the hash of one kind from lines such as `css: vS0b1…`.
fn hash(text: &str, extension: &str) -> Option<String> {
    let of_it =
        |line: &str| Some(line.strip_prefix(extension)?.strip_prefix(": ")?.trim().to_owned());
    text.lines().find_map(of_it).filter(|hash| !hash.is_empty())
}

fn is_of_kind(name: &str, extension: &str) -> bool {
    let middle = name.strip_prefix(NAME).and_then(|rest| rest.strip_suffix(extension));
    middle.is_some_and(|middle| {
        middle.starts_with('.') && middle.ends_with('.') && middle.matches('.').count() <= 2
    })
}

fn address(name: &str) -> Arc<str> {
    format!("/{PACKAGE}/{name}").into()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn js(found: &[&str], hashes: &[&str]) -> Result<String, String> {
        let found: Vec<String> = found.iter().map(ToString::to_string).collect();
        let hashes = hashes.iter().map(ToString::to_string);
        find(&found, hashes).map(|files| files.js.to_string())
    }

    const PLAIN: [&str; 3] = ["csuite.js", "csuite.css", "csuite.wasm"];
    const HASHED: [&str; 6] = [
        "csuite.J.js",
        "csuite.J.js.br",
        "csuite.C.css",
        "csuite.C.css.gz",
        "csuite.W.wasm",
        "csuite.W.wasm.br",
    ];

    #[test]
    fn the_first_hash_file_with_existing_files_is_used() {
        let (stale, fresh) = ("js: old\nwasm: old\ncss: old\n", "js: J\nwasm: W\ncss: C\n");
        assert_eq!(js(&HASHED, &[stale, fresh]).unwrap(), "/pkg/csuite.J.js");
        let half_stale = "js: J\nwasm: old\ncss: C\n";
        assert_eq!(
            js(&[HASHED.as_slice(), &PLAIN].concat(), &[half_stale]).unwrap(),
            "/pkg/csuite.js"
        );
    }

    #[test]
    fn without_a_hash_file_a_single_candidate_is_used() {
        assert_eq!(js(&PLAIN, &[]).unwrap(), "/pkg/csuite.js");
        assert_eq!(js(&HASHED, &[]).unwrap(), "/pkg/csuite.J.js");
        let two = [HASHED.as_slice(), &["csuite.K.js"]].concat();
        assert!(js(&two, &[]).unwrap_err().contains("more than one"));
    }

    #[test]
    fn a_missing_file_kind_is_named() {
        let refused = js(&["csuite.js", "csuite.css", "csuite.wasm.br"], &[]).unwrap_err();
        assert!(refused.contains("csuite.wasm"), "{refused}");
    }

    #[test]
    fn a_build_without_hashes_is_found() {
        let hashes = "js: 7K8c-R\nwasm: P_8fF\ncss: vS0b1\n";
        let named = |path| hashed(path, hashes);
        assert_eq!(named("/pkg/csuite.css").as_deref(), Some("/pkg/csuite.vS0b1.css"));
        assert_eq!(named("/pkg/csuite.js").as_deref(), Some("/pkg/csuite.7K8c-R.js"));
        assert_eq!(named("/pkg/csuite.map"), None);
        assert_eq!(named("/favicon.css"), None);
    }

    #[test]
    fn only_hashed_names_are_immutable() {
        assert!(has_hash("/pkg/csuite.vS0b1.css") && has_hash("/pkg/csuite.P_8fF.wasm"));
        assert!(
            !has_hash("/pkg/csuite.css") && !has_hash("/favicon.svg") && !has_hash("/pkg/x.y.js")
        );
    }
}
