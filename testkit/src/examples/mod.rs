//! The image and the mirror in `examples/`: a whole job with no network.
//!
//! The packages, versions and vulnerability ids are real and public; their texts are ours, and the feeds are
//! cut to what the image needs, so that each kind of answer is there once: fixed and not fixed, known to be
//! exploited, several ids for one vulnerability, a version that cannot be compared, a library that the
//! distribution owns and has fixed, a package deleted by a later layer, a withdrawn record, a language with
//! no feed. Nothing in them may be relied on as advice.

use std::path::Path;
use std::{fs, io};

use serde_json::{Value, json};

use crate::feeds::{Mirror, kev_entry, osv_record};
use crate::go;
use crate::image::{Image, IndexShape, oci_files, write_dir};

/// The day on which the feeds of the mirror were "published".
const DATE: &str = "2025-02-28";

/// Writes `image/`, an OCI layout, and `mirror/`, a mirror of feeds, into the directory `dir`, in place of what
/// was there under these names. The bytes are the same in every run.
///
/// # Errors
///
/// When what was there cannot be removed.
///
/// # Panics
///
/// When a file cannot be written.
pub fn write(dir: &Path) -> io::Result<()> {
    for path in ["image", "mirror"].map(|name| dir.join(name)) {
        if path.exists() {
            fs::remove_dir_all(path)?;
        }
    }
    write_dir(&oci_files(&[image()], IndexShape::Flat), &dir.join("image"));
    write_mirror(&Mirror::at(dir.join("mirror")));
    Ok(())
}

/// The image: four layers on an Alpine-like base, with Python and npm packages and a Go program.
pub fn image() -> Image {
    let mut image = Image::parse(include_str!("image.txt")).tagged("registry.example/harbour:1.4.2");
    let signal = go::binary(
        "go1.22.4",
        "path\texample.org/harbour/signal\n\
         mod\texample.org/harbour/signal\tv1.4.2\t\n\
         dep\tgolang.org/x/net\tv0.20.0\t\n\
         build\tGOARCH=amd64\n\
         build\tGOOS=linux\n",
    );
    if let Some(layer) = image.layers.last_mut() {
        layer.executable("/usr/local/bin/signal", signal);
    }
    image.config = json!({
        "Env": ["PATH=/usr/local/bin:/usr/bin:/bin"],
        "Entrypoint": ["/usr/local/bin/signal"],
        "WorkingDir": "/srv/harbour",
        "Labels": {"org.opencontainers.image.title": "harbour", "org.opencontainers.image.version": "1.4.2"},
    });
    image
}

fn write_mirror(mirror: &Mirror) {
    mirror
        .secdb(
            "3.20",
            "main",
            "\
busybox
  1.36.1-r29 CVE-2023-42364 CVE-2023-42365
  1.36.1-r25 CVE-2023-42366
expat
  2.6.3-r0 CVE-2024-45490 CVE-2024-45491 CVE-2024-45492
  2.6.0-r0 CVE-2023-52425
musl
  1.2.5-r1 CVE-2025-26519
openssl
  3.3.2-r0 CVE-2024-6119
  3.3.1-r1 CVE-2024-5535
  3.3.0-r3 CVE-2024-4741
  3.3.0-r2 CVE-2024-4603
py3-urllib3
  1.26.18-r1 CVE-2024-37891+GHSA-34jh-p97f-mpxf
zlib
  0 CVE-2023-6992
",
        )
        .secdb("3.20", "community", "nodejs-current\n  21.7.3-r0 CVE-2024-27983\n")
        .secdb_last_update(&format!("{DATE}T06:00:00+00:00"))
        .osv_records("PyPI", &pypi())
        .osv_records("npm", &npm())
        .kev_entries(
            DATE,
            &[
                kev_entry("CVE-2023-4863", "libwebp", "2023-09-13", "2023-10-04", false),
                kev_entry("CVE-2023-44487", "HTTP/2", "2023-10-10", "2023-10-31", false),
            ],
        )
        .epss(
            DATE,
            &[
                ("CVE-2020-28500", "0.00253", "0.65410"),
                ("CVE-2021-23337", "0.00816", "0.82130"),
                ("CVE-2021-44906", "0.01052", "0.84570"),
                ("CVE-2023-28155", "0.00091", "0.40220"),
                ("CVE-2023-32681", "0.06151", "0.93780"),
                ("CVE-2023-42364", "0.00044", "0.13810"),
                ("CVE-2023-42365", "0.00044", "0.13810"),
                ("CVE-2023-4863", "0.93611", "0.99820"),
                ("CVE-2024-22195", "0.00063", "0.28940"),
                ("CVE-2024-37891", "0.00045", "0.17560"),
                ("CVE-2024-45490", "0.00179", "0.55130"),
                ("CVE-2024-45491", "0.00203", "0.58470"),
                ("CVE-2024-45492", "0.00185", "0.55960"),
                ("CVE-2024-4741", "0.00072", "0.33150"),
                ("CVE-2024-5535", "0.00391", "0.73040"),
                ("CVE-2024-6119", "0.00104", "0.43670"),
                ("CVE-2025-26519", "0.00043", "0.11520"),
            ],
        );
}

