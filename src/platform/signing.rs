//! Signs cookies, so that the server recognises them without storing anything.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use rand::TryRng;
use rand::rngs::SysRng;
use sha2::Sha256;

use super::db::{Db, DbError};

/// The installation's signing key.
#[derive(Clone)]
pub struct SigningKey(Hmac<Sha256>);

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningKey(…)")
    }
}

impl SigningKey {
    /// Loads the key from the database. Creates it at the first start.
    pub async fn load(db: &Db) -> Result<Self, DbError> {
        let fresh = hex::encode(random()?);
        let (stored,): (String,) = db
            .write(move |tx| {
                Box::pin(async move {
                    sqlx::query(
                        "INSERT INTO secrets (name, value) VALUES ('signing', $1) ON CONFLICT (name) DO NOTHING",
                    )
                    .bind(fresh)
                    .execute(&mut *tx)
                    .await?;
                    Ok(sqlx::query_as("SELECT value FROM secrets WHERE name = 'signing'")
                        .fetch_one(tx)
                        .await?)
                })
            })
            .await?;
        let mut key = [0; 32];
        hex::decode_to_slice(stored, &mut key).map_err(|cause| {
            DbError::Unavailable(format!("the signing key is damaged: {cause}"))
        })?;
        Self::new(&key)
    }

    /// Creates a random key that is not stored.
    #[cfg(test)]
    pub fn ephemeral() -> Result<Self, DbError> {
        Self::new(&random()?)
    }

    fn new(key: &[u8]) -> Result<Self, DbError> {
        Hmac::new_from_slice(key).map(Self).map_err(|cause| DbError::Unavailable(cause.to_string()))
    }

    /// Signs `content` for one `purpose`. Returns hexadecimal. The signature is invalid for other purposes.
    pub fn sign(&self, purpose: &str, content: &str) -> String {
        hex::encode(self.mac(purpose, content).finalize().into_bytes())
    }

    /// Returns whether `signature` is valid for `content` and this purpose.
    pub fn verifies(&self, purpose: &str, content: &str, signature: &str) -> bool {
        let mut bytes = [0; 32];
        hex::decode_to_slice(signature, &mut bytes).is_ok()
            // Compares in constant time.
            && self.mac(purpose, content).verify_slice(&bytes).is_ok()
    }

    fn mac(&self, purpose: &str, content: &str) -> Hmac<Sha256> {
        let mut mac = self.0.clone();
        mac.update(&(purpose.len() as u64).to_le_bytes());
        mac.update(purpose.as_bytes());
        mac.update(content.as_bytes());
        mac
    }
}

fn random() -> Result<[u8; 32], DbError> {
    let mut bytes = [0; 32];
    SysRng
        .try_fill_bytes(&mut bytes)
        .map_err(|cause| DbError::Unavailable(format!("no randomness: {cause}")))?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[tokio::test]
    async fn a_signature_is_valid_only_for_its_content_purpose_and_key_and_across_restarts() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("test.db");
        let db = Db::open_sqlite(&file).await.unwrap();
        let key = SigningKey::load(&db).await.unwrap();
        let signature = key.sign("device", "ada");
        assert!(key.verifies("device", "ada", &signature));
        for (purpose, content) in [("form", "ada"), ("device", "ad"), ("devicea", "da")] {
            assert!(!key.verifies(purpose, content, &signature), "{purpose} {content}");
        }
        assert!(!key.verifies("device", "ada", "") && !key.verifies("device", "ada", "zz"));
        assert!(!SigningKey::ephemeral().unwrap().verifies("device", "ada", &signature));
        let again = SigningKey::load(&Db::open_sqlite(&file).await.unwrap()).await.unwrap();
        assert!(again.verifies("device", "ada", &signature));
    }
}
