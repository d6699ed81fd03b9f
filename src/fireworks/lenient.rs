//! Types that deserialise from any JSON value.
//!
//! Servers differ in the types they send, and an unexpected type must not fail a reply. Each type here
//! accepts every JSON value and reads what it can; only malformed JSON is an error.

use std::fmt;
use std::marker::PhantomData;

use serde::Deserialize;
use serde::de::{Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::event::FinishReason;

/// Defines a struct that deserialises from any JSON value. The last of several equal keys wins, unknown keys
/// are ignored, and a value that is not an object yields the default. `"a" | "b"` are alternative names of
/// one field.
macro_rules! lenient_object {
    ($(#[$meta:meta])* $name:ident { $($field:ident: $type:ty = $($key:literal)|+),* $(,)? }) => {
        $(#[$meta])*
        #[derive(Debug, Default)]
        pub(super) struct $name { $(pub $field: $type,)* }

        impl $name {
            /// Reads an object from a visitor's map access.
            pub fn of_map<'de, A: serde::de::MapAccess<'de>>(mut map: A) -> Result<Self, A::Error> {
                #[allow(non_camel_case_types)]
                enum Key { $($field,)* Other }
                impl $crate::fireworks::lenient::Name for Key {
                    fn of(name: &str) -> Self {
                        match name { $($($key)|+ => Self::$field,)* _ => Self::Other }
                    }
                }
                let mut read = Self::default();
                while let Some($crate::fireworks::lenient::Named(key)) = map.next_key()? {
                    match key {
                        $(Key::$field => read.$field = map.next_value()?,)*
                        Key::Other => { map.next_value::<serde::de::IgnoredAny>()?; }
                    }
                }
                Ok(read)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                struct Object;
                impl<'de> serde::de::Visitor<'de> for Object {
                    type Value = $name;
                    $crate::fireworks::lenient::default_for!(unit bool i64 u64 f64 str seq);
                    fn visit_map<A: serde::de::MapAccess<'de>>(self, map: A) -> Result<$name, A::Error> {
                        $name::of_map(map)
                    }
                }
                from.deserialize_any(Object)
            }
        }
    };
}
pub(super) use lenient_object;

/// Defines visitor methods that read values of the given kinds as the default.
macro_rules! default_for {
    (@one unit) => {
        fn visit_unit<E: serde::de::Error>(self) -> Result<Self::Value, E> {
            Ok(Default::default())
        }
    };
    (@one bool) => {
        fn visit_bool<E: serde::de::Error>(self, _: bool) -> Result<Self::Value, E> {
            Ok(Default::default())
        }
    };
    (@one i64) => {
        fn visit_i64<E: serde::de::Error>(self, _: i64) -> Result<Self::Value, E> {
            Ok(Default::default())
        }
    };
    (@one u64) => {
        fn visit_u64<E: serde::de::Error>(self, _: u64) -> Result<Self::Value, E> {
            Ok(Default::default())
        }
    };
    (@one f64) => {
        fn visit_f64<E: serde::de::Error>(self, _: f64) -> Result<Self::Value, E> {
            Ok(Default::default())
        }
    };
    (@one str) => {
        fn visit_str<E: serde::de::Error>(self, _: &str) -> Result<Self::Value, E> {
            Ok(Default::default())
        }
    };
    (@one seq) => {
        fn visit_seq<A: serde::de::SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
            while seq.next_element::<serde::de::IgnoredAny>()?.is_some() {}
            Ok(Default::default())
        }
    };
    (@one map) => {
        fn visit_map<A: serde::de::MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            while map.next_entry::<serde::de::IgnoredAny, serde::de::IgnoredAny>()?.is_some() {}
            Ok(Default::default())
        }
    };
    ($($kind:ident)*) => {
        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("any value")
        }
        $($crate::fireworks::lenient::default_for!(@one $kind);)*
    };
}
pub(super) use default_for;

/// A key that is parsed from its name.
pub(super) trait Name {
    fn of(name: &str) -> Self;
}

/// A key that is deserialised without copying its name.
pub(super) struct Named<N>(pub N);

impl<'de, N: Name> Deserialize<'de> for Named<N> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Key<N>(PhantomData<N>);
        impl<N: Name> Visitor<'_> for Key<N> {
            type Value = Named<N>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a key")
            }
            fn visit_str<E: Error>(self, name: &str) -> Result<Self::Value, E> {
                Ok(Named(N::of(name)))
            }
        }
        from.deserialize_identifier(Key(PhantomData))
    }
}

/// The first element of a list; `None` for an empty list or a value that is not a list.
#[derive(Debug)]
pub(super) struct First<T>(pub Option<T>);

impl<T> Default for First<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for First<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct List<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for List<T> {
            type Value = First<T>;
            default_for!(unit bool i64 u64 f64 str map);
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<First<T>, A::Error> {
                let first = seq.next_element()?;
                while seq.next_element::<IgnoredAny>()?.is_some() {}
                Ok(First(first))
            }
        }
        from.deserialize_any(List(PhantomData))
    }
}

