//! Ruby gems that Bundler locked: `Gemfile.lock`, `gems.locked`.
//!
//! Sections begin at the margin. In those of sources (`GEM`, `GIT`, `PATH`, `PLUGIN SOURCE`), `specs:` lists gems at four
//! spaces and what each needs at six. `PATH` with the remote `.` is the project itself. Groups are not recorded, so
//! nothing is told to be for development.

use std::collections::HashMap;
use std::ops::ControlFlow;

use model::package::{Dependencies, Mark};

use super::file::is_legible;
use super::locked::{CANDIDATES_MAX, Locked, Place};
use super::{Cataloger, Fact, FactTree, Facts, File, Finds, Found, Wants, ruby_gemspec};

pub(super) static CATALOGER: Cataloger = Cataloger {
    name: "gemfile-lock",
    version: 2,
    finds: Finds::Declared,
    wants: Wants::Paths(&["**/Gemfile.lock", "**/Gemfile.next.lock", "**/gems.locked"]),
    read,
    assemble,
};

/// Where in the file a line stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Section {
    /// A registry's gems.
    Gem,
    /// Gems from a repository, or from a directory other than the project's.
    Unreleased,
    /// The project's own gem.
    Project,
    Checksums,
    Other,
}

#[derive(Debug, PartialEq, Eq)]
struct Spec {
    name: String,
    version: String,
    platform: String,
    unreleased: bool,
    needs: Vec<String>,
    /// As written.
    stated: String,
}

fn read(file: &mut File<'_>, facts: &mut Facts) {
    let mut section = Section::Other;
    let mut specs: Vec<Spec> = Vec::new();
    let mut checksums = HashMap::new();
    let mut in_specs = false;
    file.for_each_line(facts, |facts, number, line| {
        let text = line.trim();
        match line.len() - line.trim_start_matches(' ').len() {
            _ if text.is_empty() => {}
            0 => {
                in_specs = false;
                section = match text {
                    "GEM" => Section::Gem,
                    "GIT" | "PATH" | "PLUGIN SOURCE" => Section::Unreleased,
                    "CHECKSUMS" => Section::Checksums,
                    _ => Section::Other,
                };
            }
            2 if section == Section::Checksums => checksums.extend(checksum(text)),
            2 if text == "specs:" => in_specs = true,
            2 if section == Section::Unreleased && text == "remote: ." => section = Section::Project,
            4 if in_specs => match spec(text, section == Section::Unreleased) {
                // Bundler leaves out what its platform does not have.
                _ if matches!(section, Section::Other | Section::Project) => {}
                Some(spec) => specs.push(spec),
                None => {
                    let why = format!("line {number} states no name and version");
                    facts.push(Fact::Gap(file.unreadable_record(&why)));
                }
            },
            6 if in_specs && matches!(section, Section::Gem | Section::Unreleased) => {
                let name = text.split(' ').next().unwrap_or(text).trim_end_matches('!');
                specs.iter_mut().last().into_iter().for_each(|spec| spec.needs.push(name.to_owned()));
            }
            _ => {}
        }
        ControlFlow::Continue(())
    });
    tell(facts, &specs, &checksums);
}

/// `name (1.0.0)`, `name (1.0.0-x86_64-linux)`
fn spec(text: &str, unreleased: bool) -> Option<Spec> {
    let (name, version) = text.strip_suffix(')')?.split_once(" (")?;
    let (version, platform) = version.split_once('-').unwrap_or((version, ""));
    let is_whole = !name.is_empty() && !version.is_empty() && is_legible(name) && is_legible(version);
    let [name, version, platform, stated] = [name, version, platform, text].map(str::to_owned);
    is_whole.then_some(Spec { name, version, platform, unreleased, needs: Vec::new(), stated })
}

/// `name (1.0.0-java)` and `sha256:HEX` of `name (1.0.0-java) sha256=HEX`.
fn checksum(text: &str) -> Option<(String, String)> {
    let (stated, digest) = text.rsplit_once(' ')?;
    let digest = digest.strip_prefix("sha256=").filter(|hex| hex.len() == 64)?;
    Some((stated.to_owned(), format!("sha256:{digest}")))
}

fn tell(facts: &mut Facts, specs: &[Spec], checksums: &HashMap<String, String>) {
    let mut locked = Locked::default();
    let mut by_name: HashMap<&str, Vec<Place>> = HashMap::new();
    let mut places = Vec::new();
    for spec in specs {
        let mut package = ruby_gemspec::package(&spec.name, &spec.version, &spec.platform);
        package.digests = checksums.get(&spec.stated).cloned().into_iter().collect();
        if spec.unreleased {
            package.marks.push(Mark::Unreleased);
        }
        package.depends_on = Dependencies::none_if(spec.needs.is_empty());
        let place = locked.add(package);
        places.push(place);
        by_name.entry(&spec.name).or_default().push(place);
    }
    for (spec, from) in specs.iter().zip(places) {
        let meant = spec.needs.iter().filter_map(|name| by_name.get(name.as_str()));
        for to in meant.flat_map(|places| places.iter().take(CANDIDATES_MAX)) {
            locked.need(from, *to);
        }
    }
    locked.finish(facts);
}

fn assemble(tree: &FactTree<'_>, found: &mut Found) {
    found.packages_of(tree, CATALOGER.name);
}
