//! Accounts: sign-up, sign-in and members.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;

use sha2::{Digest, Sha256};
use tower_sessions::SessionStore;

use super::address;
use super::device::Origin;
use super::hashing::Passwords;
use super::invitations::EntryRules;
use super::model::{MOST_BUSINESS_NAME_CHARS, MOST_NAME_CHARS, Member, Role, SignUpTyped};
use super::revocations::{Revocations, Validity};
use super::store::{self, AccountRow};
use super::strength;
use super::throttle::Throttle;
use super::tokens::secret_hash;
use crate::error::{AppError, Code};
use crate::platform::clock;
use crate::platform::db::Db;
use crate::platform::disk::Disk;
use crate::platform::fields;
use crate::platform::ids;
use crate::platform::limits::Rate;
use crate::platform::session_store::{self, DbSessionStore};

/// A caller's credential. Kept to verify it again while a stream runs.
#[derive(Clone, Debug)]
pub enum Credential {
    Session(tower_sessions::session::Id),
    /// The SHA-256 of a bearer token, hexadecimal.
    Token {
        hash: String,
    },
}

/// Accounts, tenants, sessions and tokens. Clones share the database and the sign-in limits.
#[derive(Clone)]
pub struct Accounts {
    pub(super) db: Db,
    sessions: DbSessionStore,
    pub(super) revocations: Revocations,
    pub(super) passwords: Passwords,
    pub(super) throttle: Throttle,
    /// Addresses of operators other than the first account.
    operators: Arc<[String]>,
    pub(super) entry: EntryRules,
    pub(super) disk: Disk,
    /// Maximum number of trials at a time; 0: none are allowed.
    pub(super) most_trials: i64,
}

impl Accounts {
    /// `sign_in_rate`: wrong passwords for one account from one network address; see
    /// [`Throttle`](super::throttle::Throttle).
    pub fn new(db: Db, sign_in_rate: Rate) -> Self {
        Self {
            sessions: DbSessionStore::new(db.clone()),
            revocations: Revocations::new(db.clone()),
            db,
            passwords: Passwords::new(),
            throttle: Throttle::new(sign_in_rate),
            operators: Arc::new([]),
            entry: EntryRules::default(),
            disk: Disk::default(),
            most_trials: 0,
        }
    }

    /// Makes the accounts with these addresses operators, in addition to the first account.
    pub fn with_operators(self, addresses: &[String]) -> Self {
        // An invalid address matches no account.
        let operators = addresses.iter().filter_map(|typed| address::normalise(typed).ok());
        Self { operators: operators.collect(), ..self }
    }

    /// Lists the operators' addresses without an account. The first person to sign up with one becomes an operator.
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

    /// Adds to a member from the database that the configuration makes it an operator. A trial's visitor never is one.
    pub(super) fn configured(&self, member: Member) -> Member {
        if member.is_trial() {
            return Member { operator: false, ..member };
        }
        // An earlier version may have stored the address in another form.
        let named =
            |email: &str| address::normalise(email).is_ok_and(|it| self.operators.contains(&it));
        let operator = member.operator || (!self.operators.is_empty() && named(&member.email));
        Member { operator, ..member }
    }

    /// Sets who may sign up and how often. The default has no limits.
    pub fn with_entry(self, entry: EntryRules) -> Self {
        Self { entry, ..self }
    }

    /// Refuses sign-ups while this disk is low on space.
    pub fn with_disk(self, disk: Disk) -> Self {
        Self { disk, ..self }
    }

    /// Allows this many trials at a time; 0: none.
    pub fn with_trials(self, most: u32) -> Self {
        Self { most_trials: i64::from(most), ..self }
    }

