//! A JSON schema out of a file. What it refers to is looked for beside it; nothing is fetched.

use std::fs;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use jsonschema::{Retrieve, Uri, Validator};
use serde_json::Value;

use super::walk::PATH_BYTES_MAX;
use super::{Found, Rule, VIOLATIONS_MAX};

/// The most bytes of one schema.
const SCHEMA_BYTES_MAX: u64 = 16 << 20;

pub(super) static RULE: Rule = Rule::schema("the schema that was given");

/// A JSON schema, ready to judge by.
#[derive(Debug)]
pub struct SchemaFile {
    validator: Validator,
}

/// A schema that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SchemaError {
    /// The file cannot be read.
    #[error("cannot read the schema {}", path.display())]
    Read {
        /// Where it is.
        path: PathBuf,
        /// What happened.
        source: io::Error,
    },
    /// The file is no JSON.
    #[error("the schema {} is not JSON", path.display())]
    Json {
        /// Where it is.
        path: PathBuf,
        /// What is wrong.
        source: serde_json::Error,
    },
    /// It is no schema, or one that it refers to is missing.
    #[error("the schema {} cannot be used: {reason}", path.display())]
    Schema {
        /// Where it is.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
}

impl SchemaFile {
    /// The schema in the file at `path`.
    ///
    /// # Errors
    /// When it cannot be read, is no schema, or refers to one that is not beside it.
    pub fn open(path: &Path) -> Result<Self, SchemaError> {
        let schema = load(path)?;
        let directory = path.parent().unwrap_or(Path::new("")).to_owned();
        let validator = jsonschema::options()
            .with_retriever(Beside { directory })
            .build(&schema)
            .map_err(|error| SchemaError::Schema { path: path.to_owned(), reason: error.to_string() })?;
        Ok(Self { validator })
    }

    /// Adds to `found` what the schema says of the document `json`.
    pub(super) fn check(&self, json: &str, found: &mut Found) {
        // It was parsed as a tree already.
        let Ok(document) = serde_json::from_str::<Value>(json) else { return };
        for error in self.validator.iter_errors(&document).take(VIOLATIONS_MAX) {
            found.add(&RULE, path_of(error.instance_path().as_str(), &document), error.to_string());
        }
    }
}

fn load(path: &Path) -> Result<Value, SchemaError> {
    let mut bytes = Vec::new();
    fs::File::open(path)
        .and_then(|file| file.take(SCHEMA_BYTES_MAX + 1).read_to_end(&mut bytes))
        .and_then(|length| match length as u64 {
            0..=SCHEMA_BYTES_MAX => Ok(()),
            _ => Err(io::Error::other(format!("it is larger than {SCHEMA_BYTES_MAX} bytes"))),
        })
        .map_err(|source| SchemaError::Read { path: path.to_owned(), source })?;
    serde_json::from_slice(&bytes).map_err(|source| SchemaError::Json { path: path.to_owned(), source })
}

/// A JSON pointer into `document` as a path.
fn path_of(pointer: &str, document: &Value) -> String {
    let mut path = String::new();
    let mut at = Some(document);
    for part in pointer.split('/').skip(1) {
        if path.len() + part.len() > PATH_BYTES_MAX {
            path.push('…');
            break;
        }
        let name = part.replace("~1", "/").replace("~0", "~");
        if at.is_some_and(Value::is_array) {
            path.push_str(&format!("[{name}]"));
            at = name.parse::<usize>().ok().and_then(|index| at?.get(index));
        } else {
            if !path.is_empty() {
                path.push('.');
            }
            path.push_str(&name);
            at = at.and_then(|value| value.get(&name));
        }
    }
    path
}

/// Looks for schemas by the last part of their URI in one directory.
struct Beside {
    directory: PathBuf,
}

impl Retrieve for Beside {
    fn retrieve(&self, uri: &Uri<String>) -> Result<Value, Box<dyn std::error::Error + Send + Sync>> {
        let path = uri.path().as_str();
        let name = path.rsplit('/').next().unwrap_or_default();
        let is_plain = !name.is_empty() && name != ".." && name != "." && !name.contains(['\\', '%', ':']);
        if !is_plain {
            return Err(format!("`{uri}` names no file").into());
        }
        Ok(load(&self.directory.join(name))?)
    }
}
