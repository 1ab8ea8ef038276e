//! Applications of Erlang's OTP that are installed: the resource file `ebin/NAME.app` of each, be it part of OTP itself,
//! of a release or of a build directory.
//!
//! `{application, name, [{vsn, "1.0.0"}, {applications, [kernel, stdlib]}, …]}.`

use model::ecosystem::Ecosystem;
use model::package::Package;
use model::purl::Purl;

use super::facts::PackageFact;
use super::records::is_identified;
use super::terms::{self, Syntax, Term};
use super::{Cataloger, Fact, FactTree, Facts, File, Finds, Found, Wants};

pub(super) static CATALOGER: Cataloger = Cataloger {
    name: "otp-app",
    version: 2,
    finds: Finds::Installed,
    wants: Wants::Paths(&["**/ebin/*.app"]),
    read,
    assemble,
};

fn read(file: &mut File<'_>, facts: &mut Facts) {
    let Some(text) = file.text(facts) else { return };
    let (terms, problem) = terms::parse(&text, Syntax::Erlang);
    let application = terms.iter().find_map(|term| match term.tuple() {
        [Term::Atom(kind), name, properties, ..] if kind == "application" => Some((name, properties)),
        _ => None,
    });
    // Without the word the file is of another kind.
    if let Some(problem) = problem.filter(|_| text.contains("application")) {
        facts.push(Fact::Gap(file.unreadable(&problem)));
    }
    let Some((name, properties)) = application else { return };
    let name = name.text().unwrap_or_default();
    let version = properties.get("vsn").and_then(Term::text).unwrap_or_default();
    if !is_identified(file, facts, name, version) {
        return;
    }
    let purl = Purl::new("otp", name).with_version(version).to_string();
    let mut package = Package::new(Ecosystem::Otp, name, version, purl);
    let texts = |key: &str| {
        let list = properties.get(key).map_or(&[][..], Term::list);
        list.iter().filter_map(Term::text).map(str::to_owned).collect::<Vec<_>>()
    };
    package.licenses = texts("licenses").into();
    package.licenses.sort();
    package.supplier = Some(texts("maintainers").join(", ")).filter(|names| !names.is_empty());
    let mut fact = PackageFact::new(package);
    for key in ["applications", "included_applications", "optional_applications"] {
        fact.requires.extend(texts(key));
    }
    facts.push(Fact::Package(fact.stating_needs()));
}

fn assemble(tree: &FactTree<'_>, found: &mut Found) {
    found.packages_of(tree, CATALOGER.name);
}
