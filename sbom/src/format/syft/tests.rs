//! Fixtures of our own, of every shape that the versions of the schema have, and the real documents.

use super::super::{Document, read};
use super::*;

fn document(text: &str) -> Document<'_> {
    read(text.as_bytes(), &Limits::default()).unwrap()
}

/// The package called `name`, in words.
#[track_caller]
fn seen(inventory: &Inventory, name: &str) -> String {
    let package = inventory.packages.iter().find(|package| package.name == name).expect(name);
    let source = package.source.as_ref().map_or("-".to_owned(), |source| {
        format!("{}@{}", source.name, source.version.as_ref().map_or("-", |version| version.as_str()))
    });
    let located =
        |location: &Location| format!("{}@{}", location.path, location.layer.as_deref().unwrap_or("-"));
    let locations: Vec<_> = package.locations.iter().map(located).collect();
    let related = |index: &PackageIndex| inventory.package(*index).name.as_str();
    let depends_on: Vec<_> = package.depends_on.iter().map(related).collect();
    format!(
        "{} {} {source} {} [{}] owner {} needs [{}] {:?} {:?} {} {} {}",
        package.ecosystem,
        package.version,
        package.architecture.as_deref().unwrap_or("-"),
        locations.join(" "),
        package.owner.as_ref().map_or("-", related),
        depends_on.join(" "),
        package.licenses,
        package.cpes,
        package.supplier.as_deref().unwrap_or("-"),
        package.module.as_deref().unwrap_or("-"),
        package.cataloger,
    )
}

const LATE: &str = r#"{
  "artifacts": [
    {"id":"a","name":"libdemo","version":"1.2-3","type":"deb","foundBy":"dpkg-db-cataloger",
     "locations":[
       {"path":"/var/lib/dpkg/status","accessPath":"/var/lib/dpkg/status","layerID":"sha256:01","annotations":{"evidence":"primary"}},
       {"path":"/usr/share/doc/libdemo/copyright","layerID":"sha256:01","annotations":{"evidence":"supporting"}}],
     "licenses":[{"value":"GPL-2","spdxExpression":"GPL-2.0-only","type":"declared","urls":[],"locations":[]},
                 {"value":"custom","spdxExpression":"","type":"declared"}],
     "cpes":[{"cpe":"cpe:2.3:a:demo:demo:1.2:*:*:*:*:*:*:*","source":"syft-generated"}],
     "purl":"pkg:deb/debian/libdemo@1.2-3?arch=amd64&distro=debian-12&upstream=demo",
     "metadataType":"dpkg-db-entry",
     "metadata":{"package":"libdemo","source":"demo","version":"1.2-3","sourceVersion":"1:1.2-3","architecture":"amd64",
                 "maintainer":"A <a@b.test>","installedSize":12,"depends":["libc6"],"files":[]}},
    {"id":"b","name":"demo","version":"2.0","type":"python","foundBy":"python-installed-package-cataloger",
     "locations":[],"licenses":[],"language":"python","cpes":[],"purl":"pkg:pypi/demo@2.0",
     "metadataType":"python-package","metadata":{"name":"demo","source":{"not":"a text"},"author":"x"}},
    {"id":"c","name":"tool","version":"3","type":"binary","locations":[],"licenses":[],"cpes":[],"purl":""},
    {"id":"d","name":"demo-libs","version":"1.0-2.el9","type":"rpm","locations":[],"licenses":[],"cpes":[],
     "purl":"pkg:rpm/redhat/demo-libs@1.0-2.el9?arch=x86_64",
     "metadata":{"name":"demo-libs","epoch":4,"architecture":"x86_64","sourceRpm":"demo-1.0-2.el9.src.rpm",
                 "modularityLabel":"demo:1:2:3","vendor":"V","maintainer":"M"}}],
  "artifactRelationships": [
    {"parent":"a","child":"b","type":"ownership-by-file-overlap","metadata":{"files":["/x"]}},
    {"parent":"b","child":"c","type":"ownership-by-file-overlap"},
    {"parent":"a","child":"c","type":"dependency-of"},
    {"parent":"b","child":"f","type":"evident-by","metadata":{"kind":"primary"}},
    {"parent":"root","child":"a","type":"contains"}],
  "files":[{"id":"f","location":{"path":"/usr/lib/demo/METADATA","layerID":"sha256:02"},"metadata":{"mode":644}}],
  "source":{"id":"root","name":"registry.test/app","version":"1.2","type":"image",
    "metadata":{"userInput":"registry.test/app:1.2","imageID":"sha256:aa","manifestDigest":"sha256:bb","repoDigests":["registry.test/app@sha256:bb","registry.test/app@sha256:cc"],"tags":["registry.test/app:1.2"],
      "layers":[{"mediaType":"x","digest":"sha256:01","size":1},{"mediaType":"x","digest":"sha256:02","size":1}],
      "architecture":"amd64","os":"linux","labels":{"a":"b"}}},
  "distro":{"prettyName":"Debian GNU/Linux 12 (bookworm)","name":"Debian GNU/Linux","id":"debian","idLike":["x"],
    "version":"12 (bookworm)","versionID":"12","versionCodename":"bookworm"},
  "descriptor":{"name":"syft","version":"1.20.0","configuration":{}},
  "schema":{"version":"16.0.22","url":"https://x.test"}}"#;

