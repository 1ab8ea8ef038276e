//! Kernels among packages (feeds.md B4).

use std::collections::{BTreeSet, HashMap};

use model::ecosystem::Ecosystem;
use model::finding::{Evidence, Finding};
use model::inventory::Inventory;
use model::package::Package;
use model::text::ShortText;
use model::version::VersionText;

use crate::case::Case;

/// What one source of a kernel was built to: packages of it that have one version are one kernel.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct KernelBuild {
    source: Box<str>,
    version: VersionText,
    architecture: Option<Box<str>>,
}

impl KernelBuild {
    /// The build that `package` is of, where it is an RPM of a kernel.
    pub(crate) fn of(package: &Package) -> Option<Self> {
        let is_kernel = package.ecosystem == Ecosystem::Rpm && is_kernel(package);
        is_kernel.then(|| Self {
            source: source(package).into(),
            version: package.version.clone(),
            architecture: package.architecture.as_deref().map(Box::from),
        })
    }
}

/// Whether the package holds a kernel or modules of one, and not only what is built from the same source: headers, tools.
pub(crate) fn is_kernel(package: &Package) -> bool {
    let name = package.name.as_str();
    match package.ecosystem {
        Ecosystem::Deb => {
            let is_code = name.starts_with("linux-image") || name.starts_with("linux-modules");
            is_code && (source(package) == "linux" || source(package).starts_with("linux-"))
        }
        Ecosystem::Rpm => {
            let mut parts = name.split('-');
            let is_named = parts.next().is_some_and(|first| first == "kernel" || is_line(first));
            let is_of_kernel = match source(package) {
                // Photon calls its kernels so.
                "linux" | "linux-aws" | "linux-esx" | "linux-rt" | "linux-secure" => {
                    name == "linux" || name.starts_with("linux-")
                }
                source => is_named && source.starts_with("kernel"),
            };
            is_of_kernel && !parts.any(|part| NO_CODE.contains(&part))
        }
        Ecosystem::Apk => {
            matches!(name, "linux-edge" | "linux-lts" | "linux-rpi" | "linux-stable" | "linux-virt")
        }
        Ecosystem::Generic => matches!(package.cataloger.as_str(), "kernel" | "kernel-module"),
        _ => false,
    }
}

/// Amazon's kernels have the line in their names: `kernel6.12`.
fn is_line(name: &str) -> bool {
    let line = name.strip_prefix("kernel").unwrap_or_default();
    !line.is_empty() && line.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
}

/// Parts of the names of RPMs that are built from a kernel's source and hold none of its code.
const NO_CODE: [&str; 19] = [
    "abi",
    "cross",
    "debuginfo",
    "debugsource",
    "devel",
    "doc",
    "docs",
    "firmware",
    "headers",
    "libs",
    "livepatch",
    "macros",
    "python3",
    "selftests",
    "source",
    "srpm",
    "syms",
    "tools",
    "wedge",
];

fn source(package: &Package) -> &str {
    package.source.as_ref().map_or(package.name.as_str(), |source| source.name.as_str())
}

/// Whether nothing of what `finding` was found in runs: a container runs on its host's kernel, so one that is in an image
/// was never booted. Of a directory or an archive of one that is not known: it may be a machine's.
pub(crate) fn is_not_loaded(finding: &Finding, inventory: &Inventory) -> bool {
    let subject = &inventory.subject;
    let is_image = subject.digest.is_some() || subject.manifest_digest.is_some();
    is_image && finding.packages.iter().all(|&index| is_kernel(inventory.package(index)))
}

/// Makes one finding of those that say the same of several packages of one kernel. Each keeps all of its packages.
pub(crate) fn one_each(findings: Vec<(&Case, Finding)>) -> Vec<(&Case, Finding)> {
    if findings.iter().all(|(case, _)| case.kernel.is_none()) {
        return findings;
    }
    let mut kept: Vec<(&Case, Finding)> = Vec::with_capacity(findings.len());
    let mut joined: BTreeSet<usize> = BTreeSet::new();
    let mut positions: HashMap<(&KernelBuild, ShortText), Vec<usize>> = HashMap::new();
    for (case, finding) in findings {
        let Some(build) = &case.kernel else {
            kept.push((case, finding));
            continue;
        };
        let of_build = positions.entry((build, finding.id.clone())).or_default();
        match of_build.iter().find(|&&position| is_said_of(&kept[position].1, &finding)) {
            Some(&position) => {
                join(&mut kept[position], case, finding);
                joined.insert(position);
            }
            None => {
                of_build.push(kept.len());
                kept.push((case, finding));
            }
        }
    }
    // Once each, not at every package: whoever makes an image may list ten thousand of one kernel.
    for position in joined {
        settle(&mut kept[position].1);
    }
    kept
}

