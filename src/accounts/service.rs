//! The rules of accounts.

use sha2::{Digest, Sha256};
use tower_sessions::SessionStore;

use super::model::Member;
use super::store;
use crate::error::AppError;
use crate::platform::db::Db;
use crate::platform::session_store::DbSessionStore;

/// How a caller proved who they are; kept to look it up again while a stream runs.
#[derive(Clone, Debug)]
pub enum Credential {
    Session(tower_sessions::session::Id),
    /// The SHA-256 of a bearer token, hexadecimal.
    Token {
        hash: String,
    },
}

/// People, tenants, sessions and tokens; clones share the database.
#[derive(Clone)]
pub struct Accounts {
    db: Db,
    sessions: DbSessionStore,
}

impl Accounts {
    pub fn new(db: Db) -> Self {
        Self { sessions: DbSessionStore::new(db.clone()), db }
    }

    /// The member that an account is in a tenant now, with the role it has now.
    pub async fn member(
        &self,
        tenant_id: &str,
        account_id: &str,
    ) -> Result<Option<Member>, AppError> {
        Ok(store::find_member(&self.db, tenant_id, account_id).await?)
    }

    /// The member a bearer token speaks for.
    pub async fn member_by_token(&self, hash: &str) -> Result<Option<Member>, AppError> {
        Ok(store::find_member_by_token(&self.db, hash).await?)
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
}

/// What is stored of a bearer token.
pub fn token_hash(token: &str) -> String {
    hex::encode(Sha256::digest(token.as_bytes()))
}
