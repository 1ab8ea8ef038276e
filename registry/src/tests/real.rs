//! Real programs: Docker's registry behind TLS and a password, filled by skopeo; two registries of
//! go-containerregistry, one of them with the referrers API; podman's daemon.
//!
//! A test whose program is missing says so and passes, except in CI: there these tests must run.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::Command;

use fetch::client::{ClientCertificate, ClientOptions, Proxy};
use serde_json::Value;
use tempfile::TempDir;
use testkit::image::{Image, IndexShape, oci_files, write_dir};
use testkit::real::{self, program, succeed};

use super::referrers::attaches;
use super::{debug_holds_no_secret, shown};
use crate::client::{Options, Registry};
use crate::credentials::CredentialSources;
use crate::daemon::Daemon;
use crate::descriptor::{Descriptor, OCI_INDEX, OCI_MANIFEST};
use model::digest::Digest;

use crate::error::RegistryError;
use crate::reference::{Pointer, Reference};
use crate::verified::Verified;

/// The variable that names the program `cmd/registry` of go-containerregistry, which has no referrers API; `none`
/// says that there is none here.
const GCR_REGISTRY: &str = "PLIMSOLL_GCR_REGISTRY";
/// The variable that names the program in `testdata/referrers-registry`, which has it; `none` as above.
const REFERRERS_REGISTRY: &str = "PLIMSOLL_REFERRERS_REGISTRY";

/// The programs that tests against Docker's registry need.
#[derive(Clone)]
struct Tools {
    registry: PathBuf,
    skopeo: PathBuf,
    openssl: PathBuf,
    htpasswd: PathBuf,
}

impl Tools {
    /// All of them, for the test called `test`.
    fn find(test: &str) -> Option<Self> {
        let find = |name| program(name, None, test);
        Some(Self {
            registry: find("docker-registry")?,
            skopeo: find("skopeo")?,
            openssl: find("openssl")?,
            htpasswd: find("htpasswd")?,
        })
    }
}

/// Docker's registry with TLS for `localhost` by its own authority, and one user.
struct DockerRegistry {
    tools: Tools,
    dir: TempDir,
    host: String,
    _process: real::DockerRegistry,
}

const CONFIG: &str = "\
version: 0.1
log: {level: error}
storage: {filesystem: {rootdirectory: DIR/storage}, delete: {enabled: true}}
http: {addr: '127.0.0.1:PORT', tls: {certificate: DIR/cert.pem, key: DIR/key.pem}}
auth: {htpasswd: {realm: a registry, path: DIR/htpasswd}}
";
/// The same for clients that show a certificate, and need no password then.
const MUTUAL: &str = "\
version: 0.1
log: {level: error}
storage: {filesystem: {rootdirectory: DIR/storage}}
http: {addr: '127.0.0.1:PORT', tls: {certificate: DIR/cert.pem, key: DIR/key.pem, clientcas: [DIR/ca.pem]}}
";
/// The same with tokens from a server on plain HTTP.
const PLAIN_REALM: &str = "\
version: 0.1
log: {level: error}
storage: {filesystem: {rootdirectory: DIR/storage}}
http: {addr: '127.0.0.1:PORT', tls: {certificate: DIR/cert.pem, key: DIR/key.pem}}
auth: {token: {realm: REALM, service: a registry, issuer: a test, rootcertbundle: DIR/ca.pem}}
";
/// The same, which sends readers of blobs to another place.
const REDIRECTING: &str = "\
version: 0.1
log: {level: error}
storage: {filesystem: {rootdirectory: DIR/storage}}
middleware: {storage: [{name: redirect, options: {baseurl: REALM}}]}
http: {addr: '127.0.0.1:PORT', tls: {certificate: DIR/cert.pem, key: DIR/key.pem}}
";

impl DockerRegistry {
    fn start(tools: &Tools) -> Self {
        Self::with(tools, CONFIG)
    }

