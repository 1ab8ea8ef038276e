//! Who brought what: the layer, its line in the Dockerfile, the base image; and layers that are known already.

use std::collections::BTreeMap;

use serde_json::Value;
use testkit::feeds::{Mirror, osv_record};
use testkit::image::Image;

use crate::harness::{AS_OF, Place};

const DOCKERFILE: &str = "\
FROM base:1
# what the application needs
RUN pip install beta==1.0 && \\
    rm -r /tmp/cache
COPY app /app
CMD [\"/app/run\"]
";

fn base() -> String {
    format!(
        "//- layer # ADD rootfs.tar.gz /\n//- /etc/os-release\nID=debian\nVERSION_ID=12\n//- /bin/su 4755\nx\n\
         //- /etc/passwd\nroot:x:0:0::/root:/bin/sh\nann:secret:1000:1000:Ann:/users/ann:/bin/sh\n{}",
        python("alpha")
    )
}

fn app() -> String {
    format!(
        "{}//- layer # RUN /bin/sh -c pip install beta==1.0 &&     rm -r /tmp/cache # buildkit\n{}\
         //- layer # COPY app /app # buildkit\n{}//- layer # RUN /bin/sh -c pip uninstall gamma # buildkit\n\
         //- /lib/gamma-1.0.dist-info !\n",
        base(),
        python("beta"),
        python("gamma"),
    )
}

fn python(name: &str) -> String {
    format!("//- /lib/{name}-1.0.dist-info/METADATA\nMetadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
}

/// A place with both images and a feed that says that every package in them is affected.
fn place() -> (Place, Mirror) {
    let place = Place::new();
    place.write("base.tar", Image::parse(&base()).tagged("base:1").oci_archive());
    place.write("app.tar", Image::parse(&app()).tagged("app:1").oci_archive());
    place.write("Dockerfile", DOCKERFILE);
    let mirror = Mirror::at(place.path("mirror"));
    let records: Vec<_> = ["alpha", "beta", "gamma"]
        .map(|name| osv_record(&format!("PYSEC-2024-{name}"), &[], "PyPI", name, "introduced 0"))
        .into();
    mirror.osv_records("PyPI", &records);
    (place, mirror)
}

fn report(place: &Place, mirror: &Mirror, more: &[&str]) -> Value {
    let mirror = mirror.dir().display().to_string();
    let words = ["scan", "app.tar", "--mirror", &mirror, "--as-of", AS_OF, "-o", "json"];
    place.json(words.iter().chain(more))
}

/// What `of` gives for each finding, by package.
fn by_package(report: &Value, of: impl Fn(&Value) -> Value) -> BTreeMap<String, Value> {
    let findings = report["findings"].as_array().unwrap();
    findings
        .iter()
        .map(|finding| (finding["package"]["name"].as_str().unwrap().to_owned(), of(finding)))
        .collect()
}

fn properties<'a>(holder: &'a Value, name: &str) -> Vec<&'a str> {
    let properties = holder["properties"].as_array().into_iter().flatten();
    properties
        .filter(|property| property["name"] == name)
        .map(|property| property["value"].as_str().unwrap())
        .collect()
}

