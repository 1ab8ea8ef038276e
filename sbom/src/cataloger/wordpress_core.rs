//! WordPress itself: the version that its `wp-includes/version.php` states.

use std::ops::ControlFlow;

use model::ecosystem::Ecosystem;
use model::gap::{Gap, GapKind};
use model::package::{Certainty, Package, PackageKind};
use model::purl::Purl;

use super::file::is_legible;
use super::{Cataloger, Fact, FactTree, Facts, File, Finds, Found, Wants};

pub(super) static CATALOGER: Cataloger = Cataloger {
    name: "wordpress-core",
    version: 1,
    finds: Finds::Installed,
    wants: Wants::Paths(&["**/wp-includes/version.php"]),
    read,
    assemble,
};

fn read(file: &mut File<'_>, facts: &mut Facts) {
    let mut version = None;
    file.for_each_line(facts, |_, _, line| {
        let value =
            line.trim().strip_prefix("$wp_version").and_then(|rest| rest.trim_start().strip_prefix('='));
        version = value.and_then(quoted).map(str::to_owned);
        if value.is_some() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    let Some(version) = version else {
        let detail = "WordPress states no version; it cannot be judged";
        return facts.push(Fact::Gap(Gap::new(GapKind::MISSING_FACT, file.path, detail)));
    };
    if !is_legible(&version) {
        return facts.push(Fact::Gap(file.unreadable(&"WordPress has an illegible version")));
    }
    let purl = Purl::new("generic", "wordpress").with_version(&version).to_string();
    let mut package = Package::new(Ecosystem::Generic, "wordpress", &version, purl);
    package.kind = PackageKind::Application;
    package.certainty = Certainty::Inferred;
    // A release is `6.4.2`, what precedes one `6.5-beta1`.
    let (release, update) = version.split_once('-').unwrap_or((&version, "*"));
    let is_plain =
        |part: &str| part == "*" || part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'.');
    if is_plain(release) && is_plain(update) {
        package.cpes = vec![format!("cpe:2.3:a:wordpress:wordpress:{release}:{update}:*:*:*:*:*:*")].into();
    }
    facts.package(package);
}

/// The text in quotes that `code` begins with.
fn quoted(code: &str) -> Option<&str> {
    let code = code.trim_start();
    let quote = code.chars().next().filter(|first| matches!(first, '\'' | '"'))?;
    let (text, _) = code[1..].split_once(quote)?;
    (!text.is_empty()).then_some(text)
}

fn assemble(tree: &FactTree<'_>, found: &mut Found) {
    found.packages_of(tree, CATALOGER.name);
}
