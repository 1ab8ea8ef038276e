//! By what a document names its products (feeds.md D7): digests, references of images, package URLs, CPE names.
//!
//! Here names are read; [`target`](super::target) holds them against images and packages.

use std::sync::Arc;

use model::ecosystem::Ecosystem;
use model::key::normalise_name;
use model::purl::Purl;

use super::document::Component;

/// One name of a product.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Identity {
    /// A digest, `sha256:…`, of an image or of a package's file.
    Digest(String),
    /// An image.
    Image(ImagePattern),
    /// Packages.
    Package(Box<PurlPattern>),
    /// A CPE name, of packages or of an operating system.
    Cpe(String),
    /// A name with a version, which is all that CycloneDX may say of what a document is about.
    Name(String, Option<String>),
}

impl Component {
    /// Adds the identity that the package URL `text` is; none when it is not one.
    pub(super) fn add_purl(&mut self, text: &str) -> bool {
        let identity = Identity::of_purl(text);
        let is_purl = identity.is_some();
        self.identities.extend(identity);
        is_purl
    }

    /// Adds the CPE name `text`; none when it is not one.
    pub(super) fn add_cpe(&mut self, text: &str) -> bool {
        let is_cpe = model::cpe::Cpe::parse(text.trim()).is_some();
        if is_cpe {
            self.identities.push(Identity::Cpe(text.trim().to_owned()));
        }
        is_cpe
    }

    /// Adds a digest; `algorithm` in any spelling: `sha-256`, `SHA256`.
    pub(super) fn add_digest(&mut self, algorithm: &str, hex: &str) {
        let algorithm = algorithm.to_ascii_lowercase().replace("sha-", "sha").replace('_', "");
        if !hex.is_empty() && hex.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            self.identities.push(Identity::Digest(format!("{algorithm}:{}", hex.to_ascii_lowercase())));
        }
    }

    /// Adds whatever `text` is: a digest, a package URL, a CPE name, or else the reference of an image. None when it is
    /// nothing of that kind.
    pub(super) fn add_text(&mut self, text: &str) -> bool {
        let text = text.trim();
        if text.starts_with("pkg:") {
            return self.add_purl(text);
        }
        if text.starts_with("cpe:") {
            return self.add_cpe(text);
        }
        if let Some(digest) = as_digest(text) {
            self.identities.push(Identity::Digest(digest));
            return true;
        }
        let image = ImagePattern::of_reference(text);
        let is_image = image.is_some();
        self.identities.extend(image.map(Identity::Image));
        is_image
    }
}

impl Component {
    /// About how many bytes its names take.
    pub(super) fn bytes(&self) -> usize {
        let of = |identity: &Identity| match identity {
            Identity::Digest(text) | Identity::Cpe(text) => text.len(),
            Identity::Name(name, version) => name.len() + version.as_ref().map_or(0, String::len),
            Identity::Image(image) => {
                4 * image.name.len() + image.repositories.iter().map(String::len).sum::<usize>()
            }
            Identity::Package(pattern) => {
                let qualifiers = pattern.purl.qualifiers.iter();
                3 * pattern.key.len()
                    + pattern.version.as_ref().map_or(0, |version| 2 * version.len())
                    + pattern.purl.subpath.as_ref().map_or(0, String::len)
                    + qualifiers.map(|(key, value)| key.len() + value.len()).sum::<usize>()
            }
        };
        self.identities.iter().map(of).sum()
    }
}

impl Component {
    /// As how many names it counts where it is held against something: what is read anew each time takes as long as it is.
    pub(super) fn n_compared(&self) -> usize {
        let bytes = self.bytes() + self.ranges.iter().map(|range| range.len()).sum::<usize>();
        self.identities.len().max(1) + bytes / 1_000
    }
}

impl Identity {
    /// What the package URL `text` names; none where it is not one.
    pub fn of_purl(text: &str) -> Option<Self> {
        let purl: Purl = text.trim().parse().ok()?;
        Some(match ImagePattern::of_purl(&purl) {
            Some(image) => Self::Image(image),
            None => Self::Package(Box::new(PurlPattern::new(purl))),
        })
    }
}

