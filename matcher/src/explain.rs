//! Why a package is, or is not, affected: every row that speaks of an id, and what became of it (feeds.md D1, D4).
//!
//! Nothing is judged here a second time: statements, groups and decisions are those of [`find`](crate::find()), which also
//! says why a statement was passed over. Added is what `find` has no use for: the rows that are kept away from the
//! package, the bounds that decided, and the way from the id to each record.

mod comparison;
mod path;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use model::advisory::{AdvisorySet, Affected, AffectedRange, Conditions, RecordKind, RecordState, Row};
use model::ecosystem::Ecosystem;
use model::explanation::{
    Answer, Condition, Explained, ExplainedKey, ExplainedOwner, ExplainedRow, KeptAway, PassedOver, Saying,
    Standing,
};
use model::facts::FeedFacts;
use model::text::ShortText;

use crate::alias::{self, Group};
use crate::authority::{self, Statement, Trace};
use crate::case::{Case, Consulted, Owner, Role};
use crate::coverage::unmatched_reason;
use crate::find::{Judge, OwnerRows, OwnerSays, applies, confidence, discloses, stands, statements};
use crate::gate::{Gate, Holds};
use crate::range::{cut, describe};
use crate::version::{self, VersionScheme};
use crate::{cpe, epoch};
use comparison::comparisons;
use path::Paths;

/// What every one of `cases` has to do with `id`, which is compared without case.
///
/// One for each case, and more where the id stands for several vulnerabilities of a package: the id of a bulletin, say. Time
/// is that of [`find`](crate::find()) for the cases in which a row names the id, and of reading the ids of all rows.
pub fn explain(cases: &[Case], advisories: &AdvisorySet, facts: &FeedFacts, id: &str) -> Vec<Explained> {
    let mut owners = OwnerRows::new(advisories);
    let mut explained = Vec::new();
    for case in cases {
        let explain = Explain { case, advisories, facts, id };
        explained.extend(explain.vulnerabilities(&mut owners));
    }
    explained
}

struct Explain<'a, 'i> {
    case: &'a Case,
    advisories: &'a AdvisorySet,
    facts: &'i FeedFacts,
    id: &'i str,
}

