//! The rules of accounts.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use rand::TryRngCore;
use rand::rngs::OsRng;
use sha2::{Digest, Sha256};
use tower_sessions::SessionStore;

use super::device::Origin;
use super::hashing::Passwords;
use super::invitations::EntryRules;
use super::model::{
    ApiToken, MOST_BUSINESS_NAME_CHARS, MOST_NAME_CHARS, MOST_TOKEN_NAME_CHARS, MOST_TOKENS,
    Member, Role, Scope, SignUpTyped,
};
use super::store::tokens::NewToken;
use super::store::{self, AccountRow};
use super::throttle::Throttle;
use super::{address, fields};
use crate::error::{AppError, Code};
use crate::platform::clock::{self, Micros};
use crate::platform::db::Db;
use crate::platform::disk::Disk;
use crate::platform::ids;
use crate::platform::limits::Rate;
use crate::platform::session_store::DbSessionStore;

/// What a new token may do, and for how long; the default is everything, for ever.
#[derive(Clone, Copy, Debug, Default)]
pub struct TokenTerms {
    pub scope: Scope,
    /// None: until it is revoked.
    pub lifetime: Option<Duration>,
}

/// How a caller proved who they are; kept to look it up again while a stream runs.
#[derive(Clone, Debug)]
pub enum Credential {
    Session(tower_sessions::session::Id),
    /// The SHA-256 of a bearer token, hexadecimal.
    Token {
        hash: String,
    },
}

/// People, tenants, sessions and tokens; clones share the database and the sign-in budgets.
#[derive(Clone)]
pub struct Accounts {
    pub(super) db: Db,
    sessions: DbSessionStore,
    pub(super) passwords: Passwords,
    pub(super) throttle: Throttle,
    /// Addresses of operators beside the first account.
    operators: Arc<[String]>,
    pub(super) entry: EntryRules,
    disk: Disk,
}

impl Accounts {
    /// `sign_in_rate`: wrong passwords for one account; see [`Throttle`](super::throttle::Throttle).
    pub fn new(db: Db, sign_in_rate: Rate) -> Self {
        Self {
            sessions: DbSessionStore::new(db.clone()),
            db,
            passwords: Passwords::new(),
            throttle: Throttle::new(sign_in_rate),
            operators: Arc::new([]),
            entry: EntryRules::default(),
            disk: Disk::default(),
        }
    }

    /// Makes the accounts with these addresses operators of the installation, beside the first account.
    pub fn with_operators(self, addresses: &[String]) -> Self {
        // An address that no account can have names nobody.
        let operators = addresses.iter().filter_map(|typed| address::normalise(typed).ok());
        Self { operators: operators.collect(), ..self }
    }

