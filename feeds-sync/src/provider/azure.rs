//! Azure Linux and CBL-Mariner before it: one OVAL document a release (feeds.md A13).
//!
//! A definition is about one CVE in one source package. The OSV export of the same data has stood still since it was
//! made, so it is not read.

use model::advisory::{
    Affected, AffectedRange, Aside, FixState, PublishedFix, RangeEvent, Reference, Status,
};
use model::key::{KeyKind, Namespace, PackageKey};
use model::version::VersionText;

use super::{Feed, MIB, Parse, Provider, Release, Scope, Source};
use crate::advisories::{Advisories, Remarks, push_once};
use crate::document::Document;
use crate::error::ParseError;
use crate::schema::oval::{self, Bound, Criterion, Tests};
use crate::schema::{day, moment};
use crate::xml::{self, Element};

pub(super) static PROVIDER: Provider = Provider {
    name: "azure",
    attribution: Some(
        "Azure Linux vulnerability data, https://github.com/microsoft/AzureLinuxVulnerabilityData",
    ),
    feeds: || RELEASES.iter().filter_map(|release| answering(&Namespace::new(release.namespace))).collect(),
    answering,
    releases: RELEASES,
    follow: None,
    parse: Parse::Advisories(parse),
};

static RELEASES: &[Release] =
    &[Release::open("azurelinux:3.0"), Release::open("mariner:1.0"), Release::open("mariner:2.0")];

const BRANCH: &str = "https://raw.githubusercontent.com/microsoft/AzureLinuxVulnerabilityData/main";

/// In how many ways the criteria of a definition may be true; real ones can in one.
const ALTERNATIVES_MAX: usize = 1_000;

fn answering(namespace: &Namespace) -> Option<Feed> {
    let (id, release) = (namespace.distro_id()?, namespace.release()?);
    let (major, minor) = release.split_once('.')?;
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let name = match id {
        _ if !is_number(major) || !is_number(minor) => return None,
        "azurelinux" => "azurelinux",
        "mariner" => "cbl-mariner",
        _ => return None,
    };
    Some(Feed {
        name: namespace.to_string(),
        sources: vec![Source::records(format!("{BRANCH}/{name}-{release}-oval.xml"), 256 * MIB)],
        scope: Scope::One(namespace.clone()),
        license: "MIT",
        is_redistributable: true,
        is_alternate: false,
    })
}

fn parse(feed: &Feed, document: &Document<'_>, advisories: &mut Advisories) -> Result<(), ParseError> {
    let Scope::One(namespace) = &feed.scope else { return Ok(()) };
    // The tests stand behind the definitions that refer to them.
    let tests = Tests::read(document)?;
    advisories.namespace(namespace);
    xml::each(document, oval::ROOT, &["definition"], &mut |element| {
        if let Err(why) = definition(element, &tests, namespace, advisories) {
            advisories.remarks.unreadable(element.attribute("id").unwrap_or("a definition"), why);
        }
        Ok(())
    })
}

fn definition(
    element: &Element,
    tests: &Tests,
    namespace: &Namespace,
    advisories: &mut Advisories,
) -> Result<(), String> {
    let class = element.attribute("class").unwrap_or_default();
    if class != "vulnerability" {
        advisories.remarks.unknown_word("class", class);
        return Ok(());
    }
    let metadata = element.child("metadata").ok_or("it has no metadata")?;
    let fix_state = match metadata.text_of("patchable").unwrap_or_default() {
        "true" => FixState::Fixed,
        "false" => FixState::NotFixed,
        "Not Applicable" => {
            advisories.remarks.leave_out("the vendor says that it is not applicable");
            return Ok(());
        }
        other => {
            advisories.remarks.unknown_word("patchable", other);
            FixState::Unknown
        }
    };
    let reference = metadata.each("reference").find(|it| it.attribute("source") == Some("CVE"));
    let id = reference.and_then(|it| it.attribute("ref_id")).ok_or("it names no CVE")?;
    let criteria = element.child("criteria").ok_or("it has no criteria")?;
    let mut rows = Vec::new();
    for alternative in oval::alternatives(criteria, ALTERNATIVES_MAX)? {
        let (name, range) = package(&alternative, tests)?;
        let key = PackageKey::new(namespace.clone(), KeyKind::Source, name);
        let mut row = match range {
            Ok(range) => row(key, range, fix_state),
            Err(why) => {
                advisories.remarks.unknown_word("bounds", &why);
                Affected {
                    fix_state,
                    aside: Aside { reason: Some(why), ..Aside::default() }.into(),
                    ..Affected::new(key, Status::Undetermined)
                }
            }
        };
        describe(&mut row, metadata, &mut advisories.remarks);
        rows.push(row);
    }
    let advisory = advisories.record(namespace, id);
    if let Some(url) = reference.and_then(|it| it.attribute("ref_url")) {
        let link = Reference::new(url);
        if !advisory.references.contains(&link) {
            advisory.references.push(link);
        }
    }
    rows.into_iter().for_each(|row| push_once(advisory, row));
    Ok(())
}

