//! What Red Hat's CPE names stand for: streams of Red Hat Enterprise Linux, and products layered upon it (feeds.md A5).
//!
//! Rows name the stream that they are of, images the repositories that their packages come from, and both do it so.

use crate::key::Namespace;

/// The namespace of Red Hat's hardened images.
pub const HUMMINGBIRD: &str = "hummingbird:rolling";

/// Whether a name is one that a layered product has in CPE names; Red Hat Enterprise Linux and its streams are none, nor is
/// Hummingbird.
pub fn is_layered(product: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"_-".contains(&byte);
    let is_stream = product == "enterprise_linux" || extended(product).is_some();
    product.starts_with(|first: char| first.is_ascii_lowercase())
        && product.bytes().all(is_plain)
        && !is_stream
        && product != "hummingbird"
}

/// The extended stream that a product of a CPE name is: `eus` of `rhel_eus`.
fn extended(product: &str) -> Option<&str> {
    let stream = product.strip_prefix("rhel_").or_else(|| product.strip_prefix("enterprise_linux_"))?;
    matches!(stream, "eus" | "aus" | "tus" | "e4s" | "els" | "eus_long_life").then_some(stream)
}

/// A stream of Red Hat Enterprise Linux: the main one of a release, or an extended one of a minor release. Or a layered
/// product.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stream {
    /// Who speaks for it.
    pub namespace: Namespace,
    /// `eus:9.2` of an extended stream.
    pub channel: Option<Box<str>>,
    /// The first five segments of its CPE, where they say more than the release.
    pub product: Option<Box<str>>,
    /// Whether it is a layered product.
    pub is_layered: bool,
}

impl Stream {
    /// The stream or layered product that `cpe` names; none for what is neither. Behind the fifth segment stands the repository
    /// (`::appstream`), which says nothing of what a package is.
    pub fn of(cpe: &str) -> Option<Self> {
        let mut segments = cpe.split(':');
        let (Some("cpe"), Some("/a" | "/o"), Some("redhat"), Some(product), Some(version)) =
            (segments.next(), segments.next(), segments.next(), segments.next(), segments.next())
        else {
            return None;
        };
        if product == "hummingbird" {
            // It is rolling: the version in its name says nothing.
            return Some(Self {
                namespace: Namespace::new(HUMMINGBIRD),
                channel: None,
                product: None,
                is_layered: false,
            });
        }
        let whole = || cpe.split(':').take(5).collect::<Vec<_>>().join(":").into();
        if is_layered(product) {
            return Some(Self {
                namespace: Namespace::distro("redhat", product),
                channel: None,
                product: Some(whole()),
                is_layered: true,
            });
        }
        let channel = match product {
            "enterprise_linux" => None,
            _ => Some(format!("{}:{version}", extended(product)?)),
        };
        let (major, minor) = version.split_once('.').unwrap_or((version, ""));
        let is_number = !major.is_empty() && major.bytes().all(|byte| byte.is_ascii_digit());
        let says_more = channel.is_some() || !minor.is_empty();
        is_number.then(|| Self {
            namespace: Namespace::distro("redhat", major),
            channel: channel.map(Into::into),
            product: says_more.then(whole),
            is_layered: false,
        })
    }
}

impl Stream {
    /// Whether it is Hummingbird, Red Hat's hardened images.
    pub fn is_hummingbird(&self) -> bool {
        self.namespace.as_str() == HUMMINGBIRD
    }

    /// The part that tells this stream from others.
    pub fn place(&self) -> StreamPlace {
        (self.namespace.clone(), self.channel.clone(), self.product.clone())
    }
}

/// Namespace, channel and product.
pub type StreamPlace = (Namespace, Option<Box<str>>, Option<Box<str>>);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cpe_names_are_streams_layered_products_or_neither() {
        for (cpe, expected) in [
            ("cpe:/o:redhat:enterprise_linux:9::baseos", "redhat:9 - -"),
            ("cpe:/o:redhat:enterprise_linux:10.0", "redhat:10 - cpe:/o:redhat:enterprise_linux:10.0"),
            ("cpe:/a:redhat:rhel_eus:9.2::appstream", "redhat:9 eus:9.2 cpe:/a:redhat:rhel_eus:9.2"),
            (
                "cpe:/o:redhat:enterprise_linux_eus:10.2",
                "redhat:10 eus:10.2 cpe:/o:redhat:enterprise_linux_eus:10.2",
            ),
            ("cpe:/a:redhat:openshift:4.14::el9", "redhat:openshift - cpe:/a:redhat:openshift:4.14"),
            ("cpe:/a:redhat:hummingbird:1", "hummingbird:rolling - -"),
            ("cpe:/a:acme:demo:1", "none"),
            ("cpe:/o:redhat:enterprise_linux:next", "none"),
        ] {
            let text = Stream::of(cpe).map_or("none".to_owned(), |stream| {
                let (namespace, channel, product) = stream.place();
                let word = |word: Option<Box<str>>| word.map_or("-".to_owned(), String::from);
                format!("{namespace} {} {}", word(channel), word(product))
            });
            assert_eq!(text, expected, "{cpe}");
        }
    }
}
