//! AlmaLinux's list of errata: one JSON array, as a document database exports it (feeds.md A8).

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use jiff::Timestamp;
use model::advisory::{
    Advisory, Affected, Aside, Conditions, FixState, PublishedFix, RecordKind, RecordLink, Reference,
    Relation, Status,
};
use model::key::{KeyKind, Namespace, PackageKey};
use model::version::VersionText;
use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, SeqAccess, Visitor};
use serde_json::Value;

use crate::advisories::{Advisories, Remarks, push_once};
use crate::document::Document;
use crate::error::ParseError;
use crate::schema::{below, day, is_debug_rpm, moment, null_as_default, rpm_version};

/// Reads all errata of `document`, which are of the release `namespace`.
///
/// # Errors
/// When it is no array of errata.
pub fn read(
    document: &Document<'_>,
    namespace: &Namespace,
    advisories: &mut Advisories,
) -> Result<(), ParseError> {
    advisories.namespace(namespace);
    document.json(Errata { namespace, advisories })
}

struct Errata<'a> {
    namespace: &'a Namespace,
    advisories: &'a mut Advisories,
}

impl<'de> DeserializeSeed<'de> for Errata<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Errata<'_> {
    type Value = ();

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("an array of errata")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        while let Some(value) = seq.next_element::<Value>()? {
            let id = value["updateinfo_id"].as_str().unwrap_or("an erratum without id").to_owned();
            match serde_json::from_value::<Erratum>(value) {
                Ok(erratum) => erratum.add(self.namespace, self.advisories),
                Err(error) => self.advisories.remarks.unreadable(&id, error),
            }
        }
        Ok(())
    }
}

#[derive(Deserialize)]
struct Erratum {
    updateinfo_id: String,
    #[serde(rename = "type")]
    kind: String,
    severity: Option<String>,
    title: Option<String>,
    description: Option<String>,
    #[serde(default)]
    issued_date: Value,
    #[serde(default)]
    updated_date: Value,
    #[serde(default, deserialize_with = "null_as_default")]
    references: Vec<Link>,
    pkglist: List,
}

#[derive(Deserialize)]
struct Link {
    id: Option<String>,
    #[serde(rename = "type")]
    kind: Option<String>,
    href: Option<String>,
}

#[derive(Deserialize)]
struct List {
    #[serde(default, deserialize_with = "null_as_default")]
    packages: Vec<Package>,
    module: Option<Module>,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    #[serde(default)]
    epoch: Value,
    version: String,
    #[serde(default, deserialize_with = "null_as_default")]
    release: String,
}

#[derive(Deserialize)]
struct Module {
    name: Option<String>,
    #[serde(default)]
    stream: Value,
}

impl Erratum {
    fn add(self, namespace: &Namespace, advisories: &mut Advisories) {
        match self.kind.as_str() {
            "security" => {}
            "bugfix" | "enhancement" => {
                return advisories.remarks.leave_out("bug fix or enhancement, no security advisory");
            }
            other => {
                advisories.remarks.unknown_word("type", other);
                return advisories.remarks.leave_out("erratum of an unknown type");
            }
        }
        let mut remarks = Remarks::default();
        let header = self.header(&mut remarks);
        let rows = self.rows(&header, namespace, &mut remarks);
        advisories.remarks.add(remarks);
        if rows.is_empty() {
            return advisories.remarks.leave_out("erratum without packages");
        }
        let mut advisory = header;
        rows.into_iter().for_each(|row| push_once(&mut advisory, row));
        advisories.push(namespace, advisory);
    }

    fn header(&self, remarks: &mut Remarks) -> Advisory {
        let mut time = |field: &str, value: &Value| {
            let time = exported_time(value);
            if time.is_none() && !value.is_null() {
                remarks.unknown_word(field, &value.to_string());
            }
            time
        };
        let published = time("issued_date", &self.issued_date);
        let modified = time("updated_date", &self.updated_date);
        let fixed: BTreeSet<&str> = self
            .references
            .iter()
            .filter_map(|reference| reference.id.as_deref())
            .filter(|id| id.starts_with("CVE-"))
            .collect();
        let link = |cve: &str| RecordLink { relation: Relation::Fixes, other: cve.to_owned() };
        let reference = |link: &Link| {
            Some(Reference { url: link.href.clone()?, tags: link.kind.clone().into_iter().collect() })
        };
        Advisory {
            kind: RecordKind::Advisory,
            published,
            modified: modified.or(published),
            title: self.title.clone(),
            description: self.description.clone(),
            severity: self.severity.as_ref().map(|word| remarks.severity("severity", word)),
            references: self.references.iter().filter_map(reference).collect(),
            aliases: fixed.iter().map(|cve| (*cve).to_owned()).collect(),
            links: fixed.into_iter().map(link).collect(),
            ..Advisory::new(&*self.updateinfo_id)
        }
    }

    /// One row for each package and version; it is listed once for each architecture.
    fn rows(&self, header: &Advisory, namespace: &Namespace, remarks: &mut Remarks) -> Vec<Affected> {
        let conditions = self
            .pkglist
            .module
            .as_ref()
            .and_then(Module::name_and_stream)
            .map(|module| Arc::new(Conditions { module: Some(module.into()), ..Conditions::default() }));
        let mut said = BTreeSet::new();
        let mut rows = Vec::new();
        for package in &self.pkglist.packages {
            if is_debug_rpm(&package.name) {
                remarks.leave_out("package of debug information");
                continue;
            }
            let epoch = word(&package.epoch);
            let fixed = rpm_version(epoch.as_deref(), &package.version, Some(&package.release));
            if !said.insert((package.name.as_str(), fixed.clone())) {
                continue;
            }
            let key = PackageKey::new(namespace.clone(), KeyKind::Binary, package.name.as_str());
            rows.push(Affected {
                fix_state: FixState::Fixed,
                ranges: vec![below(&fixed)].into(),
                conditions: conditions.clone(),
                aside: Aside {
                    fixes: vec![PublishedFix {
                        version: Some(VersionText::from(fixed)),
                        date: header.published.map(day),
                        ..PublishedFix::default()
                    }],
                    ..Aside::default()
                }
                .into(),
                ..Affected::new(key, Status::Affected)
            });
        }
        rows
    }
}

impl Module {
    fn name_and_stream(&self) -> Option<String> {
        Some(format!("{}:{}", self.name.as_ref()?, word(&self.stream)?))
    }
}

/// A text, or a number where the vendor writes numbers as such.
fn word(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// A time: `{"$date": milliseconds}`, the same with a text or `{"$numberLong": …}` in it, or either without the wrapping.
fn exported_time(value: &Value) -> Option<Timestamp> {
    match value {
        Value::Object(fields) => exported_time(fields.get("$date").or_else(|| fields.get("$numberLong"))?),
        Value::Number(number) => Timestamp::from_millisecond(number.as_i64()?).ok(),
        Value::String(text) => match text.parse::<i64>() {
            Ok(milliseconds) => Timestamp::from_millisecond(milliseconds).ok(),
            Err(_) => moment(text),
        },
        _ => None,
    }
}
