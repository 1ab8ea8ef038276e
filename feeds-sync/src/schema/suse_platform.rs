//! Which releases the products of SUSE's VEX documents are (feeds.md A10).

use model::key::Namespace;

use crate::schema::csaf::tree::Product;

/// A release, and the channel of it that has the package.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Platform {
    /// The release.
    pub(super) namespace: Namespace,
    /// `ltss`: support that is bought after the general one has ended.
    pub(super) channel: Option<&'static str>,
}

impl Platform {
    /// The platform that `product` is; none for products that no image is told by.
    pub(super) fn of(product: &Product<'_>) -> Option<Self> {
        let name = match &*product.name {
            "" => &*product.product_id,
            name => name,
        };
        let base = |id: &str, release: String| {
            Some(Self { namespace: Namespace::distro(id, &release), channel: None })
        };
        if name == "openSUSE Tumbleweed" {
            return base("opensuse-tumbleweed", "rolling".to_owned());
        }
        if let Some(release) = name.strip_prefix("openSUSE Leap ") {
            return base("opensuse-leap", numbered(release)?);
        }
        if let Some(release) = name.strip_prefix("SUSE Linux Enterprise Micro ") {
            return base("sle-micro", numbered(release)?);
        }
        if let Some(release) = name.strip_prefix("SUSE Linux Micro ") {
            return base("sl-micro", numbered(release)?);
        }
        // Modules are parts of the server, and every server may have them.
        if let Some(module) = name.strip_prefix("SUSE Linux Enterprise Module for ") {
            if module.starts_with("SUSE Manager") {
                return None;
            }
            // A module may have a number in its own name: `Python 3 15 SP6`.
            let (rest, pack) = match module.rsplit_once(" SP") {
                Some((rest, pack)) => (rest, format!(" SP{pack}")),
                None => (module, String::new()),
            };
            let major = rest.rsplit(' ').next().unwrap_or_default();
            return base("sles", service_pack(&format!("{major}{pack}"))?);
        }
        let server = name.strip_prefix("SUSE Linux Enterprise Server ")?;
        // One product is spelt both `11 SP1-LTSS` and `11 SP1 LTSS`.
        let long_term = server.strip_suffix("LTSS").and_then(|release| release.strip_suffix(['-', ' ']));
        let (release, channel) = match long_term {
            Some(release) => (release, Some("ltss")),
            None => (server, None),
        };
        let namespace = Namespace::distro("sles", &service_pack(release)?);
        product.cpe().is_none_or(is_server).then_some(Self { namespace, channel })
    }
}

/// Whether a CPE is of the server itself, `cpe:/o:suse:sles:15:sp6` or `cpe:/o:suse:sles:16:16.0:server`: those of its
/// images for clouds go on with `chost-amazon` and the like.
fn is_server(cpe: &str) -> bool {
    let mut segments = cpe.split(':');
    let is_of_suse =
        [segments.next(), segments.next(), segments.next()] == [Some("cpe"), Some("/o"), Some("suse")];
    let products = ["sles", "sles-ltss", "suse_sles", "suse_sles_ltss"];
    let is_named = segments.next().is_some_and(|product| products.contains(&product));
    is_of_suse && is_named && !segments.any(|segment| segment.starts_with("chost-"))
}

/// `15.6` of `15 SP6`, `15` of `15`, `16.0` of `16.0`.
fn service_pack(text: &str) -> Option<String> {
    match text.split_once(" SP") {
        Some((major, pack)) if !major.contains('.') && !pack.contains('.') => {
            numbered(&format!("{major}.{pack}"))
        }
        Some(_) => None,
        None => numbered(text),
    }
}

fn numbered(text: &str) -> Option<String> {
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    text.split('.').all(is_number).then(|| text.to_owned())
}