#[test]
fn a_late_document_is_understood() {
    let document = document(LATE);
    assert_eq!(document.format, "Syft 16.0.22 JSON");
    let inventory = &document.inventory;
    assert_eq!(
        seen(inventory, "libdemo"),
        r#"deb 1.2-3 demo@1:1.2-3 amd64 [var/lib/dpkg/status@sha256:01] owner - needs [] ["GPL-2.0-only", "custom"] ["cpe:2.3:a:demo:demo:1.2:*:*:*:*:*:*:*"] A <a@b.test> - dpkg-db-cataloger"#
    );
    assert_eq!(
        seen(inventory, "demo"),
        "pypi 2.0 - - [usr/lib/demo/METADATA@sha256:02] owner libdemo needs [] [] [] - - python-installed-package-cataloger"
    );
    assert_eq!(seen(inventory, "tool"), "unknown 3 - - [] owner - needs [libdemo] [] [] - - syft");
    assert_eq!(
        seen(inventory, "demo-libs"),
        "rpm 4:1.0-2.el9 demo@1.0-2.el9 x86_64 [] owner - needs [] [] [] V demo:1:2:3 syft"
    );
    let subject = &inventory.subject;
    assert_eq!((subject.name.as_str(), subject.version.as_deref()), ("registry.test/app", Some("1.2")));
    assert_eq!(subject.digest.as_deref(), Some("sha256:aa"));
    assert_eq!(subject.manifest_digest.as_deref(), Some("sha256:bb"));
    assert_eq!(subject.index_digest.as_deref(), Some("sha256:cc"));
    assert_eq!(subject.platform.as_deref(), Some("linux/amd64"));
    assert_eq!(subject.layers.len(), 2);
    let distro = inventory.distro.as_ref().unwrap();
    assert_eq!((distro.id.as_str(), distro.version.as_deref()), ("debian", Some("12")));
    assert_eq!(distro.codename.as_deref(), Some("bookworm"));
    assert_eq!(distro.name.as_deref(), Some("Debian GNU/Linux"));
    assert_eq!(distro.id_like, ["x"]);
}

#[test]
fn an_early_document_is_understood() {
    let text = r#"{"artifacts":[
        {"name":"demo","version":"1-r0","type":"apk","foundBy":"apkdb-cataloger",
         "locations":[{"path":"/lib/apk/db/installed","layerID":"sha256:01"}],"licenses":["MIT",""],"language":"",
         "cpes":["cpe:2.3:a:b:demo:1:*:*:*:*:*:*:*"],"purl":"pkg:alpine/demo@1-r0?arch=x86_64",
         "metadata":{"package":"demo","originPackage":"demo-src","maintainer":"","architecture":"x86_64"}},
        {"name":"core","version":"1","type":"java-archive","purl":"",
         "metadata":{"pomProperties":{"groupId":"org.x","artifactId":"core"},"digest":[{"algorithm":"sha1","value":"AB"}]}},
        {"name":"plain","version":"1","type":"java-archive","purl":"","metadata":null},
        {"name":"dive","version":"0.9-1","type":"rpm","locations":null,
         "metadata":{"sourceRpm":"","license":"MIT","epoch":null,"architecture":"x86_64"}}],
      "source":{"type":"image","target":{"userInput":"app:1","imageID":"sha256:aa","layers":[{"digest":"sha256:01"}]}},
      "distro":{"name":"Alpine","version":"3.12.0","idLike":"x y"},
      "descriptor":{"name":"syft","version":"0.12.7"},"schema":{"version":"1.0.1","url":""}}"#;
    let document = document(text);
    let inventory = &document.inventory;
    assert_eq!(
        seen(inventory, "demo"),
        r#"apk 1-r0 demo-src@- x86_64 [lib/apk/db/installed@sha256:01] owner - needs [] ["MIT"] ["cpe:2.3:a:b:demo:1:*:*:*:*:*:*:*"] - - apkdb-cataloger"#
    );
    assert_eq!(seen(inventory, "org.x:core"), "maven 1 - - [] owner - needs [] [] [] - - syft");
    assert_eq!(seen(inventory, "plain"), "unknown 1 - - [] owner - needs [] [] [] - - syft");
    assert_eq!(seen(inventory, "dive"), r#"rpm 0.9-1 - x86_64 [] owner - needs [] ["MIT"] [] - - syft"#);
    let core = inventory.packages.iter().find(|package| package.name == "org.x:core").unwrap();
    assert_eq!(core.digests, ["sha1:ab"]);
    let distro = inventory.distro.as_ref().unwrap();
    assert_eq!((distro.id.as_str(), distro.version.as_deref()), ("alpine", Some("3.12.0")));
    assert_eq!(distro.id_like, ["x", "y"]);
    assert_eq!(distro.name, None);
    assert_eq!((inventory.subject.name.as_str(), inventory.subject.layers.len()), ("app:1", 1));
    let gaps: Vec<_> = inventory.gaps.iter().map(ToString::to_string).collect();
    assert!(gaps.iter().any(|gap| gap.contains("package URL of 1 package")), "{gaps:?}");
}

