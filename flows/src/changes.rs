//! What differs between two runs over the same subject, and by which cause.
//!
//! A finding is identified by its package's purl and its id; of several with one identity the one that nothing suppresses
//! counts. Scores that move every day (EPSS, risk) are no change; a suppressed finding counts as absent, so that what is
//! suppressed disappears with its reason.

use std::collections::{BTreeMap, BTreeSet};
use std::io;

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;

/// The change set of a run (`plimsoll-changes/1` in the contract).
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ChangeSet {
    schema: &'static str,
    /// The time that stands for "now".
    #[serde(serialize_with = "as_text")]
    pub as_of: Timestamp,
    /// The snapshot of the earlier run; none when there was no earlier run.
    pub from: Option<SnapshotName>,
    /// The snapshot of this run.
    pub to: SnapshotName,
    /// How many SBOMs there are and how many had to be judged.
    pub sboms: Counts,
    /// The changes, by SBOM file, id and purl.
    pub changes: Vec<Change>,
}

/// A snapshot by its id.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SnapshotName {
    /// The id.
    pub snapshot: String,
}

/// What a re-match had to do: `stored` is `judged` plus `unchanged`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// SBOMs in the directory that could be read.
    pub stored: usize,
    /// Those that were matched.
    pub judged: usize,
    /// Those whose consulted keys and facts are what they were.
    pub unchanged: usize,
}

/// One finding that came, went or changed.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Change {
    /// In which SBOM.
    pub sbom: ChangedSbom,
    /// What happened.
    pub kind: ChangeKind,
    /// What made it happen.
    pub cause: Cause,
    /// A word that says how.
    pub reason: &'static str,
    /// The finding as in the report: of this run, or of the earlier one when it is gone.
    pub finding: Value,
    /// The finding of the earlier run, when it changed.
    pub before: Option<Value>,
}

/// An SBOM by file, digest and subject.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ChangedSbom {
    /// The path below the directory.
    pub file: String,
    /// `sha256:…` of its bytes.
    pub digest: String,
    /// The subject's name.
    pub subject: String,
}

/// What happened to a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ChangeKind {
    /// It was not there.
    Appeared,
    /// It is no longer there.
    Disappeared,
    /// It is there and says something else.
    Changed,
}

/// What made a change happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cause {
    /// The feeds learned something.
    Feed,
    /// The SBOM is another.
    Sbom,
    /// VEX was given that was not given before, or the other way round.
    Vex,
}

/// One side of a comparison: the findings of a report, as in JSON v1, and the SBOM they came from.
#[derive(Clone, Copy, Debug)]
pub struct Side<'a> {
    /// The SBOM's digest.
    pub digest: &'a str,
    /// The findings.
    pub findings: &'a [Value],
    /// The purls of the SBOM's packages.
    pub purls: &'a BTreeSet<String>,
}

impl ChangeSet {
    /// An empty set between two snapshots.
    pub fn new(as_of: Timestamp, from: Option<String>, to: String) -> Self {
        Self {
            schema: "plimsoll-changes/1",
            as_of,
            from: from.map(|snapshot| SnapshotName { snapshot }),
            to: SnapshotName { snapshot: to },
            sboms: Counts::default(),
            changes: Vec::new(),
        }
    }

    /// Writes the contract's JSON and a line feed.
    pub fn write_json(&self, out: &mut dyn io::Write) -> io::Result<()> {
        serde_json::to_writer_pretty(&mut *out, self)?;
        writeln!(out)
    }
}

fn as_text<S: serde::Serializer>(time: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(time)
}

/// Why a finding that is gone is gone, in the eyes of the feeds: asked with its id and purl.
pub type WhyGone<'a> = dyn Fn(&str, &str) -> &'static str + 'a;