#[test]
fn what_came_with_the_base_image_is_told_from_what_was_added() {
    let (place, mirror) = place();
    let origin = |finding: &Value| finding["origin"].clone();
    let unknown = by_package(&report(&place, &mirror, &[]), origin);
    assert_eq!(
        unknown,
        BTreeMap::from([("alpha".into(), "unknown".into()), ("beta".into(), "unknown".into())])
    );

    place.run(["sbom", "base.tar", "-o", "cyclonedx-json=base.json"]).expect_code(0);
    for base in ["base.tar", "base.json"] {
        let told = report(&place, &mirror, &["--base", base]);
        let expected = BTreeMap::from([("alpha".into(), "base".into()), ("beta".into(), "yours".into())]);
        assert_eq!(by_package(&told, origin), expected, "{base}");
        let layers: Vec<&Value> =
            told["subject"]["layers"].as_array().unwrap().iter().map(|layer| &layer["base"]).collect();
        assert_eq!(layers, [true, false, false, false]);
    }
    let scan = |more: &[&str]| {
        let mirror = mirror.dir().display().to_string();
        let words =
            ["scan", "app.tar", "--mirror", &mirror, "--as-of", AS_OF, "--fail-on", "origin == 'yours'"];
        place.run(words.iter().chain(more))
    };
    let gated = scan(&["--base", "base.tar", "-o", "json=gated.json"]);
    gated.expect_code(1);
    assert!(!gated.stderr.contains("--base IMAGE"), "{}", gated.stderr);
    let gated: Value = serde_json::from_slice(&std::fs::read(place.path("gated.json")).unwrap()).unwrap();
    let violations = gated["judgement"]["violations"].as_array().unwrap();
    assert_eq!(violations.iter().map(|it| &it["id"]).collect::<Vec<_>>(), ["PYSEC-2024-beta"]);
    let blind = scan(&[]);
    blind.expect_code(0);
    assert!(blind.stderr.contains("`origin`, and it is `unknown` of everything"), "{}", blind.stderr);
    // An image that is not below this one is said to be none.
    let other = Image::parse("//- layer\n//- /other\n").tagged("other:1");
    place.write("other.tar", other.oci_archive());
    let told = report(&place, &mirror, &["--base", "other.tar"]);
    assert_eq!(by_package(&told, origin), unknown);
    assert!(told["coverage"]["gaps"].to_string().contains("is not below this image"));
}

#[test]
fn every_layer_is_told_by_its_line_of_the_dockerfile() {
    let (place, mirror) = place();
    // The last layer is of another command than the file has.
    place.write("Dockerfile", format!("{DOCKERFILE}RUN pip uninstall gamma\n"));
    let told = report(&place, &mirror, &["--dockerfile", "Dockerfile"]);
    let lines: Vec<&Value> =
        told["subject"]["layers"].as_array().unwrap().iter().map(|layer| &layer["dockerfile"]).collect();
    assert_eq!(lines, [&Value::Null, &"Dockerfile:3".into(), &"Dockerfile:5".into(), &"Dockerfile:7".into()]);
    let position = |finding: &Value| finding["package"]["locations"][0]["position"].clone();
    let expected = BTreeMap::from([("alpha".into(), 0.into()), ("beta".into(), 1.into())]);
    assert_eq!(by_package(&told, position), expected);

    place.write("Other", "FROM scratch\nRUN make everything\n");
    let told = report(&place, &mirror, &["--dockerfile", "Other"]);
    assert!(
        told["coverage"]["gaps"].to_string().contains("Other"),
        "a file that is not of this image is a gap"
    );
    place.run(["sbom", "app.tar", "--dockerfile", "none"]).expect_code(2).expect_stderr(&["`none`"]);
}

#[test]
fn packages_that_a_later_layer_deleted_are_found_when_all_layers_count() {
    let (place, mirror) = place();
    let all = report(&place, &mirror, &["--scope", "all-layers"]);
    let removed = by_package(&all, |finding| finding["package"]["removed_by"].clone());
    let last = all["subject"]["layers"][3]["diff_id"].clone();
    let expected =
        BTreeMap::from([("alpha".into(), Value::Null), ("beta".into(), Value::Null), ("gamma".into(), last)]);
    assert_eq!(removed, expected);
    let table = place.run(["sbom", "app.tar", "--scope", "all-layers", "-o", "table"]);
    assert!(table.stdout.contains("deleted by a later layer"), "{}", table.stdout);

    // The stored SBOM says it too.
    let words = ["sbom", "app.tar", "--scope", "all-layers", "--no-cache", "-o", "spdx-json=app.json"];
    place.run(words).expect_code(0);
    let words = ["match", "app.json", "--offline", "--as-of", AS_OF, "-o", "json"];
    let matched = place.json(words);
    assert_eq!(by_package(&matched, |finding| finding["package"]["removed_by"].clone()), expected);
}