fn pypi() -> Vec<Value> {
    let requests_title = "requests hands the Proxy-Authorization header to the target of a redirect";
    vec![
        described(
            osv_record(
                "GHSA-34jh-p97f-mpxf",
                &["CVE-2024-37891"],
                "PyPI",
                "urllib3",
                "introduced 0, fixed 1.26.19, introduced 2.0.0, fixed 2.2.2",
            ),
            "urllib3 keeps the Proxy-Authorization header across redirects to another origin",
            Some(("MODERATE", "CVSS:3.1/AV:N/AC:H/PR:H/UI:N/S:U/C:H/I:N/A:N")),
        ),
        described(
            osv_record(
                "GHSA-h5c8-rqwp-cp95",
                &["CVE-2024-22195"],
                "PyPI",
                "jinja2",
                "introduced 0, fixed 3.1.3",
            ),
            "The xmlattr filter of Jinja accepts keys with spaces, so that attributes can be injected",
            Some(("MODERATE", "CVSS:3.1/AV:N/AC:L/PR:L/UI:R/S:C/C:L/I:L/A:N")),
        ),
        described(
            osv_record(
                "GHSA-j7hp-h8jx-5ppr",
                &["CVE-2023-4863"],
                "PyPI",
                "pillow",
                "introduced 0, fixed 10.0.1",
            ),
            "The libwebp inside Pillow's wheels writes out of bounds while it decodes an image",
            Some(("HIGH", "CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:U/C:H/I:H/A:H")),
        ),
        described(
            osv_record(
                "GHSA-j8r2-6x86-q33q",
                &["CVE-2023-32681", "PYSEC-2023-74"],
                "PyPI",
                "requests",
                "introduced 2.3.0, fixed 2.31.0",
            ),
            requests_title,
            Some(("MODERATE", "CVSS:3.1/AV:N/AC:H/PR:N/UI:R/S:C/C:H/I:N/A:N")),
        ),
        described(
            osv_record(
                "PYSEC-2023-74",
                &["CVE-2023-32681", "GHSA-j8r2-6x86-q33q"],
                "PyPI",
                "requests",
                "introduced 2.3.0, fixed 2.31.0",
            ),
            requests_title,
            None,
        ),
    ]
}

