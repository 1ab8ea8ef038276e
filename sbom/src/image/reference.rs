//! Names of images, as people ask for them and as archives have them.

/// How well an image's name fits the one asked for; the smaller, the better.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Fit {
    /// Letter by letter.
    Exact,
    /// Once what is left out in one is filled in: `alpine` is `docker.io/library/alpine:latest` (distribution,
    /// reference.ParseNormalizedNamed).
    Filled,
    /// As the name of a local build, to which podman and buildah give the host `localhost`.
    Local,
}

/// How well `name` fits `asked`, if at all.
pub(super) fn fit(asked: &str, name: &str) -> Option<Fit> {
    if asked == name {
        Some(Fit::Exact)
    } else if filled(asked) == filled(name) {
        Some(Fit::Filled)
    } else if split_host(asked).0.is_none() && filled(&format!("localhost/{asked}")) == filled(name) {
        Some(Fit::Local)
    } else {
        None
    }
}

/// Keeps those of `images` one of whose `names` fits `asked` best.
pub(super) fn retain_fitting<T>(images: &mut Vec<T>, asked: &str, names: impl Fn(&T) -> Vec<&str>) {
    let best = |image: &T| names(image).into_iter().filter_map(|name| fit(asked, name)).min();
    let fits = images.iter().filter_map(best).min();
    images.retain(|image| fits.is_some() && best(image) == fits);
}

/// The reference with host, namespace and tag filled in.
fn filled(reference: &str) -> String {
    let (host, rest) = split_host(reference);
    let host = match host {
        None | Some("index.docker.io") => "docker.io",
        Some(host) => host,
    };
    let namespace = if host == "docker.io" && !rest.contains('/') { "library/" } else { "" };
    let has_tag = rest.rsplit('/').next().is_some_and(|name| name.contains([':', '@']));
    let tag = if has_tag { "" } else { ":latest" };
    format!("{host}/{namespace}{rest}{tag}")
}

/// The host of a reference and the rest. The first component is a host if it cannot be a namespace.
fn split_host(reference: &str) -> (Option<&str>, &str) {
    match reference.split_once('/') {
        Some((host, rest)) if host.contains(['.', ':']) || host == "localhost" => (Some(host), rest),
        _ => (None, reference),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_fits_when_it_says_the_same() {
        use Fit::{Exact, Filled, Local};
        for (asked, name, expected) in [
            ("alpine", "alpine", Some(Exact)),
            ("alpine", "alpine:latest", Some(Filled)),
            ("alpine", "docker.io/library/alpine:latest", Some(Filled)),
            ("docker.io/library/alpine:latest", "alpine", Some(Filled)),
            ("index.docker.io/library/alpine", "alpine:latest", Some(Filled)),
            ("alpine:3", "alpine:latest", None),
            ("acme/app", "docker.io/acme/app:latest", Some(Filled)),
            ("app", "localhost/app:latest", Some(Local)),
            ("localhost/app", "localhost/app:latest", Some(Filled)),
            ("localhost/app", "app", None),
            ("example.test:5000/app", "example.test:5000/app:latest", Some(Filled)),
            ("app", "example.test/app:latest", None),
            ("app@sha256:00", "docker.io/library/app@sha256:00", Some(Filled)),
            ("1.0", "app:1.0", None),
        ] {
            assert_eq!(fit(asked, name), expected, "{asked} {name}");
        }
    }
}