impl<'a> Explain<'a, '_> {
    fn vulnerabilities(&self, owners: &mut OwnerRows<'a>) -> Vec<Explained> {
        let is_asked = |id: &str| id.eq_ignore_ascii_case(self.id);
        let scheme = version::for_package(self.case.ecosystem);
        let rows = |consulted: &'a Consulted| rows(self.advisories, consulted);
        let is_spoken_of = self.case.consulted.iter().flat_map(rows).any(|row| ids_of(row).any(is_asked));
        if !is_spoken_of {
            return vec![self.nothing(Answer::NoRow, Vec::new())];
        }
        let statements = statements(self.case, scheme, self.advisories);
        let rows: Vec<&Row> = statements.iter().map(|statement| statement.row).collect();
        let groups = alias::groups(&rows, |_| true);
        let asked = groups.iter().filter(|group| group.ids().any(is_asked));
        let explained: Vec<Explained> =
            asked.filter_map(|group| self.vulnerability(group, &statements, scheme, owners)).collect();
        if !explained.is_empty() {
            return explained;
        }
        let mut kept_away = self.side(scheme).kept_away(&is_asked);
        arrange(self.id, &mut kept_away);
        vec![self.nothing(Answer::KeptAway, kept_away)]
    }

    /// The explanation where no row that counts speaks of the id.
    fn nothing(&self, answer: Answer, rows: Vec<ExplainedRow>) -> Explained {
        let unmatched = unmatched_reason(self.case, self.advisories).map(|(reason, by)| (reason, by.clone()));
        let answer = match (answer, &unmatched) {
            (Answer::NoRow, Some((reason, by))) => {
                Answer::NotJudged { reason: *reason, namespace: by.clone() }
            }
            (answer, _) => answer,
        };
        Explained {
            packages: self.case.packages.clone(),
            answer,
            ids: Vec::new(),
            fix: None,
            keys: self.keys(&self.case.consulted),
            unmatched,
            rows,
            owner: None,
            by_cpe_name: None,
        }
    }

    fn vulnerability(
        &self,
        group: &Group<'a>,
        statements: &[Statement<'a>],
        scheme: &'static VersionScheme,
        owners: &mut OwnerRows<'a>,
    ) -> Option<Explained> {
        let case = self.case;
        let statements: Vec<Statement<'a>> = group.rows.iter().map(|&row| statements[row]).collect();
        let judge = Judge { case, scheme, group, statements: &statements };
        let mut reasons = Reasons::of(&statements);
        let judged = judge.judge(owners, &mut reasons)?;
        let is_by_owner = judged.overruled.as_ref().is_some_and(|overruled| overruled.is_by_owner);
        for &index in judged.decision.deciders.iter().filter(|_| is_by_owner) {
            reasons.0[index] = Some(PassedOver::ByOwner);
        }

        let ids: Vec<&str> = group.ids().collect();
        let named: BTreeSet<&str> = ids.iter().copied().collect();
        let is_named = |id: &str| named.contains(id) || id.eq_ignore_ascii_case(self.id);
        let side = self.side(scheme);
        let mut rows = side.kept_away(&is_named);
        rows.extend(side.weighed(&statements, &reasons));
        arrange(self.id, &mut rows);

        let is_positive = statements.iter().any(|statement| statement.answer.is_positive());
        let answer = match is_positive {
            true => Answer::Finding { verdict: judged.verdict(), suppressed: judged.suppression() },
            false => Answer::NoFinding(saying(judged.decision.answer)),
        };
        let owner = case.owner.as_ref().filter(|_| is_positive);
        Some(Explained {
            answer,
            ids: ids.into_iter().map(str::to_owned).collect(),
            fix: is_positive.then(|| judge.fix(&judged.decision)),
            owner: owner.map(|owner| self.owner(owner, group, &is_named, is_by_owner, owners)),
            ..self.nothing(Answer::KeptAway, rows)
        })
    }

    /// What the vendor of the package that owns the files says of the vulnerability.
    fn owner(
        &self,
        owner: &'a Owner,
        group: &Group<'a>,
        is_named: &impl Fn(&str) -> bool,
        decided: bool,
        owners: &mut OwnerRows<'a>,
    ) -> ExplainedOwner {
        let ids: Vec<&'a str> = group.ids().collect();
        let mut statements = owners.statements(owner, ids.iter().copied());
        // A row that names several of the ids is found by each.
        let mut seen = BTreeSet::new();
        statements.retain(|it| seen.insert((std::ptr::from_ref(it.row), std::ptr::from_ref(it.consulted))));
        let mut reasons = Reasons::of(&statements);
        let says = OwnerSays::of(owner, &statements, &mut reasons);
        debug_assert_eq!(says.is_some(), !statements.is_empty());
        let mut rows = Vec::new();
        if let Some(scheme) = version::for_ecosystem(owner.ecosystem) {
            let side = Side {
                advisories: self.advisories,
                consulted: &owner.consulted,
                ecosystem: owner.ecosystem,
                gate: &owner.gate,
                scheme,
                confidence: self.case.confidence,
            };
            rows = side.kept_away(is_named);
            rows.extend(side.weighed(&statements, &reasons));
        }
        arrange(self.id, &mut rows);
        let keys = self.keys(&owner.consulted);
        ExplainedOwner { purl: owner.purl.clone(), coverage: owner.coverage, keys, rows, decided }
    }

    fn keys(&self, consulted: &[Consulted]) -> Vec<ExplainedKey> {
        let coverage =
            |consulted: &Consulted| Some(self.facts.namespaces.get(&consulted.key.namespace)?.coverage);
        let key = |consulted: &Consulted| ExplainedKey {
            key: consulted.key.clone(),
            match_type: consulted.match_type,
            version: consulted.version.clone(),
            n_rows: self.advisories.rows.get(&consulted.key).map(Vec::len),
            coverage: coverage(consulted),
        };
        consulted.iter().map(key).collect()
    }

    fn side(&self, scheme: &'static VersionScheme) -> Side<'a> {
        let Case { consulted, ecosystem, gate, confidence, .. } = self.case;
        let (advisories, ecosystem, confidence) = (self.advisories, *ecosystem, *confidence);
        Side { advisories, consulted, ecosystem, gate, scheme, confidence }
    }
}

/// Who is asked about: the package itself, or the one that owns its files.
struct Side<'a> {
    advisories: &'a AdvisorySet,
    consulted: &'a [Consulted],
    ecosystem: Ecosystem,
    gate: &'a Gate,
    scheme: &'static VersionScheme,
    confidence: f64,
}

