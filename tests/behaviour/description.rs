//! The OpenAPI document, and checks of responses against it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;

use reqwest::{Response, StatusCode};
use serde_json::{Value, json};

use crate::support::{TestApp, Transcript};

pub const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];

/// Method and path, such as `get` and `/c-suite/profile`.
pub type Operation = (String, String);

/// The document, and the operations that succeeded as described.
pub struct Description {
    pub document: Value,
    pub succeeded: Mutex<BTreeSet<Operation>>,
}

impl Description {
    pub async fn of(app: &TestApp) -> Self {
        let response = app.get("/openapi.json").await;
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(response.headers()["content-type"], "application/json");
        Self { document: response.json().await.unwrap(), succeeded: Mutex::default() }
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

    /// Returns `value` and the chain of its `$ref` targets.
    fn layers<'a>(&'a self, value: &'a Value) -> Vec<&'a Value> {
        let mut layers = vec![value];
        while let Some(reference) = layers[layers.len() - 1].get("$ref") {
            layers.push(self.target(reference.as_str().unwrap()));
        }
        layers
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

    /// Checks `value` against `schema`. A field that is not described is an error: responses may
    /// gain fields, but only together with their description.
    fn fits(&self, schema: &Value, value: &Value) -> Result<(), String> {
        let layers = self.layers(schema);
        for layer in &layers {
            for (keyword, rule) in layer.as_object().unwrap() {
                self.follows(keyword, rule, value)?;
            }
        }
        // With `anyOf`, the alternative that fits has already checked the object's fields.
        let alternatives = layers.iter().any(|layer| layer.get("anyOf").is_some());
        let Some(object) = value.as_object().filter(|_| !alternatives) else { return Ok(()) };
        for (name, member) in object {
            let named = layers.iter().filter_map(|layer| layer["properties"].get(name));
            let any = layers.iter().map(|layer| &layer["additionalProperties"]);
            let rules: Vec<_> = named.chain(any.filter(|rule| rule.is_object())).collect();
            if rules.is_empty() {
                return Err(format!("{name} is not described"));
            }
            for rule in rules {
                self.fits(rule, member).map_err(|fault| format!("{name}: {fault}"))?;
            }
        }
        Ok(())
    }

    fn follows(&self, keyword: &str, rule: &Value, value: &Value) -> Result<(), String> {
        // A keyword for another type than the value's always holds; only `type` restricts the type.
        let text = |holds: &dyn Fn(&str) -> bool| value.as_str().is_none_or(holds);
        let number = || rule.as_u64().unwrap() as usize;
        let names = || rule.as_array().unwrap().iter().filter_map(Value::as_str);
        let follows = match keyword {
            "type" => match rule.as_array() {
                Some(types) => types.iter().any(|kind| is_of(kind, value)),
                None => is_of(rule, value),
            },
            "enum" => rule.as_array().unwrap().contains(value),
            "format" => text(&|text| is_written_as(rule.as_str().unwrap(), text)),
            "minLength" => text(&|text| text.chars().count() >= number()),
            "maxLength" => text(&|text| text.chars().count() <= number()),
            "minimum" => value.as_i64().is_none_or(|value| value >= rule.as_i64().unwrap()),
            "maxItems" => value.as_array().is_none_or(|items| items.len() <= number()),
            "required" => {
                value.as_object().is_none_or(|it| names().all(|name| it.contains_key(name)))
            }
            "anyOf" => rule.as_array().unwrap().iter().any(|rule| self.fits(rule, value).is_ok()),
            "items" => {
                let mut items = value.as_array().into_iter().flatten();
                return items.try_for_each(|item| self.fits(rule, item));
            }
            // Checked by `fits`, or for human readers only.
            "$ref"
            | "properties"
            | "additionalProperties"
            | "description"
            | "examples"
            | "default" => true,
            other => panic!("the keyword {other} is not known here"),
        };
        if follows { Ok(()) } else { Err(format!("not {keyword} {rule}: {value}")) }
    }
}

fn is_of(kind: &Value, value: &Value) -> bool {
    match kind.as_str().unwrap() {
        "string" => value.is_string(),
        "number" => value.is_number(),
        "integer" => value.is_i64() || value.is_u64(),
        "boolean" => value.is_boolean(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        "null" => value.is_null(),
        other => panic!("the type {other} is not known here"),
    }
}

fn is_written_as(format: &str, text: &str) -> bool {
    match format {
        "uuid" => uuid::Uuid::try_parse(text).is_ok(),
        "date" => text.len() == 10 && text.split('-').count() == 3,
        "date-time" => text.len() >= 20 && text.contains('T') && text.ends_with('Z'),
        other => panic!("the format {other} is not known here"),
    }
}