    /// The addresses named as operators that have no account. Whoever signs up with one becomes an operator.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn operators_without_account(&self) -> Result<Vec<String>, AppError> {
        let mut missing = Vec::new();
        for address in self.operators.iter() {
            if self.find_by_address(address).await?.1.is_none() {
                missing.push(address.clone());
            }
        }
        Ok(missing)
    }

    /// Adds what the configuration says about a member to what the database says.
    fn configured(&self, member: Member) -> Member {
        // An earlier version may have stored the address in another form.
        let named =
            |email: &str| address::normalise(email).is_ok_and(|it| self.operators.contains(&it));
        let operator = member.operator || (!self.operators.is_empty() && named(&member.email));
        Member { operator, ..member }
    }

    /// Who may sign up, and how often. Without it, everybody as often as they like.
    pub fn with_entry(self, entry: EntryRules) -> Self {
        Self { entry, ..self }
    }

    /// Refuses sign-ups while this disk is short of space.
    pub fn with_disk(self, disk: Disk) -> Self {
        Self { disk, ..self }
    }

    /// Makes an account with a business of its own, in which it is the owner. `invitation` is the secret
    /// of an invitation's link: the account gets the invited address.
    ///
    /// Errors: each bad field by its name, also an address that has an account; nobody, or nobody without
    /// an invitation, may sign up; too many sign-ups.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn sign_up(
        &self,
        typed: &SignUpTyped,
        password: String,
        from: IpAddr,
        invitation: Option<&str>,
    ) -> Result<Member, AppError> {
        // First: a stranger learns of no address whether it has an account.
        let invited = self.check_may_sign_up(invitation).await?;
        self.disk.check("new accounts")?;
        let email = invited.as_deref().unwrap_or(&typed.email);
        self.throttle.take_address(from)?;
        let Checked { name, email, business_name } =
            self.check_sign_up(typed, email, &password).await?;
        self.entry.take(from)?;
        let password_hash = self.passwords.hash(password).await?;
        let member = Member {
            account_id: ids::new_id(),
            tenant_id: ids::new_id(),
            role: Role::Owner,
            name,
            email,
            tenant_name: business_name,
            operator: false,
        };
        let invitation = invitation.map(secret_hash);
        let stored = store::insert_account(&self.db, &member, password_hash, invitation).await;
        let operator = stored.map_err(|error| {
            if error.is_unique_violation() {
                return AppError::invalid_field(
                    "email",
                    "There is already an account with this address. Sign in instead.",
                );
            }
            error.into()
        })?;
        tracing::info!(account.id = %member.account_id, tenant.id = %member.tenant_id, client = %from, "signed up");
        Ok(self.configured(Member { operator, ..member }))
    }

    /// The member with that address and password, in the business they joined first.
    ///
    /// An unknown address answers the same as a wrong password, after the same time.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn sign_in(
        &self,
        email: &str,
        password: String,
        from: impl Into<Origin>,
    ) -> Result<Member, AppError> {
        check_sign_in(email, &password)?;
        let from = from.into();
        let (email, account) = self.find_by_address(email).await?;
        let (account_id, hash) = account.map(|it| (it.id, it.password_hash)).unzip();
        let device = from.known_device(account_id.as_deref().unwrap_or_default());
        let counted = self.throttle.take(&email, from.address, device)?;
        let (known, client) = (account_id.as_deref(), from.address);
        if !self.passwords.verify(password, hash).await? {
            tracing::warn!(account.id = known, %client, "sign-in failed: wrong password or address");
            if let (Some(account_id), None) = (account_id, device) {
                self.note_failed_sign_in(account_id);
            }
            return Err(wrong_credentials());
        }
        self.throttle.give_back(counted);
        tracing::info!(account.id = known, %client, "signed in");
        // Only a stored hash can have been answered to.
        let account_id = account_id.ok_or_else(wrong_credentials)?;
        let member = store::find_first_member(&self.db, &account_id).await?;
        member.map(|member| self.configured(member)).ok_or_else(|| {
            AppError::forbidden("Your account belongs to no business any more. Ask its owner.")
        })
    }

    /// The account with that address, and the address as it is compared.
    ///
    /// An address as an earlier version stored it comes first: such an account may not have got the
    /// normal form (see [`adopt_addresses`](Self::adopt_addresses)).
    ///
    /// Errors: the reason why it is no address.
    #[tracing::instrument(level = "debug", skip_all)]
    pub(super) async fn find_by_address(
        &self,
        typed: &str,
    ) -> Result<(String, Option<AccountRow>), AppError> {
        let exact = address::as_once_stored(typed);
        let normal = address::normalise(typed);
        let found = store::find_account(&self.db, &exact).await?;
        if found.is_some() {
            return Ok((exact, found));
        }
        let normal = normal.map_err(|reason| AppError::invalid_field("email", reason))?;
        let found = match normal == exact {
            true => None,
            false => store::find_account(&self.db, &normal).await?,
        };
        Ok((normal, found))
    }

    /// The member that an account is in a tenant now, with the role it has now.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn member(
        &self,
        tenant_id: &str,
        account_id: &str,
    ) -> Result<Option<Member>, AppError> {
        let member = store::find_member(&self.db, tenant_id, account_id).await?;
        Ok(member.map(|member| self.configured(member)))
    }

    /// A tenant's members, the first to join first.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn members(&self, tenant_id: &str) -> Result<Vec<Member>, AppError> {
        Ok(store::list_members(&self.db, tenant_id).await?)
    }

    /// The member a bearer token speaks for.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn member_by_token(&self, hash: &str) -> Result<Option<Member>, AppError> {
        Ok(self.token_holder(hash).await?.map(|(member, _)| member))
    }

    /// The member a bearer token speaks for, and what it may do; none where it is unknown, was revoked
    /// or has expired.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn token_holder(&self, hash: &str) -> Result<Option<(Member, Scope)>, AppError> {
        let found = store::tokens::find_holder(&self.db, hash).await?;
        Ok(found.map(|(member, scope)| (self.configured(member), scope)))
    }

    /// Makes a token for programs that speaks for `member`, and returns it: nobody sees it again.
    /// Without a name it is called "API token".
    ///
    /// Errors: a bad name; the member has as many tokens as there may be.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn create_token(
        &self,
        member: &Member,
        name: &str,
        terms: TokenTerms,
    ) -> Result<String, AppError> {
        let name = if name.trim().is_empty() { "API token" } else { name };
        let name = fields::line(name, MOST_TOKEN_NAME_CHARS, "a name")
            .map_err(|reason| AppError::invalid_field("name", reason))?;
        let token = new_token()?;
        let now = clock::now();
        let new = NewToken {
            name,
            hash: token_hash(&token),
            scope: terms.scope,
            created_at: now,
            expires_at: terms.lifetime.map(|it| now.saturating_add(it.as_micros() as Micros)),
        };
        if !store::tokens::insert(&self.db, member, new, MOST_TOKENS).await? {
            let reason =
                format!("You have {MOST_TOKENS} tokens, which is the most. Revoke one first.");
            return Err(AppError::invalid_field("name", reason));
        }
        tracing::info!(account.id = %member.account_id, scope = ?terms.scope, "token created");
        Ok(token)
    }

    /// As [`create_token`](Self::create_token), for the account with that address, in the business it
    /// joined first: the command line's `token create`.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn create_token_for_email(
        &self,
        email: &str,
        name: Option<&str>,
        terms: TokenTerms,
    ) -> Result<String, AppError> {
        let (email, account) = self.find_by_address(email).await?;
        let nobody = || {
            AppError::invalid_field(
                "email",
                format!("There is no member with the address {email}. Sign up first."),
            )
        };
        let account = account.ok_or_else(nobody)?;
        let member = store::find_first_member(&self.db, &account.id).await?.ok_or_else(nobody)?;
        self.create_token(&member, name.unwrap_or_default(), terms).await
    }

    /// The member's own tokens, newest first, without the revoked ones.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn tokens(&self, member: &Member) -> Result<Vec<ApiToken>, AppError> {
        Ok(store::tokens::list(&self.db, member).await?)
    }

    /// Revokes one of the member's own tokens, from the next request on.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn revoke_token(&self, member: &Member, token_id: &str) -> Result<(), AppError> {
        if store::tokens::revoke(&self.db, member, token_id).await? {
            tracing::info!(account.id = %member.account_id, token.id = token_id, "token revoked");
            return Ok(());
        }
        Err(AppError::not_found("token"))
    }

    /// Whether the credential still speaks for this member: a live stream asks each second.
    pub async fn still_valid(
        &self,
        credential: &Credential,
        member: &Member,
    ) -> Result<bool, AppError> {
        match credential {
            Credential::Token { hash } => Ok(self
                .member_by_token(hash)
                .await?
                .is_some_and(|now| now.account_id == member.account_id)),
            Credential::Session(id) => {
                let session = self.sessions.load(id).await.map_err(AppError::internal)?;
                let signed_in = session.is_some_and(|record| {
                    record.data.get(super::guard::ACCOUNT).and_then(|v| v.as_str())
                        == Some(&member.account_id)
                });
                Ok(signed_in && self.member(&member.tenant_id, &member.account_id).await?.is_some())
            }
        }
    }

    /// Checks every field, so that all errors are reported at once.
    async fn check_sign_up(
        &self,
        typed: &SignUpTyped,
        email: &str,
        password: &str,
    ) -> Result<Checked, AppError> {
        let mut details = BTreeMap::new();
        let mut field = |name: &str, result: Result<String, String>| {
            result.unwrap_or_else(|reason| {
                details.insert(name.to_owned(), reason);
                String::new()
            })
        };
        let checked = Checked {
            name: field("name", fields::line(&typed.name, MOST_NAME_CHARS, "your name")),
            email: field("email", address::normalise(email)),
            business_name: field(
                "business_name",
                fields::line(
                    &typed.business_name,
                    MOST_BUSINESS_NAME_CHARS,
                    "your business's name",
                ),
            ),
        };
        let names = vec![checked.name.clone(), checked.business_name.clone()];
        let refusal =
            self.passwords.refusal(password.to_owned(), checked.email.clone(), names).await?;
        if let Some(reason) = refusal {
            details.insert("password".to_owned(), reason);
        }
        if details.is_empty() { Ok(checked) } else { Err(AppError::invalid(details)) }
    }

    /// Forgets the sign-in and sign-up budgets that are whole again; to be called now and then.
    pub fn shrink_limits(&self) {
        self.throttle.shrink();
        self.entry.shrink();
    }
}