fn npm() -> Vec<Value> {
    let mut withdrawn = described(
        osv_record("EXAMPLE-2024-0001", &[], "npm", "lodash", "introduced 0"),
        "A record that its publisher took back",
        None,
    );
    withdrawn["withdrawn"] = json!("2024-06-01T00:00:00Z");
    vec![
        withdrawn,
        described(
            osv_record(
                "GHSA-29mw-wpgm-hmr9",
                &["CVE-2020-28500"],
                "npm",
                "lodash",
                "introduced 4.0.0, fixed 4.17.21",
            ),
            "toNumber, trim and trimEnd of lodash take very long on long runs of white space",
            Some(("MODERATE", "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:L")),
        ),
        described(
            osv_record(
                "GHSA-35jh-r3h4-6jhm",
                &["CVE-2021-23337"],
                "npm",
                "lodash",
                "introduced 0, fixed 4.17.21",
            ),
            "A template option of lodash is run as code",
            Some(("HIGH", "CVSS:3.1/AV:N/AC:L/PR:H/UI:N/S:U/C:H/I:H/A:H")),
        ),
        described(
            osv_record(
                "GHSA-93q8-gq69-wqmw",
                &["CVE-2021-3807"],
                "npm",
                "ansi-regex",
                "introduced 3.0.0, fixed 3.0.1",
            ),
            "ansi-regex takes very long on crafted input",
            Some(("HIGH", "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H")),
        ),
        described(
            osv_record(
                "GHSA-p8p7-x288-28g6",
                &["CVE-2023-28155"],
                "npm",
                "request",
                "introduced 0, last_affected 2.88.2",
            ),
            "request can be sent past its SSRF protection by a redirect from one protocol to another",
            Some(("MODERATE", "CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:C/C:L/I:L/A:N")),
        ),
        described(
            osv_record(
                "GHSA-xvch-5gv4-984h",
                &["CVE-2021-44906"],
                "npm",
                "minimist",
                "introduced 0, fixed 0.2.4, introduced 1.0.0, fixed 1.2.6",
            ),
            "minimist lets arguments change the prototype of all objects",
            Some(("CRITICAL", "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H")),
        ),
    ]
}

/// `record` with a title and, where the database rates it, its severity word and CVSS vector.
fn described(mut record: Value, summary: &str, severity: Option<(&str, &str)>) -> Value {
    let id = record["id"].as_str().unwrap_or_default().to_owned();
    record["summary"] = json!(summary);
    record["references"] = json!([{"type": "WEB", "url": format!("https://osv.dev/vulnerability/{id}")}]);
    if let Some((word, vector)) = severity {
        record["severity"] = json!([{"type": "CVSS_V3", "score": vector}]);
        record["database_specific"] = json!({"severity": word});
    }
    record
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::path::PathBuf;

    use super::*;

    #[test]
    fn the_committed_examples_are_what_is_written() {
        let written = tempfile::tempdir().unwrap();
        write(written.path()).unwrap();
        let committed = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples");
        for name in ["image", "mirror"] {
            let (written, committed) = (files(&written.path().join(name)), files(&committed.join(name)));
            let names = |files: &BTreeMap<PathBuf, Vec<u8>>| files.keys().cloned().collect::<Vec<_>>();
            assert_eq!(names(&written), names(&committed), "`cargo xtask examples` writes them");
            for (path, content) in &written {
                assert!(committed[path] == *content, "{}: `cargo xtask examples` writes it", path.display());
            }
        }
    }

    #[test]
    fn the_examples_stay_small() {
        let written = tempfile::tempdir().unwrap();
        write(written.path()).unwrap();
        let bytes: usize = files(written.path()).values().map(Vec::len).sum();
        assert!(bytes < 200_000, "{bytes} bytes");
    }

    /// The files below `root` by their path from it.
    fn files(root: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
        let mut found = BTreeMap::new();
        let mut dirs = vec![root.to_owned()];
        while let Some(dir) = dirs.pop() {
            for entry in fs::read_dir(&dir).into_iter().flatten() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    dirs.push(path);
                } else {
                    found.insert(path.strip_prefix(root).unwrap().to_owned(), fs::read(&path).unwrap());
                }
            }
        }
        found
    }
}
