//! Documents to measure with, of any number of components.

use std::io::{self, Write};

use sha2::{Digest, Sha256};

/// Little of each: a purl, a licence, a place and a dependency.
pub(super) fn write_cyclonedx(out: &mut dyn Write, n_components: u32) -> io::Result<()> {
    write!(
        out,
        "{{\"bomFormat\":\"CycloneDX\",\"specVersion\":\"1.6\",\"version\":1,\"metadata\":{{\"tools\":{{\"components\":\
         [{{\"type\":\"application\",\"name\":\"generator\"}}]}},\"component\":{{\"type\":\"container\",\"name\":\"demo\"}}}},\
         \"components\":["
    )?;
    for index in 0..n_components {
        let comma = if index == 0 { "" } else { "," };
        write!(
            out,
            "{comma}\n{{\"type\":\"library\",\"bom-ref\":\"pkg:npm/demo-{index}@1.{index}.0?id={index:016x}\",\
             \"name\":\"demo-{index}\",\"version\":\"1.{index}.0\",\"licenses\":[{{\"license\":{{\"id\":\"MIT\"}}}}],\
             \"purl\":\"pkg:npm/demo-{index}@1.{index}.0\",\"properties\":[\
             {{\"name\":\"demo:language\",\"value\":\"javascript\"}},\
             {{\"name\":\"syft:location:0:path\",\"value\":\"/srv/app/node_modules/demo-{index}/package.json\"}}]}}"
        )?;
    }
    write!(out, "],\"dependencies\":[")?;
    for index in 0..n_components {
        let comma = if index == 0 { "" } else { "," };
        let other = (index * 7 + 1) % n_components;
        write!(
            out,
            "{comma}\n{{\"ref\":\"pkg:npm/demo-{index}@1.{index}.0?id={index:016x}\",\
             \"dependsOn\":[\"pkg:npm/demo-{other}@1.{other}.0?id={other:016x}\"]}}"
        )?;
    }
    write!(out, "]}}")
}

/// Little of each: a purl, a licence and a dependency.
pub(super) fn write_spdx(out: &mut dyn Write, n_components: u32) -> io::Result<()> {
    write!(
        out,
        "{{\"spdxVersion\":\"SPDX-2.3\",\"dataLicense\":\"CC0-1.0\",\"SPDXID\":\"SPDXRef-DOCUMENT\",\"name\":\"demo\",\
         \"creationInfo\":{{\"created\":\"2026-01-01T00:00:00Z\",\"creators\":[\"Tool: generator-1\"]}},\"packages\":["
    )?;
    for index in 0..n_components {
        let comma = if index == 0 { "" } else { "," };
        write!(
            out,
            "{comma}\n{{\"name\":\"demo-{index}\",\"SPDXID\":\"SPDXRef-Package-npm-demo-{index}\",\
             \"versionInfo\":\"1.{index}.0\",\"downloadLocation\":\"NOASSERTION\",\"filesAnalyzed\":false,\
             \"licenseConcluded\":\"NOASSERTION\",\"licenseDeclared\":\"MIT\",\"externalRefs\":[{{\"referenceCategory\":\
             \"PACKAGE-MANAGER\",\"referenceType\":\"purl\",\"referenceLocator\":\"pkg:npm/demo-{index}@1.{index}.0\"}}]}}"
        )?;
    }
    write!(out, "],\"relationships\":[")?;
    for index in 0..n_components {
        let comma = if index == 0 { "" } else { "," };
        let other = (index * 7 + 1) % n_components;
        write!(
            out,
            "{comma}\n{{\"spdxElementId\":\"SPDXRef-Package-npm-demo-{index}\",\
             \"relationshipType\":\"DEPENDS_ON\",\"relatedSpdxElement\":\"SPDXRef-Package-npm-demo-{other}\"}}"
        )?;
    }
    write!(out, "]}}")
}