#[test]
fn what_was_scanned_and_the_distribution_have_many_shapes() {
    let check = |members: &str, expected: &str| {
        let text = format!(r#"{{"artifacts":[],"schema":{{"version":"8.0.0"}}{members}}}"#);
        let document = document(&text);
        let inventory = &document.inventory;
        let distro = inventory.distro.as_ref();
        let version = |distro: &Distro| distro.version.clone().unwrap_or_default();
        let seen = format!(
            "{} {} {}",
            inventory.subject.name,
            inventory.subject.digest.as_deref().unwrap_or("-"),
            distro.map_or("-".to_owned(), |distro| format!("{} {}", distro.id, version(distro)))
        );
        assert_eq!(seen, expected);
    };
    check(r#","source":{"type":"directory","target":"./x"},"distro":{}"#, "./x - -");
    check(
        r#","source":{"name":"go.mod","version":"sha256:sha256:dc","type":"file","metadata":{"path":"a/go.mod","digests":[{"algorithm":"sha256","value":"DC"}]}}"#,
        "go.mod sha256:dc -",
    );
    check(r#","source":{"type":"directory","metadata":{"path":"d","base":""}},"distro":null"#, "d - -");
    check(r#","distro":{"name":"","version":"","idLike":""}"#, " - -");
    check(r#","distro":{"id":"arch","version":"","buildID":"rolling"}"#, " - arch ");
    check(r#","distro":{"id":"debian","version":"12 (bookworm)"}"#, " - debian 12");
    check(r#","distro":{"id":"alpine","versionID":"3.20_alpha","version":"edge"}"#, " - alpine 3.20_alpha");
}

#[test]
fn what_is_wrong_is_said() {
    let refused = |text: &str, words: &str| {
        let error = read(text.as_bytes(), &Limits::default()).unwrap_err().to_string();
        assert!(error.contains(words), "{error}");
    };
    refused(r#"{"artifacts":{}}"#, "Syft JSON document, artifacts");
    refused(r#"{"artifacts":[{"name":"a"},7]}"#, "artifacts[1]");
    refused(r#"{"artifacts":[{"name":"a","purl":7}]}"#, "artifacts[0].purl");
    let limits = Limits { packages_max: 1, ..Limits::default() };
    let error = read(LATE.as_bytes(), &limits).unwrap_err().to_string();
    assert_eq!(error, "the document exceeds the limit packages_max of 1");
    let text = r#"{"artifacts":[{"id":"a","name":"a"},{"id":"a","name":"b"},{"version":"1"}],"schema":{"version":"99.0"},
        "artifactRelationships":[{"parent":"a","child":"a","type":"dependency-of"}]}"#;
    let gaps = document(text).inventory.gaps.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
    assert!(gaps.contains("schema 99.0 is not known"), "{gaps}");
    assert!(gaps.contains("artifacts[2]|it has no name"), "{gaps}");
    assert!(gaps.contains("several elements carry this reference"), "{gaps}");
    for damaged in testkit::mutate::mutations(LATE.as_bytes(), 500) {
        let _ = read(&damaged, &Limits::default());
    }
}

#[test]
fn a_document_in_a_file_gives_what_its_text_gives() {
    let file = tempfile::tempfile().unwrap();
    std::io::Write::write_all(&mut &file, LATE.as_bytes()).unwrap();
    let limits = Limits::default();
    assert_eq!(read_file(&file, &limits).unwrap().inventory, document(LATE).inventory);
}
