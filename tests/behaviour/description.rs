//! The OpenAPI document, and checks of responses against it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;

use jsonschema::Draft;
use reqwest::{Response, StatusCode};
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::support::{TestApp, Transcript};

pub const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];

/// Method and path, such as `get` and `/c-suite/profile`.
pub type Operation = (String, String);

/// The document, and the operations that succeeded as described.
pub struct Description {
    pub document: Value,
    /// The document's components, with closed schemas.
    closed: Value,
    pub succeeded: Mutex<BTreeSet<Operation>>,
}

impl Description {
    pub async fn of(app: &TestApp) -> Self {
        let response = app.get("/openapi.json").await;
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(response.headers()["content-type"], "application/json");
        Self::new(response.json().await.unwrap())
    }

    fn new(document: Value) -> Self {
        let mut closed = document["components"].clone();
        let schemas = closed["schemas"].as_object_mut().unwrap();
        schemas.values_mut().for_each(close_below);
        Self { document, closed, succeeded: Mutex::default() }
    }

    pub fn operations(&self) -> BTreeMap<Operation, &Value> {
        let mut found = BTreeMap::new();
        for (path, item) in self.document["paths"].as_object().unwrap() {
            for method in METHODS {
                if let Some(operation) = item.get(method) {
                    found.insert((method.to_owned(), path.clone()), operation);
                }
            }
        }
        found
    }

    /// Returns the target of a `$ref`.
    pub fn target(&self, reference: &str) -> &Value {
        let pointer = reference.strip_prefix('#').expect("a reference within the document");
        self.document.pointer(pointer).unwrap_or_else(|| panic!("{reference} leads nowhere"))
    }

    /// Returns `value`, or the final target of its `$ref`.
    pub fn resolved<'a>(&'a self, value: &'a Value) -> &'a Value {
        value["$ref"].as_str().map_or(value, |reference| self.resolved(self.target(reference)))
    }

    /// Returns the description of an operation's response. Panics if the status is not described.
    fn response(&self, method: &str, path: &str, status: StatusCode) -> &Value {
        let operation = &self.document["paths"][path][method];
        let response = operation["responses"].get(status.as_str());
        let response =
            response.unwrap_or_else(|| panic!("{method} {path}: {status} is not described"));
        self.resolved(response)
    }

    /// Checks a response against its description, and panics if they differ. Returns the JSON body
    /// or the events, or null if there is no body.
    pub async fn holds(&self, method: &str, path: &str, response: Response) -> Value {
        let at = format!("{method} {path} {}", response.status());
        let status = response.status();
        let described = self.response(method, path, status);
        self.holds_headers(&at, described, &response);
        if status.is_success() {
            self.succeeded.lock().unwrap().insert((method.to_owned(), path.to_owned()));
        }
        let content_type = response.headers().get("content-type").cloned();
        let Some(content_type) = content_type else {
            assert!(described.get("content").is_none(), "{at}: a body was described");
            assert!(response.bytes().await.unwrap().is_empty(), "{at}: a body without a type");
            return Value::Null;
        };
        let schema = &described["content"][content_type.to_str().unwrap()]["schema"];
        assert!(schema.is_object(), "{at}: {content_type:?} is not described");
        if content_type != "text/event-stream" {
            let body = response.json().await.unwrap();
            // The document contains no schema of itself.
            if path != "/openapi.json" {
                self.fits(schema, &body).unwrap_or_else(|fault| panic!("{at}: {fault} in {body}"));
            }
            return body;
        }
        let kinds = &self.resolved(schema)["x-event-data"];
        let events = Transcript::read(response).await.0;
        for event in &events {
            let schema = kinds.get(&event.name).unwrap_or_else(|| panic!("{at}: {}", event.name));
            self.fits(schema, &event.data).unwrap_or_else(|fault| panic!("{at}: {fault}"));
        }
        events.into_iter().map(|event| json!({ "event": event.name, "data": event.data })).collect()
    }

    fn holds_headers(&self, at: &str, described: &Value, response: &Response) {
        assert!(response.headers().contains_key("x-request-id"), "{at}");
        for (name, header) in self.document["components"]["headers"].as_object().unwrap() {
            let is_described = described["headers"].get(name).is_some();
            let is_there = response.headers().contains_key(name.as_str());
            assert!(is_described || !is_there, "{at}: {name} is not described");
            let must = header["required"] == true || response.status().is_success();
            assert!(!is_described || is_there || !must, "{at}: {name} is missing");
        }
    }