/// Everything of each: two digests, supplier, two licences, CPE name, purl with qualifiers and three places.
pub(super) fn write_rich_cyclonedx(out: &mut dyn Write, n_components: u32) -> io::Result<()> {
    write!(
        out,
        "{{\"bomFormat\":\"CycloneDX\",\"specVersion\":\"1.6\",\"version\":1,\"metadata\":{{\"tools\":{{\"components\":\
         [{{\"type\":\"application\",\"name\":\"generator\"}}]}},\"component\":{{\"type\":\"container\",\"name\":\"demo\"}}}},\
         \"components\":["
    )?;
    for index in 0..n_components {
        let comma = if index == 0 { "" } else { "," };
        let Digests { sha1, sha256 } = Digests::of(index);
        let (version, supplier) = (index % 1000, index % 100);
        write!(
            out,
            "{comma}\n{{\"type\":\"library\",\"bom-ref\":\"r{index}\",\"supplier\":{{\"name\":\"Group {supplier}\"}},\
             \"name\":\"demo-{index}\",\"version\":\"1.{version}\",\"hashes\":[{{\"alg\":\"SHA-1\",\"content\":\"{sha1}\"}},\
             {{\"alg\":\"SHA-256\",\"content\":\"{sha256}\"}}],\"licenses\":[{{\"license\":{{\"id\":\"MIT\"}}}},\
             {{\"license\":{{\"id\":\"ISC\"}}}}],\"cpe\":\"cpe:2.3:a:demo:demo-{index}:1.{version}:*:*:*:*:*:*:*\",\
             \"purl\":\"pkg:deb/debian/demo-{index}@1.{version}?arch=amd64&distro=debian-12\",\"evidence\":{{\
             \"occurrences\":[{{\"location\":\"/usr/lib/{index}.a\"}},{{\"location\":\"/usr/lib/{index}.b\"}},\
             {{\"location\":\"/usr/lib/{index}.c\"}}]}}}}"
        )?;
    }
    write!(out, "]}}")
}

/// Everything of each: two digests, supplier, two licences, CPE name, purl with qualifiers and three places.
pub(super) fn write_rich_spdx(out: &mut dyn Write, n_components: u32) -> io::Result<()> {
    write!(
        out,
        "{{\"spdxVersion\":\"SPDX-2.3\",\"dataLicense\":\"CC0-1.0\",\"SPDXID\":\"SPDXRef-DOCUMENT\",\"name\":\"demo\",\
         \"creationInfo\":{{\"created\":\"2026-01-01T00:00:00Z\",\"creators\":[\"Tool: generator-1\"]}},\"packages\":["
    )?;
    for index in 0..n_components {
        let comma = if index == 0 { "" } else { "," };
        let Digests { sha1, sha256 } = Digests::of(index);
        let (version, supplier) = (index % 1000, index % 100);
        write!(
            out,
            "{comma}\n{{\"name\":\"demo-{index}\",\"SPDXID\":\"SPDXRef-{index}\",\"versionInfo\":\"1.{version}\",\
             \"supplier\":\"Organization: Group {supplier}\",\"checksums\":[{{\"algorithm\":\"SHA1\",\
             \"checksumValue\":\"{sha1}\"}},{{\"algorithm\":\"SHA256\",\"checksumValue\":\"{sha256}\"}}],\
             \"sourceInfo\":\"acquired package info from: /usr/lib/{index}.a, /usr/lib/{index}.b, /usr/lib/{index}.c\",\
             \"licenseDeclared\":\"MIT AND ISC\",\"externalRefs\":[{{\"referenceCategory\":\"PACKAGE-MANAGER\",\
             \"referenceType\":\"purl\",\"referenceLocator\":\
             \"pkg:deb/debian/demo-{index}@1.{version}?arch=amd64&distro=debian-12\"}},{{\"referenceCategory\":\"SECURITY\",\
             \"referenceType\":\"cpe23Type\",\"referenceLocator\":\
             \"cpe:2.3:a:demo:demo-{index}:1.{version}:*:*:*:*:*:*:*\"}}]}}"
        )?;
    }
    write!(out, "]}}")
}

/// Digests as a component has them, in hexadecimal digits.
struct Digests {
    sha1: String,
    sha256: String,
}

impl Digests {
    /// Those of the component `index`: what they are of does not matter here.
    fn of(index: u32) -> Self {
        let digest = Sha256::digest(index.to_le_bytes());
        let sha256: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        Self { sha1: sha256[..40].to_owned(), sha256 }
    }
}
