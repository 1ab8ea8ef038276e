//! A YAML document as a value whose scalars are texts, as they were written: `1.10` stays `1.10`.

use saphyr_parser::{Event, Parser, ScalarStyle};
use serde_json::{Map, Value};

/// The first document of `text`; `null` where a value is left empty.
///
/// # Panics
///
/// It is no YAML, or has aliases or keys that are no texts.
pub(super) fn parse(text: &str) -> Value {
    let mut events = Parser::new_from_str(text).map(|event| event.expect("YAML").0);
    let is_node = |event: &Event<'_>| {
        matches!(event, Event::Scalar(..) | Event::SequenceStart(..) | Event::MappingStart(..))
    };
    let first = events.find(is_node).expect("a document");
    value(first, &mut events)
}

/// The node that begins with `first`.
fn value<'a>(first: Event<'a>, events: &mut impl Iterator<Item = Event<'a>>) -> Value {
    match first {
        Event::Scalar(text, ScalarStyle::Plain, ..) if matches!(&*text, "" | "~" | "null") => Value::Null,
        Event::Scalar(text, ..) => Value::String(text.into_owned()),
        Event::SequenceStart(..) => {
            let mut elements = Vec::new();
            loop {
                match events.next().expect("the end of a list") {
                    Event::SequenceEnd => return Value::Array(elements),
                    element => elements.push(value(element, events)),
                }
            }
        }
        Event::MappingStart(..) => {
            let mut entries = Map::new();
            loop {
                match events.next().expect("the end of a map") {
                    Event::MappingEnd => return Value::Object(entries),
                    Event::Scalar(key, ..) => {
                        let first = events.next().expect("a value");
                        entries.insert(key.into_owned(), value(first, events));
                    }
                    other => panic!("{other:?} is no key"),
                }
            }
        }
        other => panic!("{other:?} is no value"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn scalars_stay_as_they_are_written() {
        let text = "- bucket: demo 1.10\n  pairs: # what is known\n    - key: \"A-1\"\n      value:\n      - 857\n    - key: A-2\n";
        let expected =
            json!([{"bucket": "demo 1.10", "pairs": [{"key": "A-1", "value": ["857"]}, {"key": "A-2"}]}]);
        assert_eq!(parse(text), expected);
        assert_eq!(parse("a: {}\nb:\nc: '~'\n"), json!({"a": {}, "b": null, "c": "~"}));
    }
}