/// `text` as a digest, where it is one.
fn as_digest(text: &str) -> Option<String> {
    let (algorithm, hex) = text.split_once(':')?;
    let is_digest = matches!((algorithm, hex.len()), ("sha256", 64) | ("sha384", 96) | ("sha512", 128))
        && hex.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_digest.then(|| text.to_ascii_lowercase())
}

/// Images, as far as they are named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImagePattern {
    /// The name as written, for sources that are no images of a registry.
    pub(super) written: Option<String>,
    /// What the repository may be, with its host: `docker.io/library/nginx`. Empty where only the last part is known.
    pub(super) repositories: Vec<String>,
    /// The last part of the repository.
    pub(super) name: String,
    /// The tag.
    pub(super) tag: Option<String>,
    /// The digest of the manifest or of the index.
    pub(super) digest: Option<String>,
    /// The architecture.
    pub(super) architecture: Option<String>,
}

impl ImagePattern {
    /// The images that a package URL of the types `oci` and `docker` names.
    fn of_purl(purl: &Purl) -> Option<Self> {
        let is_docker = purl.kind == "docker";
        if !is_docker && purl.kind != "oci" {
            return None;
        }
        let qualifier = |key: &str| purl.qualifiers.get(key).map(String::as_str);
        let name = purl.name.to_lowercase();
        let path = match &purl.namespace {
            Some(namespace) => format!("{}/{name}", namespace.to_lowercase()),
            None => name.clone(),
        };
        let repositories = match qualifier("repository_url") {
            Some(url) => {
                let url = host_and_path(url);
                // Some give the repository, some what it lies in.
                let whole = (url.ends_with(&format!("/{name}"))).then(|| url.clone());
                whole.into_iter().chain([format!("{url}/{path}")]).collect()
            }
            None if is_docker => vec![normalised(&path)],
            None => Vec::new(),
        };
        let (version, mut digest) = (purl.version.as_deref(), None);
        let mut tag = qualifier("tag").map(str::to_owned);
        match version.map(|version| (version, as_digest(version))) {
            Some((_, Some(of_version))) => digest = Some(of_version),
            // What looks like a digest and is none names no image there is, and a tag cannot have a colon.
            Some((version, None)) if version.contains(':') => digest = Some(version.to_owned()),
            Some((version, None)) => tag = tag.or(Some(version.to_owned())),
            None => {}
        }
        Some(Self {
            written: None,
            repositories: repositories.iter().map(|repository| normalised(repository)).collect(),
            name,
            tag,
            digest,
            architecture: qualifier("arch").map(str::to_owned),
        })
    }

    /// The images that a reference names, read as docker reads it; without a tag all of the repository.
    pub(super) fn of_reference(text: &str) -> Option<Self> {
        let bare = without_scheme(text);
        if bare.is_empty() || bare.len() > 1_000 || bare.contains(char::is_whitespace) {
            return None;
        }
        let (rest, digest) = match bare.split_once('@') {
            Some((rest, digest)) => (rest, Some(as_digest(digest)?)),
            None => (bare, None),
        };
        let (path, tag) = match rest.rsplit_once(':') {
            Some((path, tag)) if !tag.contains('/') && !path.is_empty() => (path, Some(tag.to_owned())),
            _ => (rest, None),
        };
        let repository = normalised(path);
        Some(Self {
            written: Some(text.to_owned()),
            name: repository.rsplit('/').next().unwrap_or_default().to_owned(),
            repositories: vec![repository],
            tag,
            digest,
            architecture: None,
        })
    }
}

fn without_scheme(text: &str) -> &str {
    ["https://", "http://", "docker://", "oci://"]
        .iter()
        .find_map(|scheme| text.strip_prefix(scheme))
        .unwrap_or(text)
        .trim_end_matches('/')
}

fn host_and_path(url: &str) -> String {
    without_scheme(url).to_lowercase()
}