/// The changes from `before` (none on a first run) to `after`.
pub fn between(
    sbom: &ChangedSbom,
    before: Option<Side<'_>>,
    after: Side<'_>,
    why_gone: &WhyGone<'_>,
) -> Vec<Change> {
    let change = |kind, cause, reason, finding: &Value, earlier: Option<&Value>| Change {
        sbom: sbom.clone(),
        kind,
        cause,
        reason,
        finding: finding.clone(),
        before: earlier.cloned(),
    };
    let new = index(after.findings);
    let Some(before) = before else {
        return new
            .values()
            .map(|findings| findings.first)
            .filter(|finding| is_active(finding))
            .map(|finding| change(ChangeKind::Appeared, Cause::Sbom, "first_run", finding, None))
            .collect();
    };
    let old = index(before.findings);
    let same_sbom = before.digest == after.digest;

    let mut changes = Vec::new();
    let mut renamed: BTreeSet<Identity> = BTreeSet::new();
    for (identity, of_old) in &old {
        let finding = of_old.first;
        let successor = new.get(identity).map(|found| (*found, None)).or_else(|| {
            let (key, found) = successor(identity, &new, &old)?;
            renamed.insert(key);
            Some((found, Some("alias_merged")))
        });
        match successor {
            None if !is_active(finding) => {}
            None if same_sbom || after.purls.contains(identity.purl) => {
                let reason = why_gone(identity.id, identity.purl);
                changes.push(change(ChangeKind::Disappeared, Cause::Feed, reason, finding, None));
            }
            None => {
                changes.push(change(ChangeKind::Disappeared, Cause::Sbom, "package_gone", finding, None));
            }
            Some((of_new, renaming)) => match (is_active(finding), is_active(of_new.first)) {
                // The one that was suppressed before is all that is left, or was all there was.
                (true, false) if !same_sbom && of_old.is_suppressed_as(&of_new) => {
                    changes.push(change(ChangeKind::Disappeared, Cause::Sbom, "package_gone", finding, None));
                }
                (false, true) if !same_sbom && of_old.is_suppressed_as(&of_new) => {
                    let found = of_new.first;
                    changes.push(change(ChangeKind::Appeared, Cause::Sbom, "new_package", found, None));
                }
                (true, false) => changes.push(change(
                    ChangeKind::Disappeared,
                    cause_of_suppression(of_new.first),
                    suppression(of_new.first),
                    of_new.first,
                    Some(finding),
                )),
                (false, true) => changes.push(change(
                    ChangeKind::Appeared,
                    cause_of_suppression(finding),
                    "unsuppressed",
                    of_new.first,
                    Some(finding),
                )),
                (false, false) => {}
                (true, true) => {
                    let found = of_new.first;
                    if let Some(reason) = renaming.or_else(|| difference(finding, found)) {
                        changes.push(change(ChangeKind::Changed, Cause::Feed, reason, found, Some(finding)));
                    }
                }
            },
        }
    }
    for (identity, findings) in &new {
        let finding = findings.first;
        if old.contains_key(identity) || renamed.contains(identity) || !is_active(finding) {
            continue;
        }
        let (cause, reason) = if same_sbom || before.purls.contains(identity.purl) {
            (Cause::Feed, "new_record")
        } else {
            (Cause::Sbom, "new_package")
        };
        changes.push(change(ChangeKind::Appeared, cause, reason, finding, None));
    }
    changes
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Identity<'a> {
    id: &'a str,
    purl: &'a str,
}

/// The findings of one identity. There are several where a package is installed more than once and one of them is somebody
/// else's: the vendor of the distribution suppresses what he speaks of himself, and not the one beside it.
#[derive(Clone, Copy, Debug)]
struct Findings<'a> {
    /// The one that counts: the first that is active, where any is.
    first: &'a Value,
    /// The first that is suppressed.
    suppressed: Option<&'a Value>,
}

impl<'a> Findings<'a> {
    fn of(finding: &'a Value) -> Self {
        Self { first: finding, suppressed: (!is_active(finding)).then_some(finding) }
    }

    fn add(&mut self, finding: &'a Value) {
        if is_active(finding) {
            self.first = if is_active(self.first) { self.first } else { finding };
        } else {
            self.suppressed.get_or_insert(finding);
        }
    }

    /// Whether `other` has a finding suppressed for the reason for which one is here: then it is not that suppression which
    /// tells them apart.
    fn is_suppressed_as(&self, other: &Self) -> bool {
        let reason = |it: &Self| it.suppressed.map(|finding| &finding["suppressed"]["reason"]);
        reason(self).is_some() && reason(self) == reason(other)
    }
}

