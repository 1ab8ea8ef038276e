//! Ruby gems that are installed: the specifications that RubyGems writes anew as Ruby code, one statement a line.
//!
//! Specifications that people write, with code in them, are not read: RubyGems leaves none in `specifications`. What is
//! needed only for development is left out, because it is not installed with the gem.

mod literal;

use model::ecosystem::Ecosystem;
use model::gap::{Gap, GapKind};
use model::package::{Mark, Package};
use model::purl::Purl;

use super::file::is_legible;
use super::{Cataloger, Fact, FactTree, Facts, File, Finds, Found, PackageFact, Wants};

pub(super) static CATALOGER: Cataloger = Cataloger {
    name: "ruby-gemspec",
    version: 2,
    finds: Finds::Installed,
    wants: Wants::Paths(&["**/specifications/*.gemspec", "**/specifications/default/*.gemspec"]),
    read,
    assemble,
};

/// What a specification says.
#[derive(Debug, Default)]
struct Specification {
    name: String,
    version: String,
    platform: String,
    licenses: Vec<String>,
    authors: Vec<String>,
    needs: Vec<String>,
    needs_for_development: Vec<String>,
}

fn read(file: &mut File<'_>, facts: &mut Facts) {
    let Some(text) = file.text(facts) else { return };
    let Some(specification) = specification(&text) else {
        return facts.push(Fact::Gap(file.unreadable(&"it specifies no gem")));
    };
    let Specification { name, version, platform, .. } = &specification;
    if name.is_empty() {
        return facts.push(Fact::Gap(file.unreadable(&"the specification states no name")));
    }
    if version.is_empty() {
        let detail = format!("the specification of `{name}` states no version; it cannot be judged");
        return facts.push(Fact::Gap(Gap::new(GapKind::MISSING_FACT, file.path, detail)));
    }
    if ![name, version, platform].into_iter().all(|text| is_legible(text)) {
        return facts.push(Fact::Gap(file.unreadable(&"the specification has an illegible name or version")));
    }
    let mut package = package(name, version, platform);
    package.licenses = specification.licenses.into();
    package.licenses.sort();
    package.supplier = (!specification.authors.is_empty()).then(|| specification.authors.join(", "));
    if file.path.rsplit('/').nth(1) == Some("default") {
        package.marks.push(Mark::DefaultGem);
    }
    let mut requires = specification.needs;
    requires.retain(|name| !specification.needs_for_development.contains(name));
    requires.sort();
    requires.dedup();
    let fact = PackageFact { requires, ..PackageFact::new(package) };
    facts.push(Fact::Package(fact.stating_needs()));
}

/// A gem. The platform `ruby` is that of gems without compiled code.
pub(super) fn package(name: &str, version: &str, platform: &str) -> Package {
    let platform = if platform == "ruby" { "" } else { platform };
    let purl = Purl::new("gem", name).with_version(version).with_qualifier("platform", platform);
    let mut package = Package::new(Ecosystem::Gem, name, version, purl.to_string());
    package.architecture = platform.split_once('-').map(|(architecture, _)| architecture.to_owned());
    package
}

/// The first specification of `text`.
fn specification(text: &str) -> Option<Specification> {
    let mut specification = Specification::default();
    let mut stub = "";
    let mut lines = text.lines();
    let variable = lines.by_ref().find_map(|line| {
        stub = line.trim().strip_prefix("# stub: ").unwrap_or(stub);
        let (_, block) = line.split_once("Gem::Specification.new")?;
        let (_, variable) = block.split_once('|')?;
        variable.split_once('|').map(|(variable, _)| variable.trim())
    })?;
    for line in lines {
        let statement = line.trim_start().strip_prefix(variable).and_then(|rest| rest.strip_prefix('.'));
        if let Some(statement) = statement {
            specification.state(statement);
        }
    }
    // `# stub: NAME VERSION PLATFORM …`, which RubyGems itself reads instead of the code.
    let mut stub = stub.split(' ');
    for field in [&mut specification.name, &mut specification.version, &mut specification.platform] {
        let stated = stub.next().unwrap_or_default();
        if field.is_empty() {
            stated.clone_into(field);
        }
    }
    Some(specification)
}

impl Specification {
    /// `name = "demo".freeze`, `add_runtime_dependency(%q<other>.freeze, [">= 0"])`
    fn state(&mut self, statement: &str) {
        let end = statement.find(|character: char| !character.is_alphanumeric() && character != '_');
        let (attribute, rest) = statement.split_at(end.unwrap_or(statement.len()));
        let rest = rest.trim_start();
        let first = || literal::strings(rest).into_iter().next();
        match (attribute, rest.starts_with('=') && !rest.starts_with("==")) {
            ("name", true) => self.name = first().unwrap_or_default(),
            ("version", true) => self.version = first().unwrap_or_default(),
            ("platform", true) => self.platform = first().unwrap_or_default(),
            ("license" | "licenses", true) => self.licenses = literal::strings(rest),
            ("author" | "authors", true) => self.authors = literal::strings(rest),
            ("add_runtime_dependency" | "add_dependency", false) => self.needs.extend(first()),
            ("add_development_dependency", false) => self.needs_for_development.extend(first()),
            _ => {}
        }
    }
}

fn assemble(tree: &FactTree<'_>, found: &mut Found) {
    found.packages_of(tree, CATALOGER.name);
}