/// A repository with its host, Docker Hub under one name: `nginx` is `docker.io/library/nginx`.
fn normalised(repository: &str) -> String {
    const DOCKER_HUB: [&str; 4] =
        ["docker.io", "index.docker.io", "registry-1.docker.io", "registry.hub.docker.com"];
    let repository = repository.to_lowercase();
    let (host, path) = match repository.split_once('/') {
        Some((host, path)) if host.contains(['.', ':']) || host == "localhost" => (host, path),
        _ => ("docker.io", &*repository),
    };
    match DOCKER_HUB.contains(&host) {
        true if !path.contains('/') => format!("docker.io/library/{path}"),
        true => format!("docker.io/{path}"),
        false => format!("{host}/{path}"),
    }
}

/// Packages by their URL: what it leaves out may be anything (feeds.md B2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PurlPattern {
    /// Type, namespace and name, normalised.
    pub(super) key: Arc<str>,
    /// The version, an epoch before it.
    pub(super) version: Option<String>,
    /// The rest.
    pub(super) purl: Purl,
}

impl PurlPattern {
    /// The packages that `purl` names.
    pub(super) fn new(purl: Purl) -> Self {
        Self { key: key(&purl).into(), version: version(&purl), purl }
    }

    /// Whether it names a source package, from which others are built.
    pub(super) fn is_source(&self) -> bool {
        let architecture = self.purl.qualifiers.get("arch").map(String::as_str);
        matches!(architecture, Some("source" | "src" | "nosrc"))
    }
}

/// The type, namespace and name of `purl` as they are compared.
pub(super) fn key(purl: &Purl) -> String {
    let ecosystem = Ecosystem::from_purl_type(&purl.kind);
    let namespace = purl.namespace.as_deref().unwrap_or_default();
    if ecosystem.is_os() {
        let name = normalise_name(ecosystem, &purl.name);
        return format!("{}/{}/{name}", purl.kind, vendor(&namespace.to_lowercase()));
    }
    let name = match namespace {
        "" => purl.name.clone(),
        namespace => format!("{namespace}/{}", purl.name),
    };
    format!("{}/{}", purl.kind, normalise_name(ecosystem, &name))
}

/// The vendor of operating-system packages, under one of the names that are in use.
pub(super) fn vendor(namespace: &str) -> &str {
    match namespace {
        "rocky-linux" => "rocky",
        "ol" => "oracle",
        "amazon" => "amzn",
        "sles" => "suse",
        "vmware" => "photon",
        "azure-linux" => "azurelinux",
        other => other,
    }
}

/// The version of `purl` with its epoch, which may stand in a qualifier; an epoch of zero is none.
pub(super) fn version(purl: &Purl) -> Option<String> {
    purl.version.as_deref().map(|version| with_epoch(purl, version))
}

/// `version` of what `purl` names, with the epoch that may stand in a qualifier there; an epoch of zero is none.
pub(super) fn with_epoch(purl: &Purl, version: &str) -> String {
    let epoch = purl.qualifiers.get("epoch").map(String::as_str).filter(|_| has_epochs(&purl.kind));
    let stated = version.split_once(':').filter(|(epoch, _)| epoch.bytes().all(|byte| byte.is_ascii_digit()));
    match (stated, epoch) {
        (None, Some(epoch)) => plain_version(&purl.kind, &format!("{epoch}:{version}")).to_owned(),
        _ => plain_version(&purl.kind, version).to_owned(),
    }
}

fn has_epochs(kind: &str) -> bool {
    matches!(kind, "deb" | "rpm" | "alpm")
}

/// `version` without what says nothing: an epoch of zero, the `v` of Go's versions.
pub(super) fn plain_version<'a>(kind: &str, version: &'a str) -> &'a str {
    match kind {
        kind if has_epochs(kind) => version.strip_prefix("0:").unwrap_or(version),
        "golang" => version.strip_prefix('v').unwrap_or(version),
        _ => version,
    }
}