fn is_said_of(one: &Finding, other: &Finding) -> bool {
    (&one.aliases, &one.verdict, &one.fix, &one.row_severity, &one.suppressed)
        == (&other.aliases, &other.verdict, &other.fix, &other.row_severity, &other.suppressed)
}

/// It goes by the package that comes first. The rest is put in order once all are there.
fn join<'a>(kept: &mut (&'a Case, Finding), case: &'a Case, finding: Finding) {
    if case.packages < kept.0.packages {
        kept.0 = case;
    }
    kept.1.packages.extend(finding.packages);
    kept.1.evidence.extend(finding.evidence);
}

/// Puts what was joined in order, each evidence once.
fn settle(finding: &mut Finding) {
    finding.packages.sort_unstable();
    let rest = |evidence: &Evidence| (evidence.aliases.clone(), evidence.confidence.to_bits());
    finding.evidence.sort_by_cached_key(rest);
    crate::find::sort_evidence(&mut finding.evidence);
    finding.evidence.dedup();
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{check, facts, held, inventory};

    #[test]
    fn what_is_built_from_a_kernels_source_is_not_all_kernel() {
        let kernels = inventory(
            "rhel 9.4",
            "rpm kernel 5.14.0-1.el9
             rpm kernel-core 5.14.0-1.el9 source=kernel
             rpm kernel-modules-extra 5.14.0-1.el9 source=kernel
             rpm kernel-rt-core 5.14.0-1.el9 source=kernel-rt
             rpm kernel-uek 5.15.0-1.el9 source=kernel-uek
             rpm kernel-default 6.4.0-1 source=kernel-default
             rpm kernel6.12 6.12.1-1 source=kernel6.12
             rpm linux 6.1.53-1.ph5
             rpm linux-esx 6.1.53-1.ph5 source=linux-esx
             rpm linux-drivers-gpu 6.1.53-1.ph5 source=linux
             deb linux-image-6.1.0-28-amd64 6.1.119-1 source=linux-signed-amd64
             deb linux-modules-5.15.0-91-generic 5.15.0-91.101 source=linux
             apk linux-lts 6.6.1-r0",
        );
        let names = |of: &Inventory, wanted: bool| -> Vec<String> {
            let found = of.packages.iter().filter(|package| is_kernel(package) == wanted);
            found.map(|package| package.name.clone()).collect()
        };
        assert_eq!(names(&kernels, false), [""; 0]);
        let others = inventory(
            "rhel 9.4",
            "rpm kernel-headers 5.14.0-1.el9 source=kernel
             rpm kernel-tools-libs 5.14.0-1.el9 source=kernel
             rpm kernel-srpm-macros 1.0-1.el9 source=kernel-srpm-macros
             rpm kernelshark 2.0-1.el9
             rpm kernel-firmware 20230724-1 source=kernel-firmware
             rpm kernel-firmware-amdgpu 20230724-1 source=kernel-firmware
             rpm kernel-syms 6.4.0-1 source=kernel-syms
             rpm linux-firmware 20230724-1
             rpm linux-api-headers 6.1.53-1.ph5
             rpm linux-python3-perf 6.1.53-1.ph5 source=linux
             rpm linux-esx-devel 6.1.53-1.ph5 source=linux-esx
             rpm python3-perf 5.14.0-1.el9 source=kernel
             deb linux-libc-dev 6.1.119-1 source=linux
             deb linux-image-viewer 1.0-1 source=viewer
             apk linux-pam 1.6.0-r0
             apk linux-firmware 2024-r0
             npm kernel 1.0.0",
        );
        assert_eq!(names(&others, true), [""; 0]);
    }

    #[test]
    fn packages_of_a_kernel_that_were_judged_apart_are_one_finding_all_the_same() {
        let inventory = inventory(
            "rhel 9.4",
            "rpm kernel-modules 5.14.0-1.el9 source=kernel@5.14.0-1.el9
             rpm kernel 5.14.0-1.el9 source=kernel@5.14.0-1.el9
             rpm kernel-core 5.14.0-1.el9 source=kernel@5.14.0-1.el9
             rpm bash 5.1-1.el9",
        );
        let cases = crate::cases(&inventory, &facts());
        let advisories = held(
            &cases,
            "redhat:9|binary|kernel redhat CVE-2 >=0 <5.14.0-9.el9
             redhat:9|binary|kernel-core redhat CVE-2 >=0 <5.14.0-9.el9
             redhat:9|binary|kernel-modules redhat CVE-2 >=0 <5.14.0-9.el9
             redhat:9|binary|bash redhat CVE-1 >=0 <5.2-1.el9",
        );
        let together = crate::find(&cases, &advisories);
        assert_eq!(together.len(), 2);
        let mut apart: Vec<&[Case]> = cases.chunks(1).collect();
        for _ in 0..apart.len() {
            apart.rotate_left(1);
            let parts = apart.iter().map(|cases| {
                let mut finder = crate::Finder::new(&advisories);
                finder.add(cases);
                finder.finish()
            });
            assert!(crate::gather(parts) == together);
        }
    }

    #[test]
    fn the_packages_of_one_kernel_are_one_finding() {
        let rows = "
            redhat:9|binary|kernel redhat CVE-1 >=0 <5.14.0-9.el9
            redhat:9|binary|kernel-core redhat CVE-1 >=0 <5.14.0-9.el9
            redhat:9|binary|kernel-modules redhat CVE-1 >=0 <5.14.0-9.el9
            redhat:9|binary|kernel-tools redhat CVE-1 >=0 <5.14.0-9.el9";
        check(
            "rhel 9.4",
            "rpm kernel-modules 5.14.0-1.el9 source=kernel@5.14.0-1.el9
             rpm kernel 5.14.0-1.el9 source=kernel@5.14.0-1.el9
             rpm kernel-core 5.14.0-1.el9 source=kernel@5.14.0-1.el9
             rpm kernel-core 5.14.0-2.el9 source=kernel@5.14.0-2.el9
             rpm kernel-tools 5.14.0-1.el9 source=kernel@5.14.0-1.el9",
            rows,
            "CVE-1 | kernel-core | affected | fixed 5.14.0-9.el9
             CVE-1 | kernel-modules kernel kernel-core | affected | fixed 5.14.0-9.el9
             CVE-1 | kernel-tools | affected | fixed 5.14.0-9.el9",
        );
        // What is said of one of them alone stays apart.
        check(
            "rhel 9.4",
            "rpm kernel 5.14.0-1.el9 source=kernel@5.14.0-1.el9
             rpm kernel-core 5.14.0-1.el9 source=kernel@5.14.0-1.el9",
            "redhat:9|binary|kernel redhat CVE-1 >=0 <5.14.0-9.el9
             redhat:9|binary|kernel-core redhat CVE-1 >=0",
            "CVE-1 | kernel-core | affected | not-fixed
             CVE-1 | kernel | affected | fixed 5.14.0-9.el9",
        );
    }

    #[test]
    fn what_was_said_of_all_packages_of_a_kernel_is_evidence_once() {
        let packages = "
            rpm kernel-modules 5.14.0-1.el9 source=kernel@5.14.0-1.el9
            rpm kernel-core 5.14.0-1.el9 source=kernel@5.14.0-1.el9
            rpm kernel 5.14.0-1.el9 source=kernel@5.14.0-1.el9";
        let cases = crate::cases(&inventory("rhel 9.4", packages), &crate::fixture::facts());
        let rows = "redhat:9|binary|kernel redhat CVE-1 >=0 <5.14.0-9.el9
                    redhat:9|binary|kernel-core redhat CVE-1 >=0 <5.14.0-9.el9
                    redhat:9|binary|kernel-modules redhat CVE-1 >=0 <5.14.0-9.el9";
        let findings = crate::find(&cases, &crate::fixture::held(&cases, rows));
        let [finding] = &findings[..] else { panic!("{findings:?}") };
        let positions: Vec<u32> = finding.packages.iter().map(|package| package.0).collect();
        assert_eq!(positions, [0, 1, 2]);
        let ranges: Vec<&str> = finding.evidence.iter().map(|evidence| evidence.range.as_str()).collect();
        assert_eq!(ranges.len(), 1, "{ranges:?}");
    }
}