impl<'a> Side<'a> {
    /// The statements, each with what became of it.
    fn weighed(&self, statements: &[Statement<'a>], reasons: &Reasons) -> Vec<ExplainedRow> {
        let weighed = statements.iter().zip(&reasons.0).map(|(statement, reason)| {
            self.row(statement, reason.map_or(Standing::Decided, Standing::PassedOver))
        });
        weighed.collect()
    }

    /// The rows under the keys that name one of the ids and make no statement.
    fn kept_away(&self, is_named: &impl Fn(&str) -> bool) -> Vec<ExplainedRow> {
        let mut explained = Vec::new();
        for consulted in self.consulted {
            let named = rows(self.advisories, consulted).filter(|row| ids_of(row).any(is_named));
            explained.extend(named.filter_map(|row| self.kept_away_row(row, consulted)));
        }
        explained
    }

    /// The row, if it makes no statement: asked is what `find` asks of it, in the same order.
    fn kept_away_row(&self, row: &'a Row, consulted: &'a Consulted) -> Option<ExplainedRow> {
        let scheme = self.gate.scheme(self.scheme, &consulted.key);
        let check = self.gate.check(row, &consulted.version, scheme);
        let containment = scheme.containment(consulted.version.as_str(), &row.affected);
        // The whole version is told of under the same key.
        if !cpe::counts(row, consulted, containment, scheme) {
            return None;
        }
        let reason = match row {
            _ if !stands(row, self.ecosystem) => is_no_more(row),
            _ if check.holds == Holds::No => KeptAway::Condition(check.condition),
            _ if !discloses(row, consulted.role) => match consulted.role {
                Role::Changed => KeptAway::DenialOfAnother,
                Role::Own | Role::Disclosure | Role::Cpe | Role::Guess => KeptAway::VersionsOfAnother,
            },
            _ if !applies(row, containment) => KeptAway::OtherVersions,
            _ => return None,
        };
        let answer = authority::Answer::of(row.affected.status, containment);
        let is_doubtful = check.holds == Holds::Unknown;
        let statement = Statement { row, consulted, containment, answer, is_doubtful };
        Some(self.row(&statement, Standing::KeptAway(reason)))
    }

    fn row(&self, statement: &Statement<'a>, standing: Standing) -> ExplainedRow {
        let Statement { row, consulted, containment, answer, .. } = *statement;
        let scheme = self.gate.scheme(self.scheme, &consulted.key);
        let affected = &row.affected;
        ExplainedRow {
            record: row.record.to_string(),
            provider: row.provider.to_string(),
            key: consulted.key.clone(),
            match_type: consulted.match_type,
            // The record's ids, until the way to it is found.
            path: ids_of(row).map(str::to_owned).collect(),
            kind: row.kind,
            state: row.state,
            status: affected.status,
            fix_state: affected.fix_state,
            reason: affected.aside.reason.clone(),
            justification: affected.aside.justification.clone(),
            range: versions(affected),
            comparisons: comparisons(scheme, &consulted.version, affected, containment),
            conditions: conditions(row, consulted, self.gate, scheme),
            saying: saying(answer),
            confidence: confidence(self.confidence, statement),
            standing,
        }
    }
}

/// The rows under a key.
fn rows<'a>(advisories: &'a AdvisorySet, consulted: &Consulted) -> impl Iterator<Item = &'a Row> + use<'a> {
    advisories.rows.get(&consulted.key).into_iter().flatten()
}

