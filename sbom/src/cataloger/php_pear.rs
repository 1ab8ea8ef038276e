//! PHP packages that PEAR and PECL recorded as installed: `php/.registry/**/*.reg`, a value in PHP's serialised form.

mod serialized;

use model::ecosystem::Ecosystem;
use model::gap::{Gap, GapKind};
use model::package::Package;
use model::purl::Purl;

use super::file::is_legible;
use super::{Cataloger, Fact, FactTree, Facts, File, Finds, Found, PackageFact, Wants};
use serialized::Value;

pub(super) static CATALOGER: Cataloger = Cataloger {
    name: "php-pear",
    version: 1,
    finds: Finds::Installed,
    wants: Wants::Paths(&["**/.registry/*.reg", "**/.registry/.channel.*/*.reg"]),
    read,
    assemble,
};

/// Bytes of a record; the largest list some thousand files.
const RECORD_BYTES_MAX: u64 = 16 << 20;
/// The channel of records that lie directly in the registry.
const DEFAULT_CHANNEL: &str = "pear.php.net";

fn read(file: &mut File<'_>, facts: &mut Facts) {
    if file.size > RECORD_BYTES_MAX {
        let detail = format!("{} bytes are more than the {RECORD_BYTES_MAX} of any record", file.size);
        return facts.push(Fact::Gap(Gap::new(GapKind::LIMIT_EXCEEDED, file.path, detail)));
    }
    let bytes = match file.bytes() {
        Ok(bytes) => bytes,
        Err(error) => return facts.push(Fact::Gap(file.unreadable(&error))),
    };
    let record = match serialized::parse(&bytes) {
        Ok(record) => record,
        Err(why) => return facts.push(Fact::Gap(file.unreadable(&why))),
    };
    // The first version of package.xml called it `package` and stated the version itself.
    let text = |path: &[&str]| record.at(path).and_then(Value::text).filter(|text| !text.is_empty());
    let Some(name) = text(&["name"]).or_else(|| text(&["package"])) else {
        return facts.push(Fact::Gap(file.unreadable(&"the record states no name")));
    };
    let Some(version) = text(&["version", "release"]).or_else(|| text(&["version"])) else {
        let detail = format!("the record of `{name}` states no version; it cannot be judged");
        return facts.push(Fact::Gap(Gap::new(GapKind::MISSING_FACT, file.path, detail)));
    };
    if !is_legible(&name) || !is_legible(&version) {
        return facts.push(Fact::Gap(file.unreadable(&"the record has an illegible name or version")));
    }
    let channel = text(&["channel"]).unwrap_or_else(|| channel_of(file.path).to_owned());
    let purl = Purl::new("pear", &name).with_namespace(&channel).with_version(&version);
    let mut package = Package::new(Ecosystem::Pear, &name, &version, purl.to_string());
    let license = text(&["license", "_content"]).or_else(|| text(&["license"]));
    package.licenses = license.or_else(|| text(&["release_license"])).into_iter().collect();
    // One lead developer is a map, several are a list of maps.
    package.supplier = text(&["lead", "name"]).or_else(|| text(&["lead", "0", "name"]));
    let required = record.at(&["dependencies", "required", "package"]);
    let several = required.into_iter().flat_map(Value::values).filter_map(|package| package.at(&["name"]));
    let one = required.and_then(|package| package.at(&["name"]));
    let requires = several.chain(one).filter_map(Value::text).collect();
    facts.push(Fact::Package(PackageFact { requires, ..PackageFact::new(package) }));
}

/// The channel that a record belongs to by its directory, `.channel.pecl.php.net`.
fn channel_of(path: &str) -> &str {
    let directory = path.rsplit('/').nth(1).unwrap_or_default();
    directory.strip_prefix(".channel.").unwrap_or(DEFAULT_CHANNEL)
}

fn assemble(tree: &FactTree<'_>, found: &mut Found) {
    found.packages_of(tree, CATALOGER.name);
}