/// One name for each architecture, none for those that are all of them (feeds.md B2).
pub(super) fn architecture(word: &str) -> Option<&str> {
    Some(match word {
        "noarch" | "all" | "any" => return None,
        "amd64" | "x64" | "x86-64" => "x86_64",
        "arm64" => "aarch64",
        "i386" | "i586" | "i686" => "x86",
        "armhf" | "arm/v7" => "armv7l",
        "ppc64el" => "ppc64le",
        other => other,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn docker_hub_has_one_name() {
        for name in [
            "nginx",
            "library/nginx",
            "docker.io/nginx",
            "index.docker.io/library/nginx",
            "registry-1.docker.io/library/nginx",
        ] {
            assert_eq!(normalised(name), "docker.io/library/nginx", "{name}");
        }
        assert_eq!(normalised("acme/app"), "docker.io/acme/app");
        assert_eq!(normalised("localhost/app"), "localhost/app");
        assert_eq!(normalised("r.example:5000/app"), "r.example:5000/app");
    }

    #[track_caller]
    fn image(text: &str) -> String {
        let mut component = Component::default();
        assert!(component.add_text(text), "{text}");
        match &component.identities[..] {
            [Identity::Image(image)] => format!(
                "{} {} {} {}",
                if image.repositories.is_empty() { "*".to_owned() } else { image.repositories.join("|") },
                image.name,
                image.tag.as_deref().unwrap_or("-"),
                image.digest.as_deref().map_or("-", |digest| &digest[..9]),
            ),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn images_are_read_from_references_and_package_urls() {
        let digest = format!("sha256:{}", "ab".repeat(32));
        let encoded = digest.replace(':', "%3A");
        for (text, expected) in [
            ("nginx".to_owned(), "docker.io/library/nginx nginx - -"),
            ("r.example:5000/a/b:1.0".to_owned(), "r.example:5000/a/b b 1.0 -"),
            (format!("nginx:1@{digest}"), "docker.io/library/nginx nginx 1 sha256:ab"),
            ("https://r.example/a".to_owned(), "r.example/a a - -"),
            (format!("pkg:oci/app@{encoded}"), "* app - sha256:ab"),
            ("pkg:oci/app?tag=1".to_owned(), "* app 1 -"),
            (
                format!("pkg:oci/nginx@{encoded}?repository_url=index.docker.io/library"),
                "docker.io/library/nginx nginx - sha256:ab",
            ),
            (
                "pkg:oci/app?repository_url=r.example/x/app&tag=1".to_owned(),
                "r.example/x/app|r.example/x/app/app app 1 -",
            ),
            ("pkg:docker/nginx@1.27".to_owned(), "docker.io/library/nginx nginx 1.27 -"),
            ("pkg:docker/a/b@1?repository_url=r.example".to_owned(), "r.example/a/b b 1 -"),
        ] {
            assert_eq!(image(&text), expected, "{text}");
        }
    }

    #[test]
    fn keys_are_normalised_as_their_ecosystem_wants() {
        for (one, other) in [
            ("pkg:pypi/Foo__Bar", "pkg:pypi/foo.bar@1"),
            ("pkg:rpm/rocky-linux/a", "pkg:rpm/rocky/a?arch=noarch"),
            ("pkg:deb/Debian/bash", "pkg:deb/debian/bash@5"),
            ("pkg:golang/GitHub.com/a/B", "pkg:golang/github.com/a/B"),
        ] {
            let keys = [one, other].map(|text| key(&text.parse().unwrap()));
            assert_eq!(keys[0], keys[1], "{one}");
        }
        for (one, other) in [
            ("pkg:deb/debian/bash", "pkg:deb/ubuntu/bash"),
            ("pkg:npm/a", "pkg:pypi/a"),
            ("pkg:maven/g/a", "pkg:maven/h/a"),
            ("pkg:cargo/a-b", "pkg:cargo/a_b"),
        ] {
            let keys = [one, other].map(|text| key(&text.parse().unwrap()));
            assert_ne!(keys[0], keys[1], "{one}");
        }
    }

    #[test]
    fn epochs_are_one_wherever_they_stand() {
        for (text, expected) in [
            ("pkg:deb/debian/a@1%3A2.0?epoch=1", "1:2.0"),
            ("pkg:deb/debian/a@2.0?epoch=1", "1:2.0"),
            ("pkg:rpm/redhat/a@2.0-1?epoch=0", "2.0-1"),
            ("pkg:rpm/redhat/a@0:2.0-1", "2.0-1"),
            ("pkg:golang/a.example/b@v1.0", "1.0"),
            ("pkg:pypi/a@1.0%2Bx.1", "1.0+x.1"),
        ] {
            assert_eq!(version(&text.parse().unwrap()).as_deref(), Some(expected), "{text}");
        }
    }
}