#[test]
fn what_the_image_says_of_itself_is_in_its_sbom_and_no_secret_is() {
    let (place, _) = place();
    let mut image = Image::parse(&app().replace("# COPY app /app", "# RUN |1 TOKEN=hunter2 /bin/sh -c make"));
    image.config = serde_json::json!({
        "User": "ann", "Env": ["PATH=/bin", "PASSWORD=hunter2"], "ExposedPorts": {"80/tcp": {}},
        "Entrypoint": ["/app/run"], "Labels": {"team": "a", "org.opencontainers.image.vendor": "Acme"},
        "Healthcheck": {"Test": ["CMD-SHELL", "curl https://ann:hunter2@localhost/"]}
    });
    place.write("told.tar", image.oci_archive());
    let ran = place.run(["sbom", "told.tar"]);
    ran.expect_code(0);
    assert!(!ran.stdout.contains("hunter2") && !ran.stderr.contains("hunter2"), "{}", ran.stdout);
    let sbom: Value = serde_json::from_str(&ran.stdout).unwrap();
    let subject = &sbom["metadata"]["component"];
    for (fact, values) in [
        ("user", &["ann"][..]),
        ("env", &["PATH", "PASSWORD"]),
        ("port", &["80/tcp"]),
        ("entrypoint", &["/app/run"]),
        ("label", &["org.opencontainers.image.vendor=Acme", "team=a"]),
        ("set-id", &["4755 bin/su"]),
        ("account", &["root:0:0:/root:/bin/sh", "ann:1000:1000:/users/ann:/bin/sh"]),
    ] {
        assert_eq!(properties(subject, &format!("plimsoll:image:{fact}")), values, "{fact}");
    }
    assert_eq!(subject["supplier"], serde_json::json!({"name": "Acme"}));
}

#[test]
fn an_image_that_was_read_before_is_not_read_again_and_its_sbom_is_the_same() {
    let (place, _) = place();
    let ran = |words: &[&str]| {
        let ran = place.run(["sbom", "-v"].iter().chain(words));
        ran.expect_code(0);
        (ran.stdout, ran.stderr)
    };
    let (base, said) = ran(&["base.tar"]);
    assert!(said.contains("layers: 1 read, 0 known"), "{said}");
    let (first, said) = ran(&["app.tar"]);
    assert!(said.contains("layers: 3 read, 1 known") && said.contains("read 2 files"), "{said}");
    let (second, said) = ran(&["app.tar"]);
    assert_eq!(second, first);
    assert!(said.contains("layers: 0 read, 4 known") && said.contains("read 0 files"), "{said}");
    let (anew, said) = ran(&["app.tar", "--no-cache"]);
    assert_eq!(anew, first);
    assert!(said.contains("layers: 4 read, 0 known"), "{said}");
    assert_ne!(base, first);

    // Many processes at once, some of which write.
    let place_ref = &place;
    std::thread::scope(|scope| {
        for round in 0..6 {
            let first = &first;
            scope.spawn(move || {
                let cache = place_ref.path(&format!("shared-{}", round % 2)).display().to_string();
                let ran = place_ref.run(["sbom", "app.tar", "--cache-dir", &cache]);
                assert_eq!(ran.stdout, *first);
            });
        }
    });

    // Bytes that rotted since: the cache does not look, and who asks for a new reading learns of it.
    let path = place.path("app.tar");
    let mut bytes = std::fs::read(&path).unwrap();
    let gzip = bytes.windows(3).position(|window| window == [0x1f, 0x8b, 8]).unwrap();
    bytes[gzip + 20] ^= 0xff;
    std::fs::write(&path, bytes).unwrap();
    assert_eq!(ran(&["app.tar"]).0, first);
    place.run(["sbom", "app.tar", "--no-cache"]).expect_code(2).expect_stderr(&["damaged"]);
}

#[test]
fn a_list_of_images_is_judged_in_one_run() {
    let (place, mirror) = place();
    place.write("images.txt", "# what we ship\nbase.tar\n\n  app.tar  \n");
    let mirror = mirror.dir().display().to_string();
    let words = ["scan", "--images", "images.txt", "--mirror", &mirror, "-o", "json=reports/"];
    place.run(words).expect_code(0);
    assert_eq!(std::fs::read_dir(place.path("reports")).unwrap().count(), 2);
    place.write("none.txt", "# nothing\n");
    place.run(["scan", "--images", "none.txt"]).expect_code(2).expect_stderr(&["lists no image"]);
}