    fn with(tools: &Tools, config: &str) -> Self {
        let dir = TempDir::new().unwrap();
        let path = |name: &str| dir.path().join(name);
        let openssl = |arguments: &str| {
            succeed(Command::new(&tools.openssl).args(arguments.split(' ')).current_dir(dir.path()))
        };
        openssl(
            "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=test-authority -keyout ca-key.pem -out ca.pem",
        );
        openssl(
            "req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=localhost -keyout key.pem -out request.pem",
        );
        fs::write(path("extensions"), "subjectAltName=DNS:localhost,IP:127.0.0.1\n").unwrap();
        openssl(
            "x509 -req -in request.pem -CA ca.pem -CAkey ca-key.pem -CAcreateserial -days 2 -extfile extensions -out cert.pem",
        );
        succeed(Command::new(&tools.htpasswd).arg("-Bbc").arg(path("htpasswd")).args(["ann", "hunter2"]));

        let config = config.replace("DIR", &dir.path().display().to_string());
        let process = real::DockerRegistry::with_config(&tools.registry, dir.path(), &config);
        let host = process.host.replace("127.0.0.1", "localhost");
        Self { tools: tools.clone(), host, dir, _process: process }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn reference(&self, rest: &str) -> Reference {
        format!("{}/team/app{rest}", self.host).parse().unwrap()
    }

    /// Copies `image` there, as `:1`, with skopeo.
    fn fill(&self, image: &Image) {
        let layout = self.path("layout");
        write_dir(&oci_files(std::slice::from_ref(image), IndexShape::Flat), &layout);
        succeed(
            Command::new(&self.tools.skopeo)
                .args(["copy", "--dest-creds", "ann:hunter2", "--dest-cert-dir"])
                .arg(self.certificates())
                .arg(format!("oci:{}:app:1", layout.display()))
                .arg(format!("docker://{}", self.reference(":1"))),
        );
    }

    /// A directory with the authority, as skopeo wants it.
    fn certificates(&self) -> PathBuf {
        let dir = self.path("certificates");
        fs::create_dir_all(&dir).unwrap();
        fs::copy(self.path("ca.pem"), dir.join("ca.crt")).unwrap();
        dir
    }

    /// A client that trusts the authority and finds `password` in podman's file.
    fn client(&self, password: Option<&str>) -> Registry {
        let mut options = real_options();
        options.http.ca_file = Some(self.path("ca.pem"));
        if let Some(password) = password {
            options.credentials = self.login(password);
        }
        Registry::new(options)
    }

    fn login(&self, password: &str) -> CredentialSources {
        let auth = super::fake::basic(&format!("ann:{password}")).replace("Basic ", "");
        let file = self.path(&format!("auth-{}.json", password.len()));
        fs::write(&file, format!(r#"{{"auths": {{"{}": {{"auth": "{auth}"}}}}}}"#, self.host)).unwrap();
        CredentialSources { files: vec![file], ..CredentialSources::default() }
    }
}

fn real_options() -> Options {
    Options {
        http: ClientOptions { proxy: Proxy::Never, ..ClientOptions::default() },
        tries: 2,
        ..Options::default()
    }
}

fn image() -> Image {
    Image::parse(
        "//- layer\n//- /etc/os-release\nID=alpine\n//- layer zstd\n//- /etc/motd\nhello\n//- layer\n//- /x\ny\n",
    )
    .tagged("app:1")
}

fn read(reader: impl Read, digest: &Digest) -> Vec<u8> {
    let mut bytes = Vec::new();
    Verified::new(reader, digest.clone()).read_to_end(&mut bytes).unwrap();
    bytes
}

#[test]
fn an_image_that_skopeo_pushed_to_dockers_registry_is_pulled_as_it_was() {
    let Some(tools) = Tools::find("the test against docker-registry") else { return };
    let registry = DockerRegistry::start(&tools);
    let image = image();
    registry.fill(&image);
    let repository = registry.client(Some("hunter2")).repository(&registry.reference(":1"));

    let manifest = repository.manifest(&Pointer::Tag("1".to_owned()), 1 << 20).unwrap();
    let by_digest = repository.manifest(&Pointer::Digest(manifest.digest.clone()), 1 << 20).unwrap();
    assert_eq!(by_digest, manifest);
    let document: Value = serde_json::from_slice(&manifest.bytes).unwrap();
    let layers: Vec<Descriptor> = serde_json::from_value(document["layers"].clone()).unwrap();
    assert_eq!(layers.len(), image.layers.len());
    for (descriptor, layer) in layers.iter().zip(&image.layers) {
        let reader = repository.blob(&descriptor.digest, Some(descriptor.size)).unwrap();
        assert_eq!(read(reader, &descriptor.digest), layer.blob());
    }
    let config: Descriptor = serde_json::from_value(document["config"].clone()).unwrap();
    let bytes = read(repository.blob(&config.digest, Some(config.size)).unwrap(), &config.digest);
    assert_eq!(serde_json::from_slice::<Value>(&bytes).unwrap(), image.configuration());

    let error = repository.manifest(&Pointer::Tag("none".to_owned()), 1 << 20).unwrap_err();
    assert!(shown(&error).ends_with("team/app:none` does not exist"), "{error}");
    let error = repository.blob(&Digest::sha256(b"nothing"), None).unwrap_err();
    assert!(matches!(error, RegistryError::NotFound { .. }), "{}", shown(&error));
}

#[test]
fn dockers_registry_refuses_who_has_no_password_or_another_and_is_not_trusted_unasked() {
    let Some(tools) = Tools::find("the test of refusals against docker-registry") else { return };
    let registry = DockerRegistry::start(&tools);
    registry.fill(&image());
    let ask = |client: Registry| {
        debug_holds_no_secret(&client);
        client.repository(&registry.reference(":1")).manifest(&Pointer::Tag("1".to_owned()), 1 << 20)
    };
    let error = ask(registry.client(None)).unwrap_err();
    assert!(shown(&error).contains("no credential for it was found"), "{error}");
    let error = ask(registry.client(Some("hunter2-wrong"))).unwrap_err();
    assert!(matches!(error, RegistryError::Unauthorized { .. }), "{error:?}");
    assert!(shown(&error).contains("auth-13.json"), "the file is named: {error}");

    let stranger = Options { credentials: registry.login("hunter2"), ..real_options() };
    let error = ask(Registry::new(stranger.clone())).unwrap_err();
    assert!(matches!(error, RegistryError::Transport { .. }), "{}", shown(&error));
    assert!(shown(&error).contains("certificate"), "{}", shown(&error));
    ask(Registry::new(Options { insecure: true, ..stranger })).unwrap();
}

#[test]
fn what_is_attached_at_dockers_registry_is_found_by_the_tag_that_stands_in() {
    let Some(tools) = Tools::find("the test of attaching at docker-registry") else { return };
    let registry = DockerRegistry::start(&tools);
    registry.fill(&image());
    let repository = registry.client(Some("hunter2")).repository(&registry.reference(":1"));
    let subject = repository.manifest(&Pointer::Tag("1".to_owned()), 1 << 20).unwrap().descriptor();
    attaches(&repository, &subject);
    let tag = Pointer::Tag(format!("sha256-{}", subject.digest.hex()));
    repository.manifest(&tag, 1 << 20).unwrap();
}

#[test]
fn a_registry_that_wants_a_certificate_is_shown_one() {
    let Some(tools) = Tools::find("the test of client certificates against docker-registry") else { return };
    let registry = DockerRegistry::with(&tools, MUTUAL);
    let large = b"0123456789abcdef".repeat(300_000);
    let mut options = real_options();
    options.http.ca_file = Some(registry.path("ca.pem"));
    let ask = |options: &Options| {
        let repository = Registry::new(options.clone()).repository(&registry.reference(":1"));
        repository
            .push_blob("text/plain", &large)
            .map(|blob| read(repository.blob(&blob.digest, None).unwrap(), &blob.digest))
    };
    let error = ask(&options).unwrap_err();
    assert!(matches!(error, RegistryError::Transport { .. }), "{}", shown(&error));
    // The authority made the server's certificate, and docker-registry asks for no more than that.
    let (certificate, key) = (registry.path("cert.pem"), registry.path("key.pem"));
    options.http.certificate = Some(ClientCertificate { certificate, key: key.clone() });
    assert_eq!(ask(&options).unwrap(), large);
    options.http.certificate = Some(ClientCertificate { certificate: key.clone(), key });
    assert!(shown(&ask(&options).unwrap_err()).contains("hold no PEM certificate and its key"));
}

#[test]
fn a_credential_goes_to_no_token_server_without_encryption() {
    let Some(tools) = Tools::find("the test of token servers against docker-registry") else { return };
    let realm = testkit::server::Server::new();
    let registry = DockerRegistry::with(&tools, &PLAIN_REALM.replace("REALM", &realm.url("/token")));
    let ask = |client: Registry| {
        let repository = client.repository(&registry.reference(":1"));
        repository.manifest(&Pointer::Tag("1".to_owned()), 1 << 20).unwrap_err()
    };
    let error = ask(registry.client(Some("hunter2")));
    assert!(matches!(error, RegistryError::InsecureRealm { .. }), "{}", shown(&error));
    assert!(realm.requests().is_empty());
    // Without a credential there is nothing to be stolen.
    let error = ask(registry.client(None));
    assert!(matches!(error, RegistryError::Status { status: 404, .. }), "{}", shown(&error));
    assert_eq!(realm.requests().len(), 1);
}

#[test]
fn a_redirect_away_from_https_is_not_followed() {
    let Some(tools) = Tools::find("the test of redirects against docker-registry") else { return };
    let storage = testkit::server::Server::new();
    let registry = DockerRegistry::with(&tools, &REDIRECTING.replace("REALM", &storage.url("/")));
    let repository = registry.client(None).repository(&registry.reference(":1"));
    let blob = repository.push_blob("text/plain", b"hello").unwrap();
    let error = repository.blob(&blob.digest, Some(5)).unwrap_err();
    assert!(shown(&error).contains("redirects away from https"), "{error}");
    assert!(storage.requests().is_empty());
}

#[test]
fn what_is_attached_at_registries_of_go_containerregistry_is_found() {
    for (name, variable, lists_referrers) in
        [("gcr-registry", GCR_REGISTRY, false), ("referrers-registry", REFERRERS_REGISTRY, true)]
    {
        let test = format!("the test against the program that {variable} names");
        if std::env::var_os(variable).is_some_and(|value| value == "none") {
            continue;
        }
        if let Some(program) = program(name, Some(variable), &test) {
            check_program(&program, lists_referrers);
        }
    }
}

#[track_caller]
fn check_program(program: &Path, lists_referrers: bool) {
    let registry = real::ListingRegistry::start(program);
    let reference: Reference = format!("{}/team/app:1", registry.host).parse().unwrap();
    let repository = Registry::new(real_options()).repository(&reference);
    let config = repository.push_blob("application/vnd.oci.image.config.v1+json", b"{}").unwrap();
    let manifest = serde_json::json!({
        "schemaVersion": 2, "mediaType": OCI_MANIFEST, "config": config, "layers": [],
    })
    .to_string();
    let tag = Pointer::Tag("1".to_owned());
    let pushed = repository.push_manifest(OCI_MANIFEST, manifest.as_bytes(), &tag).unwrap();
    assert_eq!(repository.manifest(&tag, 1 << 20).unwrap().bytes, manifest.as_bytes());
    attaches(&repository, &pushed.descriptor);

    // Neither answers with `OCI-Subject`, so the tag is written for both; one lists what it has all the same.
    let subject = &pushed.descriptor.digest;
    let stands_in = Pointer::Tag(format!("sha256-{}", subject.hex()));
    repository.push_manifest(OCI_INDEX, br#"{"schemaVersion": 2, "manifests": []}"#, &stands_in).unwrap();
    let n_listed = repository.referrers(subject, None).unwrap().len();
    assert_eq!(n_listed, if lists_referrers { 3 } else { 0 });
}

#[test]
fn podman_gives_an_image_by_its_socket() {
    let Some(podman) = program("podman", None, "the test against podman") else { return };
    let dir = TempDir::new().unwrap();
    let archive = dir.path().join("image.tar");
    fs::write(&archive, image().tagged("localhost/team/app:1").docker_archive()).unwrap();
    let podman = real::Podman::start(&podman, &dir.path().join("podman"));
    podman.load(&archive);

    let daemon = Daemon::Unix(podman.socket.clone());
    let http = ClientOptions::default();
    let mut exported = Vec::new();
    daemon.export("localhost/team/app:1", 1 << 30, &http).unwrap().read_to_end(&mut exported).unwrap();
    let holds = |text: &[u8]| exported.windows(text.len()).any(|window| window == text);
    assert!(holds(b"manifest.json") && holds(b"localhost/team/app:1") && holds(b"ID=alpine"));
    let error = daemon.export("localhost/none:1", 1 << 30, &http).unwrap_err();
    assert!(matches!(error, RegistryError::NoSuchImage { .. }), "{}", shown(&error));
}