/// The one package that all of `criteria` are about, and the range in which all of them hold, or why there is none that
/// could be told.
fn package<'a>(
    criteria: &[Criterion<'_>],
    tests: &'a Tests,
) -> Result<(&'a str, Result<AffectedRange, String>), String> {
    let mut name = None;
    let mut bounds = Vec::new();
    for criterion in criteria {
        let (of, more) = tests
            .package(criterion.test)
            .ok_or_else(|| format!("the document lacks what the test `{:.80}` needs", criterion.test))?;
        if name.replace(of).is_some_and(|before| before != of) {
            return Err("its criteria are about several packages at once".to_owned());
        }
        bounds.extend(more);
    }
    Ok((name.ok_or("its criteria name no package")?, range(&bounds)))
}

fn range(bounds: &[&Bound]) -> Result<AffectedRange, String> {
    let (mut lower, mut upper) = (None, None);
    for bound in bounds {
        let (side, event) = event(bound)?;
        let side = if side == Side::Lower { &mut lower } else { &mut upper };
        if side.replace(event).is_some() {
            return Err("two bounds on the same side".to_owned());
        }
    }
    if lower.is_none() && upper.is_none() {
        return Err("no bound".to_owned());
    }
    let lower = lower.unwrap_or_else(|| RangeEvent::Introduced(VersionText::from("0")));
    Ok(AffectedRange { events: [lower].into_iter().chain(upper).collect() })
}

#[derive(PartialEq, Eq)]
enum Side {
    Lower,
    Upper,
}

fn event(bound: &Bound) -> Result<(Side, RangeEvent), String> {
    // `0: 1.20.10-1.azl3` is published too.
    let text: String = bound.version.split_whitespace().collect();
    let version = VersionText::from(text.as_str());
    match &*bound.operation {
        _ if text.is_empty() => Err("a bound without version".to_owned()),
        // `0:1.17.13-2,1.18.8-2.azl3`: fixes of several lines, which are not named.
        _ if text.contains(',') => Err(format!("several versions in one bound: `{:.200}`", bound.version)),
        "less than" => Ok((Side::Upper, RangeEvent::Fixed(version))),
        "less than or equal" => Ok((Side::Upper, RangeEvent::LastAffected(version))),
        "greater than" => Ok((Side::Lower, RangeEvent::IntroducedAfter(version))),
        "greater than or equal" => Ok((Side::Lower, RangeEvent::Introduced(version))),
        other => Err(format!("the operation `{other:.32}`")),
    }
}

/// A range that ends below a version of which the vendor does not say that it has the fix says nothing about that
/// version.
fn row(key: PackageKey, mut range: AffectedRange, fix_state: FixState) -> Affected {
    let mut fixes = Vec::new();
    for event in &mut range.events {
        match event {
            RangeEvent::Fixed(version) if fix_state == FixState::Fixed => {
                fixes.push(PublishedFix { version: Some(version.clone()), ..PublishedFix::default() });
            }
            RangeEvent::Fixed(version) => *event = RangeEvent::Limit(version.clone()),
            _ => {}
        }
    }
    Affected {
        fix_state,
        ranges: vec![range].into(),
        aside: Aside { fixes, ..Aside::default() }.into(),
        ..Affected::new(key, Status::Affected)
    }
}

/// Adds what is said of this CVE in this package.
fn describe(row: &mut Affected, metadata: &Element, remarks: &mut Remarks) {
    row.aside.severity = metadata.text_of("severity").map(|word| remarks.severity("severity", word));
    let date = metadata.text_of("advisory_date").and_then(|text| {
        let moment = moment(text);
        if moment.is_none() {
            remarks.unknown_word("advisory_date", text);
        }
        moment
    });
    for fix in &mut row.aside.fixes {
        fix.date = date.map(day);
        fix.advisory = metadata.text_of("advisory_id").map(Box::from);
    }
}
