//! Types of accounts, members, roles and tokens that the server and the pages share, and the limits of their fields.

use serde::{Deserialize, Serialize};

use crate::error::AppError;

/// The role of a member in a tenant. Each role includes the permissions of the lower ones.
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

    /// Returns the role for display.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Member => "Member",
            Self::Admin => "Admin",
            Self::Owner => "Owner",
        }
    }

    /// Parses the stored name of a role.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Member, Self::Admin, Self::Owner].into_iter().find(|role| role.as_str() == text)
    }
}

/// An account in a tenant. Every query takes its tenant from here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    pub account_id: String,
    pub tenant_id: String,
    pub role: Role,
    pub name: String,
    pub email: String,
    pub tenant_name: String,
    /// Whether the account is an operator of the installation.
    pub operator: bool,
    /// When the business is deleted, in microseconds since 1970, if it is a trial.
    pub trial_ends_at: Option<i64>,
}

impl Member {
    pub const fn is_trial(&self) -> bool {
        self.trial_ends_at.is_some()
    }
}

/// The visitor of a page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Visitor {
    /// `None`: not signed in.
    pub member: Option<Member>,
    /// Whether replies come from the built-in emulator.
    pub simulated: bool,
    /// The notice of failed sign-ins to the member's account, `None` if there are only a few.
    pub failed_sign_ins: Option<String>,
    pub trial: Option<TrialNotice>,
}

/// What every page says of a trial.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrialNotice {
    /// When it ends, for display.
    pub ends: String,
    /// Whether the visitor may create an account.
    pub may_sign_up: bool,
}

/// The input of the sign-up form, without the password.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignUpTyped {
    pub name: String,
    pub email: String,
    pub business_name: String,
}

/// The input of the sign-in form, without the password.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignInTyped {
    pub email: String,
}

/// Whether the visitor may sign up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum SignUpGate {
    Open,
    /// The visitor's browser must do some work; see [`work`](super::work).
    Work {
        challenge: String,
        /// How many zero bits the hash of its result begins with.
        bits: u32,
    },
    /// The visitor has an invitation for this address.
    Invited {
        email: String,
        token: String,
    },
    /// An invitation is required and was not given.
    InvitationNeeded,
    /// The invitation is unknown, used, replaced or expired.
    DeadInvitation,
    Closed,
}

/// The data of the sign-up or sign-in page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EntryPage<T> {
    /// The visitor is signed in already.
    pub signed_in: bool,
    /// The input of a refused form, for browsers without JavaScript.
    pub typed: T,
    /// Why the form was refused.
    pub error: Option<AppError>,
    /// A trial of this browser has ended.
    pub trial_ended: bool,
}

/// What a token may do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Scope {
    /// Everything that its member may do.
    #[default]
    Full,
    /// Only safe HTTP methods, such as `GET`.
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

    /// Returns the scope for display.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Full => "Read and write",
            Self::Read => "Read only",
        }
    }

    /// Parses the stored name of a scope.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scope| scope.as_str() == text)
    }
}

/// The lifetimes that a member can choose for a token: label and days.
pub const TOKEN_LIFETIMES: [(&str, Option<u64>); 4] =
    [("30 days", Some(30)), ("90 days", Some(90)), ("1 year", Some(365)), ("Until revoked", None)];

/// The label of the lifetime that a token gets if none is chosen.
pub const DEFAULT_TOKEN_LIFETIME: &str = "90 days";

/// The input of the form for a new token.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TypedToken {
    pub name: String,
    /// A [`Scope::label`].
    pub scope: String,
    /// One of [`TOKEN_LIFETIMES`].
    pub lifetime: String,
}

/// An API token in the list of its member, without the secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiToken {
    pub id: String,
    pub name: String,
    /// Time of creation, for display and in RFC 3339.
    pub created: String,
    pub created_at: String,
    pub scope: Scope,
    /// Time of expiry for display, `None` if it does not expire.
    pub expires: Option<String>,
    /// Whether it has expired.
    pub expired: bool,
}

/// The data of the account page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountView {
    pub member: Member,
    /// Newest first.
    pub tokens: Vec<ApiToken>,
    /// A token just created without JavaScript. Shown once.
    pub new_token: Option<String>,
    /// The input of a refused token form, and why it was refused.
    pub typed: TypedToken,
    pub error: Option<AppError>,
    /// Why a new password was refused.
    pub password_error: Option<AppError>,
    /// The notice of failed sign-ins to the account, `None` if there are only a few.
    pub failed_sign_ins: Option<String>,
    pub trial: Option<TrialNotice>,
}

/// The data of the page of a reset link.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResetView {
    /// The account's address, `None` if the link is invalid.
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
/// Maximum number of a member's tokens that are not revoked. Expired ones count.
pub const MOST_TOKENS: i64 = 50;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_role_includes_the_rights_below_it() {
        assert!(Role::Owner > Role::Admin && Role::Admin > Role::Member);
        assert_eq!(Role::parse("admin"), Some(Role::Admin));
        assert_eq!(Role::parse("root"), None);
    }
}