fn index(findings: &[Value]) -> BTreeMap<Identity<'_>, Findings<'_>> {
    let mut index: BTreeMap<Identity<'_>, Findings<'_>> = BTreeMap::new();
    for finding in findings {
        let identity = Identity {
            id: finding["id"].as_str().unwrap_or_default(),
            purl: finding["package"]["purl"].as_str().unwrap_or_default(),
        };
        index
            .entry(identity)
            .and_modify(|findings| findings.add(finding))
            .or_insert_with(|| Findings::of(finding));
    }
    index
}

/// The new findings of the same package that took the old one's id among its aliases.
fn successor<'a>(
    gone: &Identity<'_>,
    new: &BTreeMap<Identity<'a>, Findings<'a>>,
    old: &BTreeMap<Identity<'_>, Findings<'_>>,
) -> Option<(Identity<'a>, Findings<'a>)> {
    new.iter()
        .find(|(identity, findings)| {
            let aliases = findings.first["aliases"].as_array();
            identity.purl == gone.purl
                && !old.contains_key(identity)
                && aliases.is_some_and(|all| all.iter().any(|alias| alias == gone.id))
        })
        .map(|(identity, findings)| (*identity, *findings))
}

fn is_active(finding: &Value) -> bool {
    finding["suppressed"].is_null()
}

/// Who suppresses a finding, or did.
fn cause_of_suppression(finding: &Value) -> Cause {
    let reason = finding["suppressed"]["reason"].as_str();
    if reason.is_some_and(|reason| reason.starts_with("vex-")) { Cause::Vex } else { Cause::Feed }
}

/// The contract's word for why a finding is now suppressed.
fn suppression(finding: &Value) -> &'static str {
    match finding["suppressed"]["reason"].as_str() {
        Some("vendor-fixed" | "private-fixed") => "fixed_row",
        Some("vendor-not-affected" | "private-not-affected") => "not_affected",
        Some("record-rejected") => "withdrawn",
        _ => "suppressed",
    }
}