/// Puts the rows in order, each once, and finds the way from the id to each.
fn arrange(id: &str, rows: &mut Vec<ExplainedRow>) {
    let rank = |row: &ExplainedRow| match row.standing {
        Standing::Decided => 0,
        Standing::PassedOver(_) => 1,
        Standing::KeptAway(_) => 2,
    };
    // The order is whole: rows that differ in anything must not stand as they came from the shards.
    let rest = |row: &ExplainedRow| {
        let words =
            (row.kind, row.state, row.status, row.fix_state, row.match_type, row.saying, row.standing);
        format!("{words:?} {:?} {:?} {}", row.comparisons, row.conditions, row.confidence)
    };
    rows.sort_by(|left, right| {
        (rank(left), &left.key, &left.provider, &left.record, &left.range)
            .cmp(&(rank(right), &right.key, &right.provider, &right.record, &right.range))
            .then_with(|| (&left.reason, &left.justification).cmp(&(&right.reason, &right.justification)))
            .then_with(|| left.path.cmp(&right.path))
            .then_with(|| rest(left).cmp(&rest(right)))
    });
    rows.dedup();
    let paths = Paths::from(id, rows);
    for row in rows {
        row.path = paths.to(&row.record);
    }
}

/// Why each statement did not decide; none for those that did.
struct Reasons(Vec<Option<PassedOver>>);

impl Reasons {
    fn of(statements: &[Statement<'_>]) -> Self {
        Self(vec![None; statements.len()])
    }
}

impl Trace for Reasons {
    fn passed_over(&mut self, positions: impl Iterator<Item = usize>, why: PassedOver) {
        for position in positions {
            self.0[position].get_or_insert(why);
        }
    }
}

fn ids_of(row: &Row) -> impl Iterator<Item = &str> {
    std::iter::once(&row.record).chain(&row.aliases).map(ShortText::as_str)
}

fn is_no_more(row: &Row) -> KeptAway {
    match (row.kind, row.state) {
        (RecordKind::Notice, _) => KeptAway::Notice,
        (_, RecordState::Rejected) => KeptAway::Rejected,
        _ => KeptAway::Withdrawn,
    }
}

fn saying(answer: authority::Answer) -> Saying {
    match answer {
        authority::Answer::Affected => Saying::Affected,
        authority::Answer::Undetermined(reason) => Saying::Undetermined(reason),
        authority::Answer::Fixed => Saying::Fixed,
        authority::Answer::NeverAffected => Saying::NeverAffected,
        authority::Answer::Outside => Saying::Outside,
    }
}

/// How many of a list are told; the rest are counted.
const LISTED_MAX: usize = 8;

/// All that a row says of versions.
fn versions(affected: &Affected) -> String {
    let ranges = |ranges: &[AffectedRange]| list(ranges.iter().map(describe), " || ");
    let mut parts = Vec::new();
    if !affected.ranges.is_empty() {
        parts.push(ranges(&affected.ranges));
    }
    if !affected.versions.is_empty() {
        let versions = affected.versions.iter().map(|version| cut(version.as_str()).into_owned());
        parts.push(format!("one of {}", list(versions, ", ")));
    }
    if parts.is_empty() {
        parts.push("all versions".to_owned());
    }
    let mut text = parts.join(" || ");
    if !affected.aside.unaffected.is_empty() {
        text.push_str(&format!(", but not {}", ranges(&affected.aside.unaffected)));
    }
    text
}

fn list(texts: impl ExactSizeIterator<Item = String>, separator: &str) -> String {
    let more = texts.len().saturating_sub(LISTED_MAX);
    let mut text = texts.take(LISTED_MAX).collect::<Vec<_>>().join(separator);
    if more > 0 {
        text.push_str(&format!(" and {more} more"));
    }
    text
}

/// What a row asks besides the version, and what of it holds.
fn conditions(row: &Row, consulted: &Consulted, gate: &Gate, scheme: &VersionScheme) -> Vec<Condition> {
    let condition = |name: &'static str, asked: String, holds: Holds| Condition {
        name,
        asked,
        has: gate.has(name),
        holds: match holds {
            Holds::Yes => Some(true),
            Holds::Unknown => None,
            Holds::No => Some(false),
        },
    };
    // What the software of a CPE name is made for is judged with the name.
    let of_name = gate.answers_of_name(row);
    let is_told = |name: &str| of_name.is_none() || name != "target-software";
    let Some(conditions) = row.affected.conditions.as_deref() else {
        let check = gate.check(row, &consulted.version, scheme);
        let asked = match check.condition {
            "epoch" => epoch::asked(row).unwrap_or_default().to_owned(),
            name => name_asked(row, name),
        };
        let held = (check.holds != Holds::Yes).then(|| condition(check.condition, asked, check.holds));
        return held.into_iter().collect();
    };
    let answers = gate.answers(conditions, row, &consulted.version, scheme).into_iter();
    let answers = answers.filter(|(_, name)| is_told(name));
    // The gate does not check whether a function is called: nothing tells.
    let answers = answers.chain([(Holds::Unknown, "functions")]);
    let answers = answers.map(|(holds, name)| (holds, name, asked(conditions, name)));
    // Without names nothing is known of what is beside.
    let of_name = of_name.unwrap_or([(Holds::Yes, "cpe"), (Holds::Unknown, "platform")]);
    let of_name = of_name.into_iter().map(|(holds, name)| {
        let asked = if name == "cpe" { name_asked(row, name) } else { asked(conditions, name) };
        (holds, name, asked)
    });
    let is_unchecked = |name: &str| matches!(name, "functions" | "platform");
    let of_epoch = gate.has_epoch_of(row).holds;
    let of_epoch =
        epoch::asked(row).filter(|_| of_epoch != Holds::Yes).map(|it| (of_epoch, "epoch", it.to_owned()));
    answers
        .chain(of_name)
        .chain(of_epoch)
        .filter(|(holds, name, asked)| *holds != Holds::Yes && !is_unchecked(name) || !asked.is_empty())
        .map(|(holds, name, asked)| condition(name, asked, holds))
        .collect()
}

