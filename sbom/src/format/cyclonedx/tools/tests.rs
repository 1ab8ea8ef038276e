//! Fixtures of our own, in the ways of other tools.

use model::inventory::Inventory;
use model::limits::Limits;
use model::package::PackageKind;

use super::super::super::read;
use super::*;

/// The inventory of components in `components`, with other top-level members in `members`.
fn inventory(components: &str, members: &str) -> Inventory {
    let text = format!(
        r#"{{"bomFormat":"CycloneDX","specVersion":"1.6","metadata":{{"tools":[{{"name":"t"}}]}},
        "components":[{components}]{members}}}"#
    );
    read(text.as_bytes(), &Limits::default()).unwrap().inventory
}

/// Paths with layers, and the cataloger, of the package called `name`.
#[track_caller]
fn found(inventory: &Inventory, name: &str) -> String {
    let package = inventory.packages.iter().find(|package| package.name == name).unwrap();
    let located =
        |location: &Location| format!("{}@{}", location.path, location.layer.as_deref().unwrap_or("-"));
    let locations: Vec<_> = package.locations.iter().map(located).collect();
    format!("{} {}", locations.join(" "), package.cataloger)
}

#[test]
fn cdxgen_says_in_which_file_a_package_is() {
    let inventory = inventory(
        r#"{"type":"library","name":"a","version":"1","purl":"pkg:npm/a@1",
            "properties":[{"name":"SrcFile","value":"/src/package-lock.json"},{"name":"SrcFile","value":""}],
            "evidence":{"identity":{"field":"purl","confidence":1,
              "methods":[{"technique":"manifest-analysis","confidence":1,"value":"/src/package-lock.json"}]}}},
           {"type":"library","name":"b","version":"1","purl":"pkg:maven/g/b@1",
            "evidence":{"identity":[{"field":"purl","methods":[
               {"technique":"binary-analysis","value":"lib/b.jar"},
               {"technique":"hash-comparison","value":"x/y"},
               {"technique":"filename","value":"b"}]}]}},
           {"type":"library","name":"c","version":"1","purl":"pkg:npm/c@1","evidence":{"identity":7}}"#,
        "",
    );
    assert_eq!(found(&inventory, "a"), "src/package-lock.json@- t");
    assert_eq!(found(&inventory, "g:b"), "lib/b.jar@- t");
    assert_eq!(found(&inventory, "c"), " t");
}

#[test]
fn what_is_needed_for_development_is_told_by_properties() {
    let component = |name: &str, property: &str, value: &str| {
        format!(
            r#"{{"type":"library","name":"{name}","version":"1","purl":"pkg:npm/{name}@1",
            "properties":[{{"name":"{property}","value":"{value}"}}]}}"#
        )
    };
    let components = [
        component("a", "cdx:npm:package:development", "true"),
        component("b", "cdx:composer:package:isDevRequirement", "true"),
        component("c", "cdx:pipenv:category", "develop"),
        component("d", "cdx:poetry:group", "dev"),
        component("e", "cdx:npm:package:development", "false"),
        component("f", "cdx:poetry:group", "main"),
        component("g", "cdx:npm:package:path", "node_modules/g"),
    ];
    let inventory = inventory(&components.join(","), "");
    let development: String = inventory
        .packages
        .iter()
        .filter(|package| package.scope == DependencyScope::Development)
        .map(|package| package.name.as_str())
        .collect();
    assert_eq!(development, "abcd");
    assert_eq!(found(&inventory, "g"), "node_modules/g@- t");
}

#[test]
fn red_hat_and_those_who_write_like_syft_are_understood() {
    let inventory = inventory(
        r#"{"type":"library","name":"a-libs","version":"1-2","purl":"pkg:rpm/redhat/a-libs@1-2?repository_id=rhel-9-for-x86_64-baseos-rpms",
            "properties":[{"name":"sbomer:location:0:path","value":"/var/lib/rpm/Packages"},
              {"name":"syft:metadata:sourceRpm","value":"a-1-2.src.rpm"},{"name":"syft:metadata:architecture","value":"x86_64"}],
            "evidence":{"identity":[{"field":"cpe","concludedValue":"cpe:/a:redhat:rhel_eus:9.2::baseos"},
              {"field":"purl","concludedValue":"pkg:rpm/redhat/a-libs@1-2"}]}},
           {"type":"library","name":"b","version":"1","purl":"pkg:pypi/b@1",
            "properties":[{"name":"cachi2:found_by","value":"cachi2"}]}"#,
        "",
    );
    assert_eq!(found(&inventory, "a-libs"), "var/lib/rpm/Packages@- t");
    assert_eq!(found(&inventory, "b"), " cachi2");
    let package = inventory.packages.iter().find(|package| package.name == "a-libs").unwrap();
    let source = package.source.as_ref().unwrap();
    assert_eq!((source.name.as_str(), source.version.as_ref().unwrap().as_str()), ("a", "1-2"));
    assert_eq!(package.architecture.as_deref(), Some("x86_64"));
    assert_eq!(package.cpes, ["cpe:/a:redhat:rhel_eus:9.2::baseos"]);
    let distro = inventory.distro.unwrap();
    assert_eq!((distro.id.as_str(), distro.version.as_deref()), ("rhel", Some("9")));
}

#[test]
fn the_module_of_a_go_program_itself_is_an_application_to_syft_too() {
    let module = |name: &str, version: &str| {
        format!(
            r#"{{"type":"library","name":"{name}","version":"{version}","purl":"pkg:golang/{name}@{version}",
                "properties":[{{"name":"syft:metadata:mainModule","value":"example.com/app"}}]}}"#
        )
    };
    let components = [
        module("example.com/app", "v0.0.0-20221010221433-558abfa75702"),
        module("example.com/app/sdk", "v0.6.1"),
    ];
    let inventory = inventory(&components.join(","), "");
    let kinds: Vec<_> = inventory.packages.iter().map(|package| (&*package.name, package.kind)).collect();
    assert_eq!(
        kinds,
        [("example.com/app/sdk", PackageKind::Library), ("example.com/app", PackageKind::Application)]
    );
}

#[test]
fn packages_of_a_lock_file_of_trivy_are_in_it() {
    let inventory = inventory(
        r#"{"type":"application","bom-ref":"lock","name":"app/composer.lock",
            "properties":[{"name":"aquasecurity:trivy:Class","value":"lang-pkgs"},{"name":"aquasecurity:trivy:Type","value":"composer"}]},
           {"type":"library","bom-ref":"a","name":"a/b","version":"1","purl":"pkg:composer/a/b@1"},
           {"type":"library","bom-ref":"c","name":"a/c","version":"1","purl":"pkg:composer/a/c@1"}"#,
        r#","dependencies":[{"ref":"lock","dependsOn":["a","gone"]},{"ref":"a","dependsOn":["c"]}]"#,
    );
    assert_eq!(found(&inventory, "a/b"), "app/composer.lock@- t");
    assert_eq!(found(&inventory, "a/c"), " t");
}
