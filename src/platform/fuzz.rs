//! Fuzz targets for input that clients send without signing in: cookies, refused forms, JSON bodies.

use http::header::COOKIE;
use http::{HeaderMap, HeaderValue};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{cookies, forms, json};
use crate::error::MOST_BODY_BYTES;
use crate::fuzzing::{fuzz_target, mutated};

const COOKIES: [&str; 4] = [
    "csuite_form=eyJmb3JtIjoic2lnbl91cCJ9.0f0f; csuite_device=a.b.c; a=1",
    "csuite_form=; =x; ;; csuite_form",
    "__Host-csuite_form=x.y; csuite_form=\"quoted\"",
    "new_token=cs_0f.1",
];

const BODIES: [&str; 6] = [
    r#"{"message":"What now?","conversationId":"0190","tags":["a","b"],"count":3}"#,
    r#"{"message":null,"unknown":1,"unknown":2,"tags":[1,{}]}"#,
    r#"{"message":"\ud83e\udd50","count":18446744073709551616,"tags":"a"}"#,
    r#"[{"message":1}]"#,
    "{",
    "\u{feff}{} trailing",
];

/// A body with every kind of field.
#[derive(Debug, Deserialize, Serialize)]
#[allow(dead_code)]
struct Body {
    message: String,
    #[serde(rename = "conversationId")]
    conversation_id: Option<String>,
    #[serde(default)]
    tags: Vec<String>,
    count: Option<u32>,
}

#[test]
fn fuzz_cookies() {
    fuzz_target!(3_000, |bytes: &[u8]| {
        let Ok(value) = HeaderValue::from_bytes(&mutated(&COOKIES, bytes)) else { return };
        let headers = HeaderMap::from_iter([(COOKIE, value)]);
        for name in ["csuite_form", "csuite_device", "new_token", ""] {
            let found = cookies::find(&headers, name);
            assert!(found.is_none_or(|value| !value.contains(';')));
        }
    });
}

#[test]
fn fuzz_refused_forms() {
    fuzz_target!(1_000, |bytes: &[u8]| {
        let Ok(mut typed) = serde_json::from_slice::<Value>(&mutated(&BODIES, bytes)) else {
            return;
        };
        let before = typed.to_string().len();
        forms::cut(&mut typed);
        assert!(typed.to_string().len() <= before);
    });
}

#[test]
fn fuzz_api_bodies() {
    fuzz_target!(3_000, |bytes: &[u8]| {
        let body = mutated(&BODIES, bytes);
        match json::parse::<Body>(&body) {
            Ok(_) => assert!(serde_json::from_slice::<Value>(&body).is_ok()),
            Err(error) => {
                let told = serde_json::to_vec(&error).unwrap_or_default();
                assert!(told.len() <= MOST_BODY_BYTES && error.code.status() == 400);
            }
        }
    });
}