/// The weightiest difference between two findings of one identity, scores that move daily left out.
fn difference(before: &Value, after: &Value) -> Option<&'static str> {
    let differs = |field: &str| before[field] != after[field];
    let fix_state = |finding: &Value| finding["fix"]["state"].as_str().map(str::to_owned);
    if differs("verdict") {
        Some("verdict_changed")
    } else if fix_state(before) != fix_state(after) {
        Some(if fix_state(after).as_deref() == Some("fixed") { "fix_available" } else { "fix_state_changed" })
    } else if differs("fix") {
        Some("fix_changed")
    } else if before["severity"]["level"] != after["severity"]["level"] {
        Some("severity_changed")
    } else if before["kev"].is_null() && !after["kev"].is_null() {
        Some("kev_added")
    } else if !before["kev"].is_null() && after["kev"].is_null() {
        Some("kev_removed")
    } else if differs("aliases") {
        Some("aliases_changed")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn finding(id: &str, purl: &str) -> Value {
        json!({"id": id, "aliases": [], "verdict": "affected", "package": {"purl": purl},
               "fix": {"state": "not-fixed", "versions": []}, "severity": {"level": "high"},
               "kev": null, "epss": {"score": 0.1}, "suppressed": null})
    }

    fn with(mut finding: Value, change: impl FnOnce(&mut Value)) -> Value {
        change(&mut finding);
        finding
    }

    #[track_caller]
    fn check(before: Option<&[Value]>, after: &[Value], same_sbom: bool, expected: &[&str]) {
        let sbom =
            ChangedSbom { file: "a.json".to_owned(), digest: "d2".to_owned(), subject: "a".to_owned() };
        let purls = |findings: &[Value]| -> BTreeSet<String> {
            findings.iter().map(|finding| finding["package"]["purl"].as_str().unwrap().to_owned()).collect()
        };
        let old_purls = before.map(purls).unwrap_or_default();
        let new_purls = purls(after);
        let old_digest = if same_sbom { "d2" } else { "d1" };
        let before = before.map(|findings| Side { digest: old_digest, findings, purls: &old_purls });
        let after = Side { digest: "d2", findings: after, purls: &new_purls };
        let lines: Vec<String> = between(&sbom, before, after, &|_, _| "range_changed")
            .iter()
            .map(|change| {
                format!("{:?} {:?} {} {}", change.kind, change.cause, change.reason, change.finding["id"])
            })
            .collect();
        assert_eq!(lines, expected);
    }

    #[test]
    fn every_way_to_differ_has_its_word() {
        let a = || finding("CVE-1", "pkg:npm/a@1");
        check(None, &[a()], true, &["Appeared Sbom first_run \"CVE-1\""]);
        check(Some(&[]), &[a()], true, &["Appeared Feed new_record \"CVE-1\""]);
        let answered = with(a(), |it| it["suppressed"] = json!({"reason": "vex-fixed"}));
        check(Some(&[a()]), std::slice::from_ref(&answered), true, &["Disappeared Vex suppressed \"CVE-1\""]);
        check(Some(&[answered]), &[a()], true, &["Appeared Vex unsuppressed \"CVE-1\""]);
        check(Some(&[]), &[a()], false, &["Appeared Sbom new_package \"CVE-1\""]);
        check(Some(&[a()]), &[], true, &["Disappeared Feed range_changed \"CVE-1\""]);
        check(Some(&[a()]), &[], false, &["Disappeared Sbom package_gone \"CVE-1\""]);
        check(Some(&[a()]), &[a()], true, &[]);
        let scored = with(a(), |finding| finding["epss"]["score"] = json!(0.2));
        check(Some(&[a()]), &[scored], true, &[]);
        let fixed = with(a(), |finding| finding["fix"]["state"] = json!("fixed"));
        check(Some(&[a()]), &[fixed], true, &["Changed Feed fix_available \"CVE-1\""]);
        let exploited = with(a(), |finding| finding["kev"] = json!({"added": "2024-01-01"}));
        check(Some(&[a()]), &[exploited], true, &["Changed Feed kev_added \"CVE-1\""]);
        let quiet = with(a(), |finding| finding["suppressed"] = json!({"reason": "vendor-not-affected"}));
        check(Some(&[a()]), std::slice::from_ref(&quiet), true, &["Disappeared Feed not_affected \"CVE-1\""]);
        check(Some(std::slice::from_ref(&quiet)), &[a()], true, &["Appeared Feed unsuppressed \"CVE-1\""]);
        check(Some(&[]), &[quiet], true, &[]);
    }

    /// A language package of one purl may be installed twice, once by the distribution, which suppresses that finding.
    #[test]
    fn of_findings_of_one_id_and_purl_the_active_one_counts_wherever_it_stands() {
        let active = || finding("CVE-1", "pkg:pypi/requests@2.25.1");
        let owned = || with(active(), |it| it["suppressed"] = json!({"reason": "owned-by-distro-package"}));
        let [both, alone] = [vec![active(), owned()], vec![owned()]];
        check(None, &both, true, &["Appeared Sbom first_run \"CVE-1\""]);
        check(None, &alone, true, &[]);
        check(Some(&both), &both, true, &[]);
        check(Some(&both), &[owned(), active()], true, &[]);
        check(Some(&both), &alone, false, &["Disappeared Sbom package_gone \"CVE-1\""]);
        check(Some(&alone), &both, false, &["Appeared Sbom new_package \"CVE-1\""]);
        // The same SBOM has the same packages: somebody suppressed the other one too, or no longer does.
        check(Some(&both), &alone, true, &["Disappeared Feed suppressed \"CVE-1\""]);
        check(Some(&alone), &both, true, &["Appeared Feed unsuppressed \"CVE-1\""]);
        // What VEX answers now was not there before in these words.
        let answered = with(active(), |it| it["suppressed"] = json!({"reason": "vex-fixed"}));
        check(Some(&both), &[answered], false, &["Disappeared Vex suppressed \"CVE-1\""]);
    }

    #[test]
    fn a_finding_that_took_another_id_is_renamed_and_not_new() {
        let before = finding("GHSA-1", "pkg:npm/a@1");
        let after = with(finding("CVE-1", "pkg:npm/a@1"), |finding| finding["aliases"] = json!(["GHSA-1"]));
        check(Some(&[before]), &[after], true, &["Changed Feed alias_merged \"CVE-1\""]);
    }
}
