//! Loads the adviser pages, and the server functions behind their forms. All but the list require an owner
//! or admin.

use leptos::prelude::*;

use super::Personas;
use super::form::{Draft, FORM, Typed};
use super::model::Persona;
use super::priorities::{split, topics};
use super::service::Adviser;
use super::view::{Board, Editor, Listed, Saved, Version};
use crate::accounts::guard;
use crate::accounts::model::{Member, Role};
use crate::analytics::Analytics;
use crate::error::{AppError, Code};
use crate::format::zone::Zone;
use crate::platform::forms::{self, Kept};

pub async fn load_board() -> Result<Board, AppError> {
    let member = guard::member().await?;
    let zone = analytics()?.zone(&member.tenant_id).await?;
    let advisers = personas()?.list(&member.tenant_id).await?.into_iter();
    let advisers = advisers.map(|adviser| Listed::new(adviser, &zone));
    let (archived, advisers) = advisers.partition(|listed| listed.card.archived);
    Ok(Board { advisers, archived, may_edit: member.role >= Role::Admin })
}

/// Loads the editor for the adviser with this slug, or for a new one. `version` fills the form from an
/// earlier version.
pub async fn load_editor(
    slug: Option<String>,
    version: Option<String>,
) -> Result<Editor, AppError> {
    let member = guard::member().await?;
    let editor = async {
        guard::require(&member, Role::Admin)?;
        let personas = personas()?;
        match slug {
            Some(slug) => editor_of(&personas, &member, &slug, version).await,
            None => Ok(Editor {
                listed: None,
                draft: Draft { typed: Typed::blank(), ..Draft::default() },
                error: None,
                theirs: None,
                shows: None,
                history: Vec::new(),
                topics: Vec::new(),
            }),
        }
    };
    let editor = match editor.await {
        Ok(editor) => with_topics(with_what_was_typed(editor).await, &member).await,
        refused => refused,
    };
    editor.inspect_err(AppError::set_status)
}

async fn editor_of(
    personas: &Personas,
    member: &Member,
    slug: &str,
    version: Option<String>,
) -> Result<Editor, AppError> {
    let tenant = &member.tenant_id;
    let adviser = personas.find(tenant, slug).await?;
    let shows = version.and_then(|version| version.parse().ok());
    let shows = shows.filter(|version| *version != adviser.persona.version);
    let typed = match shows {
        Some(version) => Typed::from(&personas.version(tenant, slug, version).await?),
        None => Typed::from(&adviser.persona),
    };
    let zone = analytics()?.zone(tenant).await?;
    let history = history(personas, tenant, &adviser, &zone).await?;
    let draft = Draft {
        slug: adviser.persona.slug.clone(),
        version: adviser.persona.version,
        typed,
        ..Draft::default()
    };
    let listed = Some(Listed::new(adviser, &zone));
    Ok(Editor { listed, draft, error: None, theirs: None, shows, history, topics: Vec::new() })
}

/// Adds the facts that the form offers.
async fn with_topics(mut editor: Editor, member: &Member) -> Result<Editor, AppError> {
    let metrics = analytics()?.metrics(&member.tenant_id).await?;
    let chosen: Vec<&str> = split(&editor.draft.typed.facts_first).collect();
    editor.topics = topics(&metrics, &chosen);
    Ok(editor)
}

async fn history(
    personas: &Personas,
    tenant: &str,
    adviser: &Adviser,
    zone: &Zone,
) -> Result<Vec<Version>, AppError> {
    let rows = personas.versions(tenant, &adviser.persona.slug).await?;
    let stored = rows.into_iter().map(|row| Version {
        version: row.version,
        saved: Some(Saved::new(row.saved_by, row.saved_at, zone)),
        restored_from: row.restored_from,
    });
    let as_it_came = Version { version: 0, saved: None, restored_from: None };
    Ok(stored.chain(adviser.is_built_in().then_some(as_it_came)).collect())
}

/// Restores a refused or previewed form from the session.
async fn with_what_was_typed(mut editor: Editor) -> Editor {
    let refused: Option<Kept<Draft>> = forms::take(FORM).await;
    let previewed: Option<Draft> = forms::take_shown(FORM).await;
    let (draft, error) = match (refused, previewed) {
        (Some(refused), _) => (refused.typed, Some(refused.error)),
        (None, Some(previewed)) => (previewed, None),
        (None, None) => return editor,
    };
    if draft.slug != editor.draft.slug {
        return editor;
    }
    let stored = std::mem::replace(&mut editor.draft, draft);
    if error.as_ref().is_some_and(|error| error.code == Code::EditConflict) {
        // The next save overwrites the version shown beside the form, by the member's choice.
        editor.draft.version = stored.version;
        editor.theirs = Some(stored.typed);
    }
    editor.error = error;
    editor.shows = None;
    editor
}

/// Saves an adviser over `version`, or adds one if `slug` is empty, and redirects to its page.
#[server(endpoint = "save_adviser")]
pub async fn save_adviser(
    #[server(default)] slug: String,
    /// The version the form was filled from.
    #[server(default)]
    version: i64,
    #[server(default)] question: String,
    #[server(flatten)] typed: Typed,
) -> Result<(), AppError> {
    let draft = Draft { slug, version, typed: typed.in_stored_order(), question, preview: None };
    let result = async {
        let member = guard::member().await?;
        let personas = personas()?;
        match draft.slug.as_str() {
            "" => personas.add(&member, &draft.typed).await,
            slug => personas.save(&member, slug, draft.version, &draft.typed).await,
        }
    };
    let result = result.await;
    go_to(saved_page(&result, "saved").unwrap_or_else(|| draft.page()));
    forms::answer(FORM, draft, result.map(|_| ())).await
}

/// Restores version `from` as a new version.
#[server(endpoint = "restore_adviser")]
pub async fn restore_adviser(slug: String, from: i64, version: i64) -> Result<(), AppError> {
    let result = async {
        let member = guard::member().await?;
        personas()?.restore(&member, &slug, from, version).await
    };
    let result = result.await;
    let page = Draft { slug: slug.clone(), ..Draft::default() }.page();
    go_to(saved_page(&result, "restored").unwrap_or(page));
    forms::answer(NOTICE, slug, result.map(|_| ())).await
}

/// Archives a custom adviser, or restores it if `archived` is 0.
#[server(endpoint = "archive_adviser")]
pub async fn archive_adviser(slug: String, archived: u8) -> Result<(), AppError> {
    let result = async {
        let member = guard::member().await?;
        personas()?.set_archived(&member, &slug, archived != 0).await
    };
    let result = result.await;
    go_to("/advisers".to_owned());
    forms::answer(NOTICE, slug, result).await
}

/// Session key of errors from the buttons outside the form.
const NOTICE: &str = "adviser-notice";

/// Returns the error of the last restore or archive action, once.
pub async fn take_notice() -> Option<AppError> {
    forms::take::<String>(NOTICE).await.map(|kept| kept.error)
}

fn saved_page(result: &Result<Persona, AppError>, how: &str) -> Option<String> {
    let persona = result.as_ref().ok()?;
    let page = Draft { slug: persona.slug.clone(), ..Draft::default() }.page();
    Some(format!("{page}?{how}=1"))
}

fn go_to(page: String) {
    if forms::wants_html() {
        leptos_axum::redirect(&page);
    }
}

fn personas() -> Result<Personas, AppError> {
    use_context::<Personas>().ok_or_else(|| AppError::abandoned("personas"))
}

fn analytics() -> Result<Analytics, AppError> {
    use_context().ok_or_else(|| AppError::abandoned("analytics"))
}
