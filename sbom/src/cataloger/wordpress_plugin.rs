//! WordPress plugins: the header comment in a PHP file of `wp-content/plugins`.
//!
//! A plugin is known by its directory, or by its file when it has none: that is its name in the plugin directory, and
//! what advisories call it.

use model::ecosystem::Ecosystem;
use model::gap::{Gap, GapKind};
use model::package::Package;
use model::purl::Purl;

use super::file::is_legible;
use super::{Cataloger, Fact, FactTree, Facts, File, Finds, Found, PackageFact, Wants};

pub(super) static CATALOGER: Cataloger = Cataloger {
    name: "wordpress-plugin",
    version: 1,
    finds: Finds::Installed,
    wants: Wants::Paths(&[
        "**/wp-content/plugins/*.php",
        "**/wp-content/plugins/*/*.php",
        "**/wp-content/mu-plugins/*.php",
        "**/wp-content/mu-plugins/*/*.php",
    ]),
    read,
    assemble,
};

/// Bytes that WordPress looks at for a header.
const HEADER_BYTES: usize = 8 << 10;

fn read(file: &mut File<'_>, facts: &mut Facts) {
    let bytes = match file.bytes() {
        Ok(bytes) => bytes,
        Err(error) => return facts.push(Fact::Gap(file.unreadable(&error))),
    };
    let text = String::from_utf8_lossy(&bytes[..bytes.len().min(HEADER_BYTES)]);
    let header = |name| header(&text, name);
    // Most files of a plugin have no header.
    if header("Plugin Name").is_none() {
        return;
    }
    let slug = slug(file.path);
    let Some(version) = header("Version") else {
        let detail = format!("the plugin `{slug}` states no version; it cannot be judged");
        return facts.push(Fact::Gap(Gap::new(GapKind::MISSING_FACT, file.path, detail)));
    };
    if !is_legible(version) || !is_legible(slug) {
        return facts.push(Fact::Gap(file.unreadable(&"the plugin has an illegible name or version")));
    }
    let purl = Purl::new("wordpress-plugin", slug).with_version(version);
    let mut package = Package::new(Ecosystem::WordPress, slug, version, purl.to_string());
    package.licenses = header("License").map(str::to_owned).into_iter().collect();
    package.supplier = header("Author").map(without_tags).filter(|author| !author.is_empty());
    let required = header("Requires Plugins").unwrap_or_default();
    let requires =
        required.split(',').map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned).collect();
    facts.push(Fact::Package(PackageFact { requires, ..PackageFact::new(package) }));
}

/// What follows `name:` at the beginning of a line of a comment.
fn header<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    text.lines().find_map(|line| {
        let line = line.trim_start_matches("<?php").trim_start_matches([' ', '\t', '/', '*', '#', '@']);
        let found = line.get(..name.len()).filter(|start| start.eq_ignore_ascii_case(name))?;
        let value = line[found.len()..].trim_start().strip_prefix(':')?;
        let value = value.split("*/").next()?.split("?>").next()?.trim();
        (!value.is_empty()).then_some(value)
    })
}

/// `akismet` of `…/plugins/akismet/akismet.php`, `hello` of `…/plugins/hello.php`.
fn slug(path: &str) -> &str {
    let mut components = path.rsplit('/');
    let name = components.next().unwrap_or(path);
    match components.next() {
        Some("plugins" | "mu-plugins") | None => name.strip_suffix(".php").unwrap_or(name),
        Some(directory) => directory,
    }
}

fn without_tags(text: &str) -> String {
    let mut plain = String::new();
    let mut in_tag = false;
    for character in text.chars() {
        match character {
            '<' => in_tag = true,
            '>' if in_tag => in_tag = false,
            _ if !in_tag => plain.push(character),
            _ => {}
        }
    }
    plain.trim().to_owned()
}

fn assemble(tree: &FactTree<'_>, found: &mut Found) {
    found.packages_of(tree, CATALOGER.name);
}
