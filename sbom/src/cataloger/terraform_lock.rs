//! The lock file of Terraform and OpenTofu: the providers that a configuration uses.
//!
//! Of their checksums `zh:` is the SHA-256 of one platform's archive; `h1:` is of what is unpacked.

use std::ops::ControlFlow;

use model::ecosystem::Ecosystem;
use model::package::Package;
use model::purl::Purl;

use super::records::{is_identified, sha256};
use super::{Cataloger, Fact, FactTree, Facts, File, Finds, Found, Wants};

pub(super) static CATALOGER: Cataloger = Cataloger {
    name: "terraform-lock",
    version: 1,
    finds: Finds::Declared,
    wants: Wants::Paths(&["**/.terraform.lock.hcl"]),
    read,
    assemble,
};

#[derive(Default)]
struct Provider {
    address: String,
    version: String,
    digests: Vec<String>,
}

fn read(file: &mut File<'_>, facts: &mut Facts) {
    let mut open: Option<Provider> = None;
    file.for_each_line(facts, |facts, number, line| {
        let line = line.trim();
        if line.starts_with('#') || line.starts_with("//") {
            return ControlFlow::Continue(());
        }
        if let Some(rest) = line.strip_prefix("provider ") {
            if let Some(cut) = open.take() {
                unfinished(&cut, file, facts);
            }
            let Some(address) = quoted(rest) else {
                let why = format!("line {number} names no provider");
                facts.push(Fact::Gap(file.unreadable_record(&why)));
                return ControlFlow::Continue(());
            };
            open = Some(Provider { address: address.to_owned(), ..Provider::default() });
        } else if let Some(provider) = &mut open {
            match line.split_once('=').map(|(key, value)| (key.trim(), value.trim())) {
                Some(("version", value)) => provider.version = quoted(value).unwrap_or_default().to_owned(),
                _ if line == "}" => {
                    finish(std::mem::take(provider), file, facts);
                    open = None;
                }
                _ => provider
                    .digests
                    .extend(line.split('"').filter_map(|text| sha256(text.strip_prefix("zh:")?))),
            }
        }
        ControlFlow::Continue(())
    });
    if let Some(cut) = open {
        unfinished(&cut, file, facts);
    }
}

/// The text in the first pair of quotes.
fn quoted(text: &str) -> Option<&str> {
    text.split('"').nth(1).filter(|text| !text.is_empty())
}

fn finish(mut provider: Provider, file: &File<'_>, facts: &mut Facts) {
    if !is_identified(file, facts, &provider.address, &provider.version) {
        return;
    }
    let (namespace, name) = provider.address.rsplit_once('/').unwrap_or(("", &provider.address));
    let purl = Purl::new("terraform", name).with_namespace(namespace).with_version(&provider.version);
    let mut package =
        Package::new(Ecosystem::Terraform, &provider.address, &provider.version, purl.to_string());
    provider.digests.sort();
    package.digests = provider.digests.into();
    facts.package(package);
}

fn unfinished(provider: &Provider, file: &File<'_>, facts: &mut Facts) {
    let why = format!("the block of `{}` does not end", provider.address);
    facts.push(Fact::Gap(file.unreadable_record(&why)));
}

fn assemble(tree: &FactTree<'_>, found: &mut Found) {
    found.packages_of(tree, CATALOGER.name);
}
