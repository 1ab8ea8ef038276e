//! Where a package was taken from, as far as its record says: a repository, a directory, or an archive with a digest.

use model::package::{Mark, Package};
use model::purl::Purl;

/// Says of `package` that it was taken from a repository instead of an index: `git`, its address, and the commit.
pub(super) fn taken_from_vcs(package: &mut Package, kind: &str, url: &str, commit: &str) {
    mark(package, Mark::Unreleased);
    let Ok(mut purl) = package.purl.parse::<Purl>() else { return };
    let commit = if commit.is_empty() { String::new() } else { format!("@{commit}") };
    let url = without_credentials(url.strip_prefix(&format!("{kind}+")).unwrap_or(url));
    purl = purl.with_qualifier("vcs_url", &format!("{kind}+{url}{commit}"));
    package.purl = purl.to_string();
}

/// Adds `mark` once.
pub(super) fn mark(package: &mut Package, mark: Mark) {
    if !package.marks.contains(&mark) {
        package.marks.push(mark);
        package.marks.sort_unstable();
    }
}

/// `https://user:secret@host/path` without `user:secret@`.
fn without_credentials(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    let (authority, path) = rest.split_once('/').map_or((rest, None), |(host, path)| (host, Some(path)));
    let host = authority.rsplit('@').next().unwrap_or(authority);
    path.map_or_else(|| format!("{scheme}://{host}"), |path| format!("{scheme}://{host}/{path}"))
}

/// `sha256:<hex>` when `text` is that, or the same with another algorithm.
pub(super) fn digest(text: &str) -> Option<String> {
    let (algorithm, hex) = text.split_once([':', '='])?;
    digest_of(algorithm, hex)
}

/// `algorithm:hex`, both in lower case, when both are well formed.
pub(super) fn digest_of(algorithm: &str, hex: &str) -> Option<String> {
    let algorithm = algorithm.trim().to_lowercase();
    let hex = hex.trim().to_lowercase();
    let n_digits = match algorithm.as_str() {
        "md5" => 32,
        "sha1" => 40,
        "sha224" => 56,
        "sha256" => 64,
        "sha384" => 96,
        "sha512" => 128,
        _ => return None,
    };
    let is_hex = hex.len() == n_digits && hex.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_hex.then(|| format!("{algorithm}:{hex}"))
}

#[cfg(test)]
mod tests {
    use model::ecosystem::Ecosystem;

    use super::*;

    #[test]
    fn credentials_are_not_repeated() {
        let mut package = Package::new(Ecosystem::PyPi, "a", "1", "pkg:pypi/a@1".to_owned());
        taken_from_vcs(&mut package, "git", "git+https://user:secret@example.org/a", "abc");
        assert_eq!(package.purl, "pkg:pypi/a@1?vcs_url=git%2Bhttps:%2F%2Fexample.org%2Fa%40abc");
    }
}