    /// Checks `value` against `schema`.
    fn fits(&self, schema: &Value, value: &Value) -> Result<(), String> {
        let mut schema = schema.clone();
        close(&mut schema);
        // References lead to the root of the schema.
        schema["components"] = self.closed.clone();
        let validator = jsonschema::options()
            .with_draft(Draft::Draft202012)
            .should_validate_formats(true)
            .should_ignore_unknown_formats(false)
            .with_format("date-time", is_moment)
            .build(&schema)
            .map_err(|error| format!("the schema is invalid: {error}"))?;
        let faults: Vec<String> = validator
            .iter_errors(value)
            .map(|error| format!("{error} (at {:?})", error.instance_path().as_str()))
            .collect();
        if faults.is_empty() { Ok(()) } else { Err(faults.join("; ")) }
    }
}

/// Makes each field that is not described an error, here and below: responses may gain fields, but
/// only together with their description.
fn close(schema: &mut Value) {
    if let Some(object) = schema.as_object_mut() {
        object.insert("unevaluatedProperties".into(), false.into());
    }
    close_below(schema);
}

/// Closes the schemas of fields and items. Those that apply to the same value, such as the
/// alternatives of an `anyOf` or the target of a reference, stay open: each knows only its part.
fn close_below(schema: &mut Value) {
    for members in ["properties", "x-event-data"] {
        let members = schema.get_mut(members).and_then(Value::as_object_mut);
        members.into_iter().flatten().for_each(|(_, member)| close(member));
    }
    for member in ["items", "additionalProperties"] {
        schema.get_mut(member).filter(|it| it.is_object()).into_iter().for_each(close);
    }
    let same_value = schema.get_mut("anyOf").and_then(Value::as_array_mut);
    same_value.into_iter().flatten().for_each(close_below);
}

/// Returns whether `text` is a date and time in UTC, as `docs/API.md` promises.
fn is_moment(text: &str) -> bool {
    text.ends_with('Z') && OffsetDateTime::parse(text, &Rfc3339).is_ok()
}

/// The check itself must be able to fail.
#[test]
fn a_response_that_differs_from_its_description_is_found() {
    let schemas = json!({
        "Id": { "type": "string", "format": "uuid" },
        "Part": { "type": "object", "required": ["id"], "properties": {
            "id": { "$ref": "#/components/schemas/Id" },
            "at": { "type": "string", "format": "date-time" },
        } },
        "Whole": { "$ref": "#/components/schemas/Part", "properties": {
            "parts": { "type": "array", "maxItems": 1, "items": { "$ref": "#/components/schemas/Part" } },
            "part": { "anyOf": [{ "$ref": "#/components/schemas/Part" }, { "type": "null" }] },
        } },
    });
    let description = Description::new(json!({ "components": { "schemas": schemas } }));
    let fits = |value| description.fits(&json!({ "$ref": "#/components/schemas/Whole" }), &value);
    const ID: &str = "0197c0de-dead-7000-8000-000000000000";
    const AT: &str = "2026-11-23T07:32:00Z";
    fits(json!({ "id": ID, "at": AT, "parts": [{ "id": ID }], "part": null })).unwrap();
    for (value, fault) in [
        (json!({}), "required"),
        (json!({ "id": "7" }), "uuid"),
        (json!({ "id": ID, "at": "2026-11-23T07:32:00+01:00" }), "date-time"),
        (json!({ "id": ID, "more": 1 }), "'more'"),
        (json!({ "id": ID, "parts": [{ "id": ID, "more": 1 }] }), "'more'"),
        (json!({ "id": ID, "parts": [{ "id": ID }, { "id": ID }] }), "has more than 1 item"),
        (json!({ "id": ID, "part": { "id": ID, "more": 1 } }), "'more'"),
        (json!({ "id": ID, "part": 7 }), "anyOf"),
    ] {
        let found = fits(value.clone()).unwrap_err();
        assert!(found.contains(fault), "{value}: {found}");
    }
}
