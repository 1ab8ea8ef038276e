//! Programs that the user teaches are found, also in images that were read before.

use serde_json::Value;
use testkit::image::{Image, Layer};

use crate::harness::Place;

fn classifier(name: &str, pattern: &str) -> String {
    format!(
        "[[sbom.classifier]]\nname = \"{name}\"\nfiles = [\"**/{name}\"]\npattern = '{pattern}'\n\
         purl = \"pkg:generic/{name}\"\ncpe = \"cpe:2.3:a:acme:{name}:{{version}}:*:*:*:*:*:*:*\"\n"
    )
}

#[test]
fn a_classifier_of_the_configuration_finds_its_program_and_the_layer_cache_hides_no_change_of_it() {
    let place = Place::new();
    let mut layer = Layer::default();
    layer.executable("opt/acme/acme-proxy", "#!/bin/sh\n# acme-proxy/1.2.3, protocol 7.0.1\n");
    place.write("app.tar", Image::new(vec![layer]).docker_archive());
    let found = || {
        let cache = place.path("cache").display().to_string();
        let sbom: Value = place.json(["sbom", "app.tar", "--cache-dir", &cache]);
        let components = sbom["components"].as_array().cloned().unwrap_or_default();
        let shown =
            |component: &Value| format!("{} {}", component["purl"], component["cpe"]).replace('"', "");
        components.iter().map(shown).collect::<Vec<_>>()
    };
    assert_eq!(found(), [""; 0]);
    place.write("plimsoll.toml", classifier("acme-proxy", r"acme-proxy/(\d+\.\d+\.\d+)"));
    let expected = ["pkg:generic/acme-proxy@1.2.3 cpe:2.3:a:acme:acme-proxy:1.2.3:*:*:*:*:*:*:*"];
    assert_eq!(found(), expected);
    assert_eq!(found(), expected, "from the cache");
    place.write("plimsoll.toml", classifier("acme-proxy", r"protocol (\d+\.\d+\.\d+)"));
    let expected = ["pkg:generic/acme-proxy@7.0.1 cpe:2.3:a:acme:acme-proxy:7.0.1:*:*:*:*:*:*:*"];
    assert_eq!(found(), expected);
    place.write("plimsoll.toml", "");
    assert_eq!(found(), [""; 0]);
}

#[test]
fn a_bad_classifier_is_an_error_that_names_its_key() {
    let place = Place::new();
    place.write("plimsoll.toml", classifier("acme-proxy", "("));
    let said = ["`pattern` of classifier `acme-proxy`: regex parse error"];
    place.run(["sbom", "app.tar"]).expect_code(2).expect_stderr(&said);
    place.write("plimsoll.toml", classifier("acme-proxy", "(a)").replace("purl", "purll"));
    let said = ["unknown key `purll`", "the nearest known key is `purl`"];
    place.run(["sbom", "app.tar"]).expect_code(2).expect_stderr(&said);
}