/// A count. Integral floats and digit strings are accepted. Impossible values (negative numbers, fractions,
/// words) become `u64::MAX`, which exceeds every bound. `None` if the value is missing, null, empty text, or
/// not a number or text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Count(pub Option<u64>);

impl Count {
    const IMPOSSIBLE: Self = Self(Some(u64::MAX));

    // The cast saturates: a float beyond the range becomes `u64::MAX`, which is impossible too.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    fn of_float(number: f64) -> Self {
        if number >= 0.0 && number.fract() == 0.0 {
            Self(Some(number as u64))
        } else {
            Self::IMPOSSIBLE
        }
    }

    fn of_text(text: &str) -> Self {
        let text = text.trim();
        if text.is_empty() {
            return Self::default();
        }
        let whole = text.parse::<u64>().ok().map(|number| Self(Some(number)));
        whole.unwrap_or_else(|| text.parse().map_or(Self::IMPOSSIBLE, Self::of_float))
    }
}

impl<'de> Deserialize<'de> for Count {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Number;
        impl<'de> Visitor<'de> for Number {
            type Value = Count;
            default_for!(unit bool seq map);
            fn visit_u64<E: Error>(self, number: u64) -> Result<Count, E> {
                Ok(Count(Some(number)))
            }
            fn visit_i64<E: Error>(self, number: i64) -> Result<Count, E> {
                Ok(u64::try_from(number).map_or(Count::IMPOSSIBLE, |number| Count(Some(number))))
            }
            fn visit_f64<E: Error>(self, number: f64) -> Result<Count, E> {
                Ok(Count::of_float(number))
            }
            fn visit_str<E: Error>(self, text: &str) -> Result<Count, E> {
                Ok(Count::of_text(text))
            }
        }
        from.deserialize_any(Number)
    }
}

/// Implements `Deserialize` for a type that is parsed from a name. Other values yield the default.
macro_rules! name_of {
    ($name:ident, $read:expr) => {
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                struct Word;
                impl<'de> Visitor<'de> for Word {
                    type Value = $name;
                    default_for!(unit bool i64 u64 f64 seq map);
                    fn visit_str<E: Error>(self, name: &str) -> Result<$name, E> {
                        Ok($name($read(name)))
                    }
                }
                from.deserialize_any(Word)
            }
        }
    };
}

/// A finish reason; `None` for null, empty text and values that are not text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Finish(pub Option<FinishReason>);

name_of!(Finish, FinishReason::of);

/// Whether the value is `"error"`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct IsError(pub bool);

name_of!(IsError, |name: &str| name == "error");

/// The kind of a content part.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Part {
    #[default]
    Text,
    Reasoning,
    /// References, images, tool calls: not text of the reply.
    Other,
}

#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Kind(Part);

name_of!(Kind, |name: &str| match name {
    "" | "text" | "output_text" | "refusal" => Part::Text,
    // `reasoning.text`, `reasoning.summary`; `reasoning.encrypted` brings no text.
    name if name.starts_with("reasoning") || name.starts_with("thinking") => Part::Reasoning,
    _ => Part::Other,
});

/// Text, given as a string or as a list of parts, some of which may be reasoning.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Content {
    pub text: String,
    pub reasoning: String,
}

impl Content {
    /// Returns reasoning and text as one string.
    pub fn joined(mut self) -> String {
        append(&mut self.reasoning, self.text);
        self.reasoning
    }
}

/// Appends text. Avoids a copy if `text` is empty.
fn append(text: &mut String, more: String) {
    if text.is_empty() {
        *text = more;
    } else {
        text.push_str(&more);
    }
}

lenient_object!(
    /// One part of a content list.
    RawPart {
        kind: Kind = "type",
        text: Content = "text" | "content" | "refusal",
        thoughts: Content = "thinking" | "reasoning" | "summary",
    }
);

impl From<RawPart> for Content {
    fn from(RawPart { kind, text, thoughts }: RawPart) -> Self {
        let thoughts = thoughts.joined();
        match kind.0 {
            Part::Text => Self { text: text.text, reasoning: text.reasoning + &thoughts },
            Part::Reasoning => Self { text: String::new(), reasoning: thoughts + &text.joined() },
            Part::Other => Self::default(),
        }
    }
}

impl<'de> Deserialize<'de> for Content {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Words;
        impl<'de> Visitor<'de> for Words {
            type Value = Content;
            default_for!(unit bool i64 u64 f64);
            fn visit_str<E: Error>(self, text: &str) -> Result<Content, E> {
                self.visit_string(text.to_owned())
            }
            fn visit_string<E: Error>(self, text: String) -> Result<Content, E> {
                Ok(Content { text, reasoning: String::new() })
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Content, A::Error> {
                let mut all = Content::default();
                while let Some(Content { text, reasoning }) = seq.next_element()? {
                    append(&mut all.text, text);
                    append(&mut all.reasoning, reasoning);
                }
                Ok(all)
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Content, A::Error> {
                RawPart::of_map(map).map(Content::from)
            }
        }
        from.deserialize_any(Words)
    }
}

#[cfg(test)]
#[path = "lenient_tests.rs"]
mod tests;