    /// Creates an account and a business that it owns. With the secret of an `invitation`, the account gets the invited
    /// address.
    ///
    /// Errors: each invalid field, also an address that has an account; sign-up is closed or needs an invitation; too
    /// many sign-ups; the disk is low on space.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn sign_up(
        &self,
        typed: &SignUpTyped,
        password: String,
        from: IpAddr,
        invitation: Option<&str>,
    ) -> Result<Member, AppError> {
        // First, so that strangers do not learn which addresses have accounts.
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
            trial_ends_at: None,
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

    /// Returns the member with this address and password, in the business that they joined first.
    ///
    /// An unknown address gives the same error as a wrong password, after the same time.
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
        // Without an account there is no hash, so verification has failed above.
        let account_id = account_id.ok_or_else(wrong_credentials)?;
        let member = store::find_first_member(&self.db, &account_id).await?;
        member.map(|member| self.configured(member)).ok_or_else(|| {
            AppError::forbidden("Your account no longer belongs to a business. Ask its owner.")
        })
    }

    /// Finds the account with this address. Also returns the address as it is compared.
    ///
    /// The form that earlier versions stored takes precedence: such an account may have kept it (see
    /// [`adopt_addresses`](Self::adopt_addresses)).
    ///
    /// Errors: an invalid address.
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

    /// Returns the current membership of an account in a tenant. `None` also if it is a trial that has ended.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn member(
        &self,
        tenant_id: &str,
        account_id: &str,
    ) -> Result<Option<Member>, AppError> {
        let member = store::find_member(&self.db, tenant_id, account_id).await?;
        let member = member.filter(|it| it.trial_ends_at.is_none_or(|end| end > clock::now()));
        Ok(member.map(|member| self.configured(member)))
    }

    /// Lists a tenant's members in the order in which they joined.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn members(&self, tenant_id: &str) -> Result<Vec<Member>, AppError> {
        Ok(store::list_members(&self.db, tenant_id).await?)
    }

    /// Looks up whether the credential is still valid for this member with this role. `None` if it is not.
    pub async fn validity(
        &self,
        credential: &Credential,
        member: &Member,
    ) -> Result<Option<Validity>, AppError> {
        match credential {
            Credential::Token { hash } => {
                let holder = store::tokens::find_holder(&self.db, hash).await?;
                let holder = holder.filter(|holder| is_same(member, &holder.member));
                Ok(holder.map(|holder| Validity { until: holder.expires_at }))
            }
            Credential::Session(id) => {
                let session = self.sessions.load(id).await.map_err(AppError::internal)?;
                let session = session.filter(|record| {
                    record.data.get(super::guard::ACCOUNT).and_then(|v| v.as_str())
                        == Some(&member.account_id)
                });
                let Some(session) = session else { return Ok(None) };
                let now = self.member(&member.tenant_id, &member.account_id).await?;
                let until = Some(session_store::micros(session.expiry_date));
                Ok(now.filter(|now| is_same(member, now)).map(|_| Validity { until }))
            }
        }
    }

    /// Validates all fields, so that all errors are reported together.
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
            name: field("name", fields::required_line(&typed.name, MOST_NAME_CHARS, "your name")),
            email: field("email", address::normalise(email)),
            business_name: field(
                "business_name",
                fields::required_line(
                    &typed.business_name,
                    MOST_BUSINESS_NAME_CHARS,
                    "your business's name",
                ),
            ),
        };
        let names = vec![checked.name.clone(), checked.business_name.clone()];
        let judging = self.passwords.refusal(password.to_owned(), checked.email.clone(), names);
        // The estimate takes the time of a sign-in, so only complete forms get one.
        let refusal = match details.is_empty() {
            true => judging.await?,
            false => strength::length_refusal(password),
        };
        if let Some(reason) = refusal {
            details.insert("password".to_owned(), reason);
        }
        if details.is_empty() { Ok(checked) } else { Err(AppError::invalid(details)) }
    }

    /// Removes sign-in and sign-up limits that are fully restored. Call periodically.
    pub fn shrink_limits(&self) {
        self.throttle.shrink();
        self.entry.shrink();
    }
}

/// Returns whether `now` is the same member with the same role. Other changes, such as the name, end no stream.
fn is_same(member: &Member, now: &Member) -> bool {
    let identity = |it: &Member| (it.tenant_id.clone(), it.account_id.clone(), it.role);
    identity(member) == identity(now)
}

/// A validated sign-up form.
struct Checked {
    name: String,
    email: String,
    business_name: String,
}

fn check_sign_in(email: &str, password: &str) -> Result<(), AppError> {
    if !password.is_empty() {
        // The lookup reports an invalid address.
        return Ok(());
    }
    let mut details = BTreeMap::from([("password".to_owned(), "Enter your password.".to_owned())]);
    if let Err(reason) = address::normalise(email) {
        details.insert("email".to_owned(), reason);
    }
    Err(AppError::invalid(details))
}

/// Returns the error for an unknown address and for a wrong password, which must not be distinguishable.
fn wrong_credentials() -> AppError {
    AppError::new(Code::Unauthenticated, "E-mail or password is wrong.")
}

impl Member {
    /// Returns a key that identifies the member in the browser's storage and to the page's feed without revealing an
    /// id.
    pub fn browser_key(&self) -> String {
        let digest = Sha256::digest(format!("browser {} {}", self.tenant_id, self.account_id));
        hex::encode(&digest[..8])
    }
}

#[cfg(test)]
#[path = "service_tests.rs"]
mod tests;
