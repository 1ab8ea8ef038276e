//! One image, wherever it lies: registries, daemons, archives, layouts and trees, all of them real.

use std::collections::BTreeSet;
use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::thread;

use serde_json::Value;
use testkit::image::{Image, IndexShape, oci_files, rootfs_archive, write_dir};
use testkit::real::{DockerRegistry, ListingRegistry, PASSWORD, Podman, Protection, USER, program, run};

use crate::harness::{Place, Ran};

/// A base with a database behind a link, a language package that the system owns, and an application.
const IMAGE: &str = "\
//- layer # ADD rootfs.tar.gz /
//- /etc/os-release
ID=alpine
VERSION_ID=3.20.3
//- /etc/passwd
root:x:0:0:root:/root:/bin/ash
//- /lib -> usr/lib
//- /usr/lib/apk/db/installed
P:musl
V:1.2.5-r0
A:x86_64

P:py3-idna
V:3.7-r0
A:x86_64
o:py3-idna
F:usr/lib/python3.12/site-packages/idna-3.7.dist-info
R:METADATA

//- /usr/lib/python3.12/site-packages/idna-3.7.dist-info/METADATA
Metadata-Version: 2.1
Name: idna
Version: 3.7
//- /usr/bin/sudo 4755
setuid
//- layer # COPY app /app
//- /app/node_modules/left-pad/package.json
{\"name\": \"left-pad\", \"version\": \"1.3.0\"}
//- /app/node_modules/gone/package.json
{\"name\": \"gone\", \"version\": \"1.0.0\"}
//- layer # RUN rm -r /app/node_modules/gone
//- /app/node_modules/gone !
";

/// The programs that all of these tests need.
struct Tools {
    skopeo: PathBuf,
    registry: PathBuf,
}

impl Tools {
    fn find(test: &str) -> Option<Self> {
        Some(Self {
            skopeo: program("skopeo", None, test)?,
            registry: program("docker-registry", None, test)?,
        })
    }

    /// Copies an image from one place to another, in skopeo's words.
    fn copy(&self, from: &str, to: &str, options: &[&str]) {
        let words = ["copy", "--quiet", "--insecure-policy"].iter().chain(options).copied();
        run(&self.skopeo, words.chain([from, to]));
    }
}

/// The image as an OCI layout in a directory of `place`, called `app:1` there.
fn layout(place: &Place, image: &Image) -> PathBuf {
    let dir = place.path("layout");
    write_dir(&oci_files(&[image.clone().tagged("app:1")], IndexShape::Flat), &dir);
    dir
}

fn sbom(place: &Place, words: &[&str]) -> Ran {
    place.run(["sbom", "--no-cache", "--name", "app"].iter().chain(words))
}

/// The SBOM of a source, without what names its place: the serial number follows from the rest.
#[track_caller]
fn normal(ran: &Ran) -> Value {
    ran.expect_code(0);
    let mut sbom: Value = serde_json::from_str(&ran.stdout).unwrap();
    sbom.as_object_mut().unwrap().remove("serialNumber");
    let subject = sbom["metadata"]["component"].as_object_mut().unwrap();
    subject.remove("version");
    let properties = subject.entry("properties").or_insert_with(|| Value::Array(Vec::new()));
    properties.as_array_mut().unwrap().retain(|property| {
        !matches!(
            property["name"].as_str().unwrap(),
            "plimsoll:subject:version" | "plimsoll:subject:manifest-digest" | "plimsoll:none"
        )
    });
    sbom
}

/// Its packages, each with what owns it.
fn packages(sbom: &Value) -> BTreeSet<String> {
    let components = sbom["components"].as_array().unwrap();
    let owner = |component: &Value| {
        component["properties"].as_array().into_iter().flatten().find_map(|property| {
            (property["name"] == "plimsoll:owner").then(|| property["value"].to_string())
        })
    };
    components.iter().map(|component| format!("{} {:?}", component["bom-ref"], owner(component))).collect()
}

#[test]
fn every_place_an_image_can_lie_in_gives_the_same_sbom() {
    let test = "every_place_an_image_can_lie_in_gives_the_same_sbom";
    let Some(tools) = Tools::find(test) else { return };
    let Some(podman) = program("podman", None, test) else { return };
    let mut images = vec![("ours".to_owned(), Image::parse(IMAGE))];
    let zstd = Image::parse(IMAGE).compressed(testkit::image::Compression::Zstd);
    images.push(("zstd".to_owned(), zstd));
    let place = Place::new();
    let registry = DockerRegistry::start(&tools.registry, &place.path("registry"), Protection::None);
    let podman = Podman::start(&podman, &place.path("podman"));
    let socket = format!("unix://{}", podman.socket.display());
    for (name, image) in images {
        let own = Place::new();
        let layout = layout(&own, &image);
        let from = format!("oci:{}:app:1", layout.display());
        let expected = normal(&sbom(&own, &[&layout.display().to_string()]));
        assert_eq!(
            packages(&expected).len(),
            5,
            "a distribution and two packages of it, one of Python, one of npm"
        );

        // Docker's formats know no zstd, and skopeo does not recompress.
        let is_for_docker = name != "zstd";
        same_in_archives(&tools, &own, &from, &expected, is_for_docker);
        same_in_a_registry(&tools, &own, &registry, &name, &from, &expected);

        let tree = own.write("rootfs.tar", rootfs_archive(&image, testkit::image::Compression::None));
        let of_tree = normal(&sbom(&own, &[&tree.display().to_string()]));
        assert_eq!(packages(&of_tree), packages(&expected), "a root filesystem has the same packages");
        if !is_for_docker {
            continue;
        }
        let archive = own.path("docker.tar");
        tools.copy(&from, &format!("docker-archive:{}:{name}:1", archive.display()), &[]);
        podman.load(&archive);
        for prefix in ["docker", "podman"] {
            let source = format!("{prefix}:{name}:1");
            let mut command = own.command();
            command.env("DOCKER_HOST", &socket).env("CONTAINER_HOST", &socket);
            command.args(["sbom", "--no-cache", "--name", "app", &source, "--offline"]);
            assert_eq!(normal(&Ran::of(command.output().unwrap())), expected, "{source}");
        }
        // Without a prefix the daemon's image is found, and no registry is asked.
        let mut command = own.command();
        command.env("DOCKER_HOST", &socket);
        command.args(["sbom", "--no-cache", "--name", "app", &format!("{name}:1"), "--offline"]);
        assert_eq!(normal(&Ran::of(command.output().unwrap())), expected);
    }
}

#[track_caller]
fn same_in_archives(tools: &Tools, place: &Place, from: &str, expected: &Value, is_for_docker: bool) {
    for (kind, file) in [("oci-archive", "oci.tar"), ("docker-archive", "saved.tar")] {
        if kind == "docker-archive" && !is_for_docker {
            continue;
        }
        let path = place.path(file);
        tools.copy(from, &format!("{kind}:{}:app:1", path.display()), &[]);
        let path = path.display().to_string();
        assert_eq!(normal(&sbom(place, &[&path])), *expected, "{kind}");
        assert_eq!(normal(&sbom(place, &[&format!("{kind}:{path}")])), *expected, "{kind}, forced");

        let mut command = place.command();
        command.args(["sbom", "--no-cache", "--name", "app", "-"]);
        command.stdin(fs::File::open(&path).unwrap());
        assert_eq!(normal(&Ran::of(command.output().unwrap())), *expected, "{kind} on standard input");
    }
}

#[track_caller]
fn same_in_a_registry(
    tools: &Tools,
    place: &Place,
    registry: &DockerRegistry,
    name: &str,
    from: &str,
    expected: &Value,
) {
    let to = format!("docker://{}/{name}:1", registry.host);
    tools.copy(from, &to, &["--dest-tls-verify=false"]);
    let source = format!("registry:{}/{name}:1", registry.host);
    let ran = sbom(place, &[&source]);
    assert_eq!(normal(&ran), *expected, "{source}");
    let sbom_json: Value = serde_json::from_str(&ran.stdout).unwrap();
    let digest = property(&sbom_json["metadata"]["component"], "plimsoll:subject:manifest-digest").unwrap();
    let by_digest = format!("registry:{}/{name}@{digest}", registry.host);
    assert_eq!(normal(&sbom(place, &[&by_digest])), *expected, "{by_digest}");
}

fn property(holder: &Value, name: &str) -> Option<String> {
    let properties = holder["properties"].as_array()?;
    let found = properties.iter().find(|property| property["name"] == name)?;
    found["value"].as_str().map(str::to_owned)
}

#[test]
fn a_guarded_registry_lets_in_who_may_and_nobody_sees_the_password() {
    let test = "a_guarded_registry_lets_in_who_may_and_nobody_sees_the_password";
    let Some(tools) = Tools::find(test) else { return };
    let place = Place::new();
    let registry = DockerRegistry::start(&tools.registry, &place.path("registry"), Protection::TlsAndBasic);
    let two = [Image::parse(IMAGE), Image::parse(IMAGE).for_platform("linux/arm64")];
    let dir = place.path("layout");
    write_dir(&oci_files(&two.map(|image| image.tagged("app:1")), IndexShape::Nested), &dir);
    let credential = format!("{USER}:{PASSWORD}");
    let options = ["--all", "--dest-tls-verify=false", "--dest-creds", &credential];
    let to = format!("docker://{}/team/app:1", registry.host);
    tools.copy(&format!("oci:{}:app:1", dir.display()), &to, &options);

    let source = format!("registry:{}/team/app:1", registry.host);
    let ca_file = registry.ca_file.as_ref().unwrap().display().to_string();
    let ca = ["--ca-file", ca_file.as_str()];
    let with = |words: &[&str]| {
        let mut command = place.command();
        command.args(["sbom", "--no-cache", &source]).args(words);
        command
    };
    let ran = |mut command: std::process::Command| Ran::of(command.output().unwrap());

    // Who cannot verify the registry sends nothing to it.
    ran(with(&[])).expect_code(2).expect_stderr(&["could not be reached", "--ca-file"]);
    ran(with(&ca)).expect_code(2).expect_stderr(&["refused", "docker login"]);

    let config = format!(r#"{{"auths": {{"{}": {{"auth": "{}"}}}}}}"#, registry.host, base64(&credential));
    place.write(".docker/config.json", &config);
    for platform in ["linux/amd64", "linux/arm64"] {
        let sbom: Value = {
            let ran = ran(with(&[ca[0], ca[1], "--platform", platform]));
            ran.expect_code(0);
            serde_json::from_str(&ran.stdout).unwrap()
        };
        let found = property(&sbom["metadata"]["component"], "plimsoll:subject:platform");
        assert_eq!(found.as_deref(), Some(platform));
        assert!(!sbom.to_string().contains(PASSWORD));
    }
    ran(with(&[ca[0], ca[1], "--platform", "linux/s390x"]))
        .expect_code(2)
        .expect_stderr(&["linux/amd64", "linux/arm64"]);
    ran(with(&["--insecure"])).expect_code(0);

    // A wrong password in the file, the right one on standard input.
    place.write(
        ".docker/config.json",
        config.replace(&base64(&credential), &base64("plimsoll-tester:wrong-one")),
    );
    let refused = ran(with(&[ca[0], ca[1], "-vv"]));
    refused.expect_code(2).expect_stderr(&["refused", "config.json"]);
    assert!(
        !refused.stderr.contains("wrong-one")
            && !refused.stderr.contains(&base64("plimsoll-tester:wrong-one"))
    );
    let typed = ["--registry-username", USER, "--registry-password-stdin", "-vv"];
    let mut command = with(&[&ca[..], &typed[..]].concat());
    command.stdin(std::process::Stdio::piped()).stdout(std::process::Stdio::piped());
    command.stderr(std::process::Stdio::piped());
    let mut child = command.spawn().unwrap();
    writeln!(child.stdin.take().unwrap(), "{PASSWORD}").unwrap();
    let accepted = Ran::of(child.wait_with_output().unwrap());
    accepted.expect_code(0);
    assert!(!accepted.stderr.contains(PASSWORD) && !accepted.stdout.contains(PASSWORD));
}

/// Standard base64.
fn base64(text: &str) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    text.as_bytes()
        .chunks(3)
        .flat_map(|chunk| {
            let bits = chunk
                .iter()
                .chain(&[0, 0])
                .take(3)
                .fold(0_usize, |bits, byte| bits << 8 | usize::from(*byte));
            (0..4).map(move |digit| match digit <= chunk.len() {
                true => char::from(DIGITS[bits >> (18 - 6 * digit) & 63]),
                false => '=',
            })
        })
        .collect()
}

#[test]
fn a_layer_goes_on_where_its_connection_was_cut() {
    let test = "a_layer_goes_on_where_its_connection_was_cut";
    let Some(tools) = Tools::find(test) else { return };
    let place = Place::new();
    let registry = DockerRegistry::start(&tools.registry, &place.path("registry"), Protection::None);
    let mut image = Image::parse(IMAGE).compressed(testkit::image::Compression::Stored);
    image.layers[0].file("opt/large", vec![b'x'; 3 << 20]);
    let layout = layout(&place, &image);
    let to = format!("docker://{}/app:1", registry.host);
    tools.copy(&format!("oci:{}:app:1", layout.display()), &to, &["--dest-tls-verify=false"]);
    let expected = normal(&sbom(&place, &[&layout.display().to_string()]));

    let cutter = Cutter::start(&registry.host, 1 << 20);
    let ran = sbom(&place, &[&format!("registry:{}/app:1", cutter.host)]);
    assert_eq!(normal(&ran), expected);
    let requests = cutter.requests.lock().unwrap();
    let ranges: Vec<&String> =
        requests.iter().filter(|request| request.to_lowercase().contains("range: bytes=")).collect();
    assert!(!ranges.is_empty(), "the layer was asked for again from where it broke off: {requests:#?}");
}

/// Stands between a client and a server, and cuts the first answer that is longer than some bytes.
struct Cutter {
    host: String,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Cutter {
    fn start(server: &str, after: usize) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let host = listener.local_addr().unwrap().to_string();
        let requests = Arc::new(Mutex::new(Vec::new()));
        let (server, noted) = (server.to_owned(), Arc::clone(&requests));
        thread::spawn(move || {
            let may_cut = Arc::new(Mutex::new(true));
            for client in listener.incoming() {
                let Ok(client) = client else { return };
                let (server, noted, may_cut) = (server.clone(), Arc::clone(&noted), Arc::clone(&may_cut));
                thread::spawn(move || serve(client, &server, after, &noted, &may_cut));
            }
        });
        Self { host, requests }
    }
}

/// Passes bytes on in both directions.
fn serve(
    mut client: TcpStream,
    server: &str,
    after: usize,
    noted: &Mutex<Vec<String>>,
    may_cut: &Mutex<bool>,
) {
    let Ok(mut server) = TcpStream::connect(server) else { return };
    let (mut from_client, mut to_server) = (client.try_clone().unwrap(), server.try_clone().unwrap());
    thread::scope(|scope| {
        scope.spawn(move || {
            let mut buffer = [0; 16 << 10];
            while let Ok(n_bytes @ 1..) = from_client.read(&mut buffer) {
                noted.lock().unwrap().push(String::from_utf8_lossy(&buffer[..n_bytes]).into_owned());
                if to_server.write_all(&buffer[..n_bytes]).is_err() {
                    return;
                }
            }
        });
        let mut passed = 0;
        let mut buffer = [0; 16 << 10];
        while let Ok(n_bytes @ 1..) = server.read(&mut buffer) {
            passed += n_bytes;
            let cuts = passed > after && std::mem::take(&mut *may_cut.lock().unwrap());
            if cuts || client.write_all(&buffer[..n_bytes]).is_err() {
                break;
            }
        }
        let _ = client.shutdown(std::net::Shutdown::Both);
        let _ = server.shutdown(std::net::Shutdown::Both);
    });
}

/// Attaches an SBOM and uses it, whatever the registry knows of referrers.
fn attached(place: &Place, tools: &Tools, host: &str) {
    let layout = layout(place, &Image::parse(IMAGE));
    let to = format!("docker://{host}/app:1");
    tools.copy(&format!("oci:{}:app:1", layout.display()), &to, &["--dest-tls-verify=false"]);
    let source = format!("registry:{host}/app:1");

    place
        .run(["sbom", &source, "--referrers"])
        .expect_code(2)
        .expect_stderr(&["no SBOM is attached", "leave out `--referrers`"]);
    let words = ["sbom", &source, "--no-cache", "--attach", "-o", "cyclonedx-json"];
    let written = place.run(words);
    written.expect_code(0).expect_stderr(&["attached cyclonedx-json as sha256:"]);
    let used = place.run(["sbom", &source, "--referrers"]);
    used.expect_code(0).expect_stderr(&["gap: unverified-sbom"]);
    let (written, used): (Value, Value) =
        (serde_json::from_str(&written.stdout).unwrap(), serde_json::from_str(&used.stdout).unwrap());
    assert_eq!(used["components"], written["components"]);

    // A second format beside the first; CycloneDX stays the one that is used.
    let words = ["sbom", &source, "--no-cache", "--attach", "-o", "spdx-json"];
    place.run(words).expect_code(0).expect_stderr(&["attached spdx-json as sha256:"]);
    let again: Value = place.json(["sbom", &source, "--referrers"]);
    assert_eq!(again["components"], written["components"]);
}

#[test]
fn an_attached_sbom_is_found_by_the_tag_that_stands_in_for_referrers() {
    let test = "an_attached_sbom_is_found_by_the_tag_that_stands_in_for_referrers";
    let Some(tools) = Tools::find(test) else { return };
    let place = Place::new();
    let registry = DockerRegistry::start(&tools.registry, &place.path("registry"), Protection::None);
    attached(&place, &tools, &registry.host);
    let tags =
        run(&tools.skopeo, ["list-tags", "--tls-verify=false", &format!("docker://{}/app", registry.host)]);
    assert!(tags.contains("\"sha256-"), "it is listed under the tag of the specification: {tags}");
}

#[test]
fn an_attached_sbom_is_found_by_the_referrers_api() {
    let test = "an_attached_sbom_is_found_by_the_referrers_api";
    let Some(tools) = Tools::find(test) else { return };
    let variable = Some("PLIMSOLL_REFERRERS_REGISTRY");
    let Some(listing) = program("referrers-registry", variable, test) else { return };
    let place = Place::new();
    let registry = ListingRegistry::start(&listing);
    attached(&place, &tools, &registry.host);
}

#[test]
fn every_real_image_is_the_same_in_a_registry() {
    let test = "every_real_image_is_the_same_in_a_registry";
    let Some(tools) = Tools::find(test) else { return };
    let Some(data) = testkit::data::require(test) else { return };
    let place = Place::new();
    let registry = DockerRegistry::start(&tools.registry, &place.path("registry"), Protection::None);
    for (name, kind, file) in [
        ("alpine-3.18.9", "oci-archive", "oci-layout.tar"),
        ("alpine-3.20.3", "oci-archive", "oci-layout.tar"),
        ("alpine-3.8.5-multiarch", "oci-archive", "oci-layout.tar"),
        ("assembled-whiteouts-a", "oci-archive", "oci-layout.tar"),
        ("busybox-amd64", "oci-archive", "oci-layout.tar"),
    ] {
        let archive = data.join("images").join(name).join(file);
        let to = format!("docker://{}/{name}:1", registry.host);
        tools.copy(&format!("{kind}:{}", archive.display()), &to, &["--all", "--dest-tls-verify=false"]);
        let from_file = normal(&sbom(&place, &[&archive.display().to_string()]));
        let pulled = normal(&sbom(&place, &[&format!("registry:{}/{name}:1", registry.host)]));
        assert_eq!(pulled, from_file, "{name}");
    }
}

#[test]
fn a_registry_that_misbehaves_is_a_clear_error() {
    use testkit::server::{Behaviour, Server};
    let place = Place::new();
    let server = Server::new();
    let host = server.url("").trim_start_matches("http://").trim_end_matches('/').to_owned();
    let path = "/v2/app/manifests/1";
    for (behaviour, words) in [
        (Behaviour::Html, &["text/html", "is this a registry?"][..]),
        (Behaviour::Redirect(server.url(path)), &["redirect"][..]),
        (Behaviour::Status { code: 401, retry_after: None }, &["app:1"][..]),
        (Behaviour::Status { code: 404, retry_after: None }, &["does not exist"][..]),
    ] {
        server.always(path, behaviour);
        let ran = sbom(&place, &[&format!("registry:{host}/app:1")]);
        ran.expect_code(2).expect_stderr(&["error: "]).expect_stderr(words);
        assert_eq!(ran.stdout, "");
    }
}

#[test]
fn what_is_nowhere_is_said_with_every_place_that_was_asked() {
    let place = Place::new();
    let ran = place.run(["sbom", "no-such-image:1", "--offline"]);
    ran.expect_code(2).expect_stderr(&["docker (", "podman (", "registry (", "offline"]);
    let ran = place.run(["sbom", "containerd:app"]);
    ran.expect_code(2).expect_stderr(&["containerd", "ctr images export"]);
    let ran = place.run(["sbom", "missing.tar"]);
    ran.expect_code(2).expect_stderr(&["missing.tar"]);
    assert!(!ran.stderr.contains("docker"), "a file's name is not asked for in a registry: {}", ran.stderr);
}

#[test]
fn a_base_image_that_labels_name_in_the_same_registry_is_looked_up() {
    let test = "a_base_image_that_labels_name_in_the_same_registry_is_looked_up";
    let Some(tools) = Tools::find(test) else { return };
    let place = Place::new();
    let registry = DockerRegistry::start(&tools.registry, &place.path("registry"), Protection::None);
    let push = |name: &str, image: &Image| {
        let dir = place.path(name);
        write_dir(&oci_files(&[image.clone().tagged("app:1")], IndexShape::Flat), &dir);
        let to = format!("docker://{}/{name}:1", registry.host);
        tools.copy(&format!("oci:{}:app:1", dir.display()), &to, &["--dest-tls-verify=false"]);
        place.json(["sbom", &format!("registry:{}/{name}:1", registry.host)])
    };
    let whole = Image::parse(IMAGE);
    let base = push("base", &Image::new(whole.layers[..1].to_vec()));
    let digest = property(&base["metadata"]["component"], "plimsoll:subject:manifest-digest").unwrap();
    let mut app = whole;
    app.config["Labels"] = serde_json::json!({
        "org.opencontainers.image.base.name": format!("{}/base:1", registry.host),
        "org.opencontainers.image.base.digest": digest,
    });
    let app = push("app", &app);
    let layers = property(&app["metadata"]["component"], "plimsoll:subject:base:layers");
    assert_eq!(layers.as_deref(), Some("1"), "the lowest layer came with the base image");
}

#[test]
fn what_was_asked_for_and_cannot_be_done_is_an_error() {
    let place = Place::new();
    place.write("app.tar", Image::parse(IMAGE).docker_archive());
    place.run(["sbom", "app.tar", "-o", "cyclonedx-json=app.json"]).expect_code(0);
    for (words, said) in [
        (&["app.tar", "-o", "table", "--attach"][..], "no format that is written is one"),
        (&["app.tar", "--attach"], "lies in no registry"),
        (&["app.tar", "--referrers"], "lies in no registry"),
        (&["app.json", "--scope", "all-layers"], "only its image tells"),
        (&["registry:localhost:1/app", "--image", "x"], "`--image` chooses from an archive"),
        (&["app.tar", "--registry-mirror", "a=ann:hunter2@b"], "cannot be used"),
        (&["-", "--registry-username", "ann", "--registry-password-stdin"], "standard input cannot be both"),
    ] {
        let ran = place.run(["sbom"].iter().chain(words));
        ran.expect_code(2).expect_stderr(&[said]);
        assert!(!ran.stderr.contains("hunter2"), "{}", ran.stderr);
    }
    let two = ["scan", "registry:a.test/x", "registry:b.test/x", "--registry-token", "hunter2", "--offline"];
    let ran = place.run(two);
    ran.expect_code(2).expect_stderr(&["several registries: a.test, b.test"]);
    assert!(!ran.stderr.contains("hunter2"));
    // What an SBOM can be told, it is told.
    let renamed: Value = place.json(["sbom", "app.json", "--name", "mine"]);
    assert_eq!(renamed["metadata"]["component"]["name"], "mine");
}

#[test]
fn a_daemon_that_cannot_be_asked_is_passed_over_with_a_word() {
    let place = Place::new();
    let mut command = place.command();
    command.env("DOCKER_HOST", "tcp://127.0.0.1:9").args(["sbom", "localhost:1/app:1"]);
    let ran = Ran::of(command.output().unwrap());
    ran.expect_code(2).expect_stderr(&["warning: docker could not be asked", "tried docker (", "registry ("]);
}

#[test]
fn a_program_with_two_names_is_downloaded_once() {
    let test = "a_program_with_two_names_is_downloaded_once";
    let Some(tools) = Tools::find(test) else { return };
    let place = Place::new();
    let registry = DockerRegistry::start(&tools.registry, &place.path("registry"), Protection::None);
    let mut image = Image::parse("//- layer\n//- /etc/os-release\nID=debian\nVERSION_ID=12\n");
    let program = testkit::go::binary("go1.22.1", "path\tdemo.test/a\nmod\tdemo.test/a\tv1.0.0\n");
    image.layers[0].executable("usr/bin/demo", program);
    let link = testkit::image::EntryKind::HardLink("usr/bin/demo".to_owned());
    image.layers[0].push("usr/bin/demo1", 0o755, link);
    let layout = layout(&place, &image);
    let to = format!("docker://{}/app:1", registry.host);
    tools.copy(&format!("oci:{}:app:1", layout.display()), &to, &["--dest-tls-verify=false"]);

    let watcher = Cutter::start(&registry.host, usize::MAX);
    let ran = sbom(&place, &[&format!("registry:{}/app:1", watcher.host)]);
    assert_eq!(normal(&ran), normal(&sbom(&place, &[&layout.display().to_string()])));
    assert!(ran.stdout.contains("usr/bin/demo1"), "both names are places of the program");
    let requests = watcher.requests.lock().unwrap();
    let n_blobs = requests.iter().filter(|request| request.contains("/blobs/sha256:")).count();
    assert_eq!(n_blobs, 2, "the configuration and the layer: {requests:#?}");
}