/// What the name of a row's CPE asks besides vendor, product and version, and what it is made for; empty where nothing is.
fn name_asked(row: &Row, name: &str) -> String {
    if name != "cpe" {
        return String::new();
    }
    let target = row.affected.conditions.as_deref().and_then(|asked| asked.target_software.as_deref());
    let texts = [row.affected.aside.name.as_deref(), target].into_iter().flatten();
    texts.map(|text| cut(text).into_owned()).collect::<Vec<_>>().join(" for ")
}

/// What is asked, for people; empty where nothing is.
fn asked(conditions: &Conditions, name: &str) -> String {
    let one =
        |text: &Option<Box<str>>| text.as_deref().map(|text| cut(text).into_owned()).unwrap_or_default();
    let several = |texts: &[Box<str>]| list(texts.iter().map(|text| cut(text).into_owned()), ", ");
    match name {
        "module" => one(&conditions.module),
        "flavour" => one(&conditions.flavour),
        "architecture" => several(&conditions.architectures),
        "channel" if conditions.channel.is_some() => one(&conditions.channel),
        "channel" => several(&conditions.products),
        "system" => several(&conditions.systems),
        "imports" => list(conditions.imports.iter().map(|import| cut(&import.path).into_owned()), ", "),
        "target-software" => one(&conditions.target_software),
        "line" => {
            conditions.line.as_ref().map(|line| format!(">= {}", cut(line.as_str()))).unwrap_or_default()
        }
        "version-mark" => one(&conditions.version_mark),
        "vendor" => one(&conditions.vendor),
        "functions" => several(&conditions.functions),
        "platform" if conditions.platform.is_some() => "other software beside it".to_owned(),
        _ => String::new(),
    }
}