/// A sign-up form whose fields are fit to be stored.
struct Checked {
    name: String,
    email: String,
    business_name: String,
}

fn check_sign_in(email: &str, password: &str) -> Result<(), AppError> {
    if !password.is_empty() {
        // What is wrong with the address is found when it is looked up.
        return Ok(());
    }
    let mut details = BTreeMap::from([("password".to_owned(), "Enter your password.".to_owned())]);
    if let Err(reason) = address::normalise(email) {
        details.insert("email".to_owned(), reason);
    }
    Err(AppError::invalid(details))
}

/// One answer for an unknown address and for a wrong password: which it was is nobody's business.
fn wrong_credentials() -> AppError {
    AppError::new(Code::Unauthenticated, "E-mail or password is not right.")
}

impl Member {
    /// Names the member in a browser's own storage and to the page's feed, without naming an id.
    pub fn browser_key(&self) -> String {
        let digest = Sha256::digest(format!("browser {} {}", self.tenant_id, self.account_id));
        hex::encode(&digest[..8])
    }
}

/// `cs_` and 32 random bytes, hexadecimal. The prefix lets secret scanners know what they found.
fn new_token() -> Result<String, AppError> {
    Ok(format!("cs_{}", random_secret()?))
}

/// 32 random bytes, hexadecimal.
pub(super) fn random_secret() -> Result<String, AppError> {
    let mut bytes = [0; 32];
    OsRng.try_fill_bytes(&mut bytes).map_err(AppError::internal)?;
    Ok(hex::encode(bytes))
}

/// What is stored of a random secret: it can't be guessed, so one round of SHA-256 is enough.
pub(super) fn secret_hash(secret: &str) -> String {
    hex::encode(Sha256::digest(secret.as_bytes()))
}

/// Whether `text` has the form of a token.
pub(super) fn is_token(text: &str) -> bool {
    text.strip_prefix("cs_").is_some_and(is_secret)
}

/// Whether `text` has the form of a [`random_secret`].
pub(super) fn is_secret(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

/// What is stored of a bearer token.
pub fn token_hash(token: &str) -> String {
    secret_hash(token)
}

#[cfg(test)]
#[path = "service_tests.rs"]
mod tests;
