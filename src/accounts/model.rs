//! People, the businesses they belong to, and what they may do there.

use serde::{Deserialize, Serialize};

use crate::error::AppError;

/// What a member may do in a tenant; each role may do all that the ones below it may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    Member,
    Admin,
    Owner,
}

impl Role {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Member => "member",
            Self::Admin => "admin",
            Self::Owner => "owner",
        }
    }

    /// The role as people read it.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Member => "Member",
            Self::Admin => "Admin",
            Self::Owner => "Owner",
        }
    }

    /// The role of that name as it is stored.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Member, Self::Admin, Self::Owner].into_iter().find(|role| role.as_str() == text)
    }
}

/// Somebody signed in, in the tenant they work in. Every query takes its tenant from here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    pub account_id: String,
    pub tenant_id: String,
    pub role: Role,
    pub name: String,
    pub email: String,
    pub tenant_name: String,
    /// Runs this installation: sees what the model provider says, in whichever business.
    pub operator: bool,
}

/// Whoever asked for the page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Visitor {
    /// None: not signed in.
    pub member: Option<Member>,
    /// Whether the advisers' answers come from the built-in emulator.
    pub simulated: bool,
    /// Says that somebody tried many wrong passwords for the member's account.
    pub failed_sign_ins: Option<String>,
}

/// What was typed into the sign-up form. Passwords are never kept.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignUpTyped {
    pub name: String,
    pub email: String,
    pub business_name: String,
}

/// What was typed into the sign-in form.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignInTyped {
    pub email: String,
}

/// Who may come in by the sign-up page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum SignUpGate {
    Open,
    /// Somebody with the link of an invitation to this address.
    Invited {
        email: String,
        token: String,
    },
    /// Only with an invitation, and none came along.
    InvitationNeeded,
    /// The invitation does not work (any more).
    DeadInvitation,
    Closed,
}

/// What the sign-up or sign-in page begins with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EntryPage<T> {
    /// Somebody is signed in already and has no business here.
    pub signed_in: bool,
    /// What was typed into a form that was refused, for a browser without JavaScript.
    pub typed: T,
    /// Why it was refused.
    pub error: Option<AppError>,
}

/// What a token may do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Scope {
    /// All that its member may.
    #[default]
    Full,
    /// `GET` alone.
    Read,
}

impl Scope {
    pub const ALL: [Self; 2] = [Self::Full, Self::Read];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Read => "read",
        }
    }

    /// The scope as people read it.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Full => "Read and write",
            Self::Read => "Read only",
        }
    }

    /// The scope of that name as it is stored.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scope| scope.as_str() == text)
    }
}

/// How long a token lasts, as it can be chosen: its name for people, and days.
pub const TOKEN_LIFETIMES: [(&str, Option<u64>); 4] =
    [("30 days", Some(30)), ("90 days", Some(90)), ("1 year", Some(365)), ("Until revoked", None)];

/// The one that is chosen where nobody chose.
pub const DEFAULT_TOKEN_LIFETIME: &str = "90 days";

/// What was typed into the form of a new token.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TypedToken {
    pub name: String,
    /// A [`Scope::label`].
    pub scope: String,
    /// One of [`TOKEN_LIFETIMES`].
    pub lifetime: String,
}

/// A token for programs, as its member sees it: the token itself is never seen again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiToken {
    pub id: String,
    pub name: String,
    /// When it was made: for people, and for machines (RFC 3339).
    pub created: String,
    pub created_at: String,
    pub scope: Scope,
    /// When it ends by itself, for people; none where it doesn't.
    pub expires: Option<String>,
    /// It has ended already.
    pub expired: bool,
}

/// The account page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountView {
    pub member: Member,
    /// Newest first.
    pub tokens: Vec<ApiToken>,
    /// A token made a moment ago by a browser without JavaScript; shown this once.
    pub new_token: Option<String>,
    /// What was typed for a token that was refused, and why.
    pub typed: TypedToken,
    pub error: Option<AppError>,
    /// Why a new password was refused.
    pub password_error: Option<AppError>,
    /// Says that somebody tried many wrong passwords for the account.
    pub failed_sign_ins: Option<String>,
}

/// The page of a link that sets a new password.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResetView {
    /// The account's address; none where the link does not work (any more).
    pub email: Option<String>,
    /// Why a new password was refused.
    pub error: Option<AppError>,
}

pub const SHORTEST_PASSWORD_CHARS: usize = 12;
pub const MOST_PASSWORD_CHARS: usize = 128;
pub const MOST_NAME_CHARS: usize = 100;
pub const MOST_BUSINESS_NAME_CHARS: usize = 120;
pub const MOST_EMAIL_CHARS: usize = 254;
pub const MOST_TOKEN_NAME_CHARS: usize = 100;
/// The most tokens of a member that are not revoked.
pub const MOST_TOKENS: i64 = 50;

/// Where a member goes who was not on the way anywhere.
pub const HOME: &str = "/chat";

/// Where to go after sign-in: `next` where it is a path of this site, else [`HOME`].
///
/// Somebody else may have written the link with `next` in it: nothing that a browser could read as
/// another site passes, nor anything that may not stand in a header.
pub fn landing(next: Option<&str>) -> &str {
    next.filter(|path| is_local_path(path)).unwrap_or(HOME)
}

/// The sign-in page that leads to `next` afterwards.
pub fn sign_in_path(next: Option<&str>) -> String {
    match landing(next) {
        HOME => "/signin".to_owned(),
        path => format!("/signin?next={}", escape_query(path)),
    }
}

/// `path`, which is ASCII, as the value of a query parameter.
fn escape_query(path: &str) -> String {
    path.bytes().fold(String::with_capacity(path.len() + 16), |mut escaped, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            escaped.push(char::from(byte));
        } else {
            escaped.push_str(&format!("%{byte:02X}"));
        }
        escaped
    })
}

fn is_local_path(path: &str) -> bool {
    path.starts_with('/')
        && path.len() <= 2_000
        && !path.contains("//")
        && path.bytes().all(|b| b.is_ascii_graphic() && b != b'\\')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn after_sign_in_one_comes_back_to_the_page_one_wanted() {
        assert_eq!(landing(Some("/profile?welcome=1#goals")), "/profile?welcome=1#goals");
        assert_eq!(landing(Some("/")), "/");
        assert_eq!(landing(None), "/chat");
    }

    #[test]
    fn no_link_leads_through_sign_in_to_another_site() {
        for next in [
            "",
            "chat",
            "//evil.example",
            "/\\evil.example",
            "\\\\evil.example",
            "/.//evil.example",
            "https://evil.example/",
            "javascript:alert(1)",
            "/\tevil",
            "/chat\r\nSet-Cookie: a=b",
            " /chat",
            "/größe",
        ] {
            assert_eq!(landing(Some(next)), HOME, "{next:?}");
        }
        assert_eq!(landing(Some(&format!("/{}", "a".repeat(2_000)))), HOME);
    }

    #[test]
    fn the_way_back_survives_the_sign_in_page() {
        assert_eq!(sign_in_path(None), "/signin");
        assert_eq!(sign_in_path(Some("//evil.example")), "/signin");
        assert_eq!(
            sign_in_path(Some("/chat?persona=cfo&new=1")),
            "/signin?next=/chat%3Fpersona%3Dcfo%26new%3D1"
        );
    }

    #[test]
    fn each_role_may_do_what_the_ones_below_it_may() {
        assert!(Role::Owner > Role::Admin && Role::Admin > Role::Member);
        assert_eq!(Role::parse("admin"), Some(Role::Admin));
        assert_eq!(Role::parse("root"), None);
    }
}
