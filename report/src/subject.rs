//! What an image is called when its tag and digest are left out.
//!
//! A code-scanning service tells alerts apart by names that it is given; a name with a tag in it makes every
//! release close the alerts of the one before and open them again.

use model::inventory::Subject;

/// The subject's name without tag and digest: `registry.example:5000/team/app:1.2@sha256:…` is
/// `registry.example:5000/team/app`.
pub(crate) fn stable_name(subject: &Subject) -> &str {
    let name = subject.name.split_once('@').map_or(subject.name.as_str(), |(name, _)| name);
    let repository = name.rfind('/').map_or(0, |slash| slash + 1);
    match name[repository..].find(':') {
        Some(colon) => &name[..repository + colon],
        None => name,
    }
}

/// The stable name as a relative path: of letters, digits, `.`, `_`, `-` and `/`, without empty segments and
/// without any that would climb. `image` when nothing is left.
pub(crate) fn slug(subject: &Subject) -> String {
    let segments: Vec<String> = stable_name(subject)
        .split('/')
        .filter(|segment| !matches!(*segment, "" | "." | ".."))
        .map(|segment| {
            let safe = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '.' | '_' | '-');
            segment.chars().map(|letter| if safe(letter) { letter } else { '-' }).collect()
        })
        .collect();
    if segments.is_empty() { "image".to_owned() } else { segments.join("/") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neither_tag_nor_digest_is_part_of_the_name() {
        for (name, stable, path) in [
            ("app", "app", "app"),
            ("app:1.2", "app", "app"),
            ("team/app:1.2", "team/app", "team/app"),
            ("registry.example:5000/app", "registry.example:5000/app", "registry.example-5000/app"),
            (
                "registry.example:5000/app:1@sha256:00ff",
                "registry.example:5000/app",
                "registry.example-5000/app",
            ),
            ("app@sha256:00ff", "app", "app"),
            ("/srv/../root fs/", "/srv/../root fs/", "srv/root-fs"),
            ("app.tar", "app.tar", "app.tar"),
            ("", "", "image"),
            ("../..", "../..", "image"),
            ("böse\u{202e}", "böse\u{202e}", "b-se-"),
        ] {
            let subject = Subject { name: name.into(), ..Subject::default() };
            assert_eq!((stable_name(&subject), slug(&subject).as_str()), (stable, path), "{name}");
        }
    }
}
