//! The page that the measurement is written to.

use std::collections::BTreeMap;
use std::fs;

use super::labels::Image;
use super::{Difference, Score};

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/reference/accuracy.md");

/// Compares the page with what was measured, or writes it.
#[track_caller]
pub(super) fn check(images: &[Image], scores: &BTreeMap<String, Score>, differences: &[Difference]) {
    let mut page = include_str!("page.md").to_owned();
    for (mark, text) in [
        ("{summary}", summary(scores)),
        ("{score}", score(scores)),
        ("{unmeasured}", unmeasured(scores)),
        ("{argued}", argued(differences)),
        ("{images}", distributions(images)),
    ] {
        page = page.replace(&format!("{mark}\n"), &text);
    }
    if testkit::bless() {
        fs::write(PAGE, &page).unwrap();
    }
    assert_eq!(fs::read_to_string(PAGE).unwrap_or_default(), page, "PLIMSOLL_BLESS=1 writes {PAGE}");
}

fn summary(scores: &BTreeMap<String, Score>) -> String {
    let all = sum(scores);
    let Score { found, missed, of_others, quiet, reported, .. } = all;
    let (n_spoken_of, n_positive) = (found + missed, found + missed + of_others);
    let n_negative = quiet + reported;
    let n_measured = n_positive + n_negative;
    let n_labels = n_measured + all.n_unmeasured();
    format!(
        "Of {n_labels} labels {n_measured} can be measured ({}). Of {n_spoken_of} true positives of whose package the \
         feed speaks, {found} are found ({}); with the {of_others} that it has for other packages only, {found} of \
         {n_positive} ({}). Of {n_negative} false positives {reported} are reported, nearly all because the label knows \
         more of the package than the feed says.\n",
        percent(n_measured, n_labels),
        percent(found, n_spoken_of),
        percent(found, n_positive),
    )
}

fn sum(scores: &BTreeMap<String, Score>) -> Score {
    scores.values().fold(Score::default(), |mut all, score| {
        all.found += score.found;
        all.missed += score.missed;
        all.of_others += score.of_others;
        all.quiet += score.quiet;
        all.reported += score.reported;
        for (why, n) in &score.unmeasured {
            *all.unmeasured.entry(why.clone()).or_default() += n;
        }
        all
    })
}

/// The score of each ecosystem and of all, as a table.
pub(super) fn score(scores: &BTreeMap<String, Score>) -> String {
    let rows: String = scores.iter().map(|(ecosystem, score)| line(ecosystem, score)).collect();
    rows + &line("**all**", &sum(scores))
}

fn line(ecosystem: &str, score: &Score) -> String {
    let n_unmeasured = score.n_unmeasured();
    let Score { found, missed, of_others, quiet, reported, .. } = score;
    let n_measured = found + missed + of_others + quiet + reported;
    let share = percent(*found, found + missed);
    let unmeasured = percent(n_unmeasured, n_unmeasured + n_measured);
    format!(
        "| {ecosystem} | {found} | {missed} | {share} | {of_others} | {quiet} | {reported} | {n_unmeasured} | {unmeasured} |\n"
    )
}

/// `n` of `of` in hundredths, with one decimal; nothing of nothing.
fn percent(n: usize, of: usize) -> String {
    match (n * 1000).checked_div(of) {
        Some(tenths) => format!("{}.{} %", tenths / 10, tenths % 10),
        None => String::new(),
    }
}

pub(super) fn unmeasured(scores: &BTreeMap<String, Score>) -> String {
    let rows = scores.iter().flat_map(|(ecosystem, score)| {
        score.unmeasured.iter().map(move |(why, n)| format!("| {ecosystem} | {why} | {n} |\n"))
    });
    rows.collect()
}

fn argued(differences: &[Difference]) -> String {
    let cell = |text: &str| text.replace('|', "\\|");
    let rows = differences.iter().map(|Difference { image, package, id, word, ours, why }| {
        let why = why.unwrap_or_default();
        format!("| {image} | {package} | {id} | {} | {} | {} |\n", word.as_str(), cell(ours), cell(why))
    });
    rows.collect()
}

fn distributions(images: &[Image]) -> String {
    let rows = images.iter().map(|image| match image.distro {
        Some(distro) => {
            format!("| {} | {} {} | {} |\n", image.name, distro.id, distro.version, distro.shown_by)
        }
        None => format!("| {} | | its labels name no package of a distribution |\n", image.name),
    });
    rows.collect()
}
