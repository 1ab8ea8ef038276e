//! What the header of an RPM package says of the package: identity, source, files, and what it requires and provides.

use std::borrow::Cow;
use std::collections::BTreeSet;

use model::ecosystem::Ecosystem;
use model::package::{Package, SourcePackage};

use super::facts::PathListBuilder;
use super::file::is_legible;
use super::rpm_header::{Header, Tag};
use super::{PackageFact, PathList};

/// The entries that are read, by the numbers of rpm's `rpmtag.h`.
mod tag {
    use super::Tag;

    pub(super) const NAME: Tag = 1000;
    pub(super) const VERSION: Tag = 1001;
    pub(super) const RELEASE: Tag = 1002;
    pub(super) const EPOCH: Tag = 1003;
    pub(super) const INSTALL_TIME: Tag = 1008;
    pub(super) const VENDOR: Tag = 1011;
    pub(super) const LICENSE: Tag = 1014;
    pub(super) const ARCH: Tag = 1022;
    pub(super) const OLD_FILE_NAMES: Tag = 1027;
    pub(super) const FILE_STATES: Tag = 1029;
    pub(super) const FILE_MODES: Tag = 1030;
    pub(super) const FILE_DIGESTS: Tag = 1035;
    pub(super) const FILE_DIGEST_ALGORITHM: Tag = 5011;
    pub(super) const FILE_FLAGS: Tag = 1037;
    pub(super) const SOURCE_RPM: Tag = 1044;
    pub(super) const PROVIDE_NAME: Tag = 1047;
    pub(super) const REQUIRE_NAME: Tag = 1049;
    pub(super) const SOURCE_PACKAGE: Tag = 1106;
    pub(super) const DIR_INDEXES: Tag = 1116;
    pub(super) const BASE_NAMES: Tag = 1117;
    pub(super) const DIR_NAMES: Tag = 1118;
    pub(super) const MODULARITY_LABEL: Tag = 5096;
}

/// `FILE_FLAGS`: a file of configuration.
const IS_CONFIGURATION: u64 = 1;
/// `FILE_FLAGS`: the package knows the file, and something else puts it there.
const IS_GHOST: u64 = 1 << 6;
/// `FILE_MODES`: the bits that say what kind of file it is, and a directory's.
const MODE_KIND: u64 = 0o170_000;
const MODE_DIRECTORY: u64 = 0o040_000;

/// Files of one package, and names that it requires or provides; what a header lists beyond is left out. No package of a
/// distribution has half as many.
const LISTED_MAX: usize = 500_000;

/// The package that `header` describes, without its purl; none for the keys of signers, which the database keeps among the
/// packages. What is left out of it is told to `left_out`.
///
/// # Errors
/// It states no legible name or version.
pub(super) fn package(
    header: &Header<'_>,
    left_out: &mut dyn FnMut(String),
) -> Result<Option<PackageFact>, String> {
    let name = stated(header.text(tag::NAME)).ok_or("a header states no name")?;
    if name == "gpg-pubkey" {
        return Ok(None);
    }
    let version = stated(header.text(tag::VERSION));
    let version = version.ok_or_else(|| format!("the header of `{name}` states no version"))?;
    let release = stated(header.text(tag::RELEASE)).unwrap_or_default();
    let version = full_version(header.number(tag::EPOCH), &version, &release);
    if !is_legible(&name) || !is_legible(&version) {
        return Err("a header has an illegible name or version".to_owned());
    }
    let mut package = Package::new(Ecosystem::Rpm, &name, &version, String::new());
    package.architecture = match header.has(tag::SOURCE_PACKAGE) {
        true => Some("src".to_owned()),
        false => stated(header.text(tag::ARCH)),
    };
    package.source = stated(header.text(tag::SOURCE_RPM)).as_deref().and_then(source);
    package.licenses = stated(header.text(tag::LICENSE)).into_iter().collect();
    package.supplier = stated(header.text(tag::VENDOR));
    package.module = stated(header.text(tag::MODULARITY_LABEL));
    package.installed_at = header.number(tag::INSTALL_TIME).and_then(time);
    let mut provides = capabilities(header.texts(tag::PROVIDE_NAME));
    provides.remove(&name);
    let mut requires = capabilities(header.texts(tag::REQUIRE_NAME));
    if header.count(tag::BASE_NAMES).max(header.count(tag::OLD_FILE_NAMES)) > LISTED_MAX
        || header.count(tag::PROVIDE_NAME).max(header.count(tag::REQUIRE_NAME)) > LISTED_MAX
    {
        left_out(format!("`{name}` lists more than {LISTED_MAX} files or names; the rest was not read"));
    }
    requires.retain(|required| *required != name && !provides.contains(required));
    Ok(Some(PackageFact {
        owned: owned(header),
        requires: requires.into_iter().collect(),
        provides: provides.into_iter().collect(),
        ..PackageFact::new(package)
    }))
}

/// A text that means something: rpm prints `(none)` for what is absent, and some tools write it back.
pub(super) fn stated(text: Option<Cow<'_, str>>) -> Option<String> {
    let text = text?;
    let text = text.trim();
    (!text.is_empty() && text != "(none)").then(|| text.to_owned())
}

/// `[epoch:]version[-release]`. An epoch that is absent is not written; it compares as 0.
pub(super) fn full_version(epoch: Option<u64>, version: &str, release: &str) -> String {
    let epoch = epoch.map_or(String::new(), |epoch| format!("{epoch}:"));
    let release = if release.is_empty() { String::new() } else { format!("-{release}") };
    format!("{epoch}{version}{release}")
}

/// The source package in the name of its file, `openssl-3.0.7-28.el9.src.rpm`: neither version nor release has a `-`.
pub(super) fn source(file: &str) -> Option<SourcePackage> {
    let stem = file.strip_suffix(".rpm")?;
    let stem = stem.strip_suffix(".src").or_else(|| stem.strip_suffix(".nosrc"))?;
    let (rest, release) = stem.rsplit_once('-')?;
    let (name, version) = rest.rsplit_once('-')?;
    let is_whole = [name, version, release].iter().all(|part| !part.is_empty() && is_legible(part));
    is_whole.then(|| SourcePackage {
        name: name.to_owned(),
        version: Some(format!("{version}-{release}").as_str().into()),
    })
}

/// Seconds since 1970 as RFC 3339.
pub(super) fn time(seconds: u64) -> Option<String> {
    let seconds = i64::try_from(seconds).ok().filter(|seconds| *seconds > 0)?;
    jiff::Timestamp::from_second(seconds).ok().map(|time| time.to_string())
}

/// The names among `texts` by which packages find each other, each once.
///
/// Dropped are `rpmlib(…)`, features of rpm itself, and `config(…)`, which every package provides to itself. The symbol
/// versions of a library are cut out (`libc.so.6(GLIBC_2.34)(64bit)`): whoever needs one needs the library, and a large
/// one provides hundreds.
fn capabilities<'a>(texts: impl Iterator<Item = Cow<'a, str>>) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for text in texts.take(LISTED_MAX) {
        if text.starts_with("rpmlib(") || text.starts_with("config(") || !is_legible(&text) {
            continue;
        }
        match text.strip_prefix('(') {
            Some(rich) => names.extend(needed_in(rich).map(str::to_owned)),
            None => {
                names.insert(without_symbol_version(&text).into_owned());
            }
        }
    }
    names.remove("");
    names
}

/// The names in a rich dependency (`(demo-plugin and demo if other)`) that are needed under no condition.
fn needed_in(rich: &str) -> impl Iterator<Item = &str> {
    let words =
        rich.split_whitespace().take_while(|word| !matches!(*word, "if" | "unless" | "without" | "else"));
    let mut is_version = false;
    words.filter_map(move |word| {
        let is_operand = !std::mem::take(&mut is_version);
        is_version = matches!(word, "<" | "<=" | "=" | ">=" | ">");
        let is_name = is_operand && !is_version && !matches!(word, "and" | "or" | "with");
        // A closing parenthesis of the expression; `name(64bit)` keeps its own.
        let word = word.trim_start_matches('(');
        let n_open = word.matches('(').count();
        let n_closed = word.matches(')').count();
        let word =
            word.get(..word.len() - n_closed.saturating_sub(n_open).min(trailing(word))).unwrap_or(word);
        is_name.then_some(word)
    })
}

/// How many closing parentheses `word` ends in.
fn trailing(word: &str) -> usize {
    word.len() - word.trim_end_matches(')').len()
}

fn without_symbol_version(name: &str) -> Cow<'_, str> {
    let parts = name.split_once('(').and_then(|(library, rest)| Some((library, rest.split_once(')')?)));
    match parts {
        Some((library, (version, rest)))
            if library.contains(".so") && !version.is_empty() && version != "64bit" =>
        {
            Cow::Owned(if rest.is_empty() { library.to_owned() } else { format!("{library}(){rest}") })
        }
        _ => Cow::Borrowed(name),
    }
}

/// The files that the package put where they are: neither directories nor what it only knows of, and not those that
/// another package replaced or that were left out when it was installed.
fn owned(header: &Header<'_>) -> PathList {
    let mut paths = PathListBuilder::default();
    let mut modes = header.numbers(tag::FILE_MODES);
    let mut flags = header.numbers(tag::FILE_FLAGS);
    let mut states = header.numbers(tag::FILE_STATES);
    let mut is_owned = || {
        let is_directory = modes.next().is_some_and(|mode| mode & MODE_KIND == MODE_DIRECTORY);
        let is_ghost = flags.next().is_some_and(|flags| flags & IS_GHOST != 0);
        states.next().is_none_or(|state| state == 0) && !is_directory && !is_ghost
    };
    let is_path = |text: &str| !text.contains(['\n', '\0']);
    if !header.has(tag::BASE_NAMES) {
        // Until rpm 4.0 the paths were whole.
        let whole = header.texts(tag::OLD_FILE_NAMES).take(LISTED_MAX);
        whole.filter(|path| is_owned() && is_path(path)).for_each(|path| paths.path(&path));
        return paths.finish();
    }
    let directories: Vec<Cow<'_, str>> = header.texts(tag::DIR_NAMES).take(LISTED_MAX).collect();
    let mut names: Vec<(u64, Cow<'_, str>, Cow<'_, str>)> = header
        .numbers(tag::DIR_INDEXES)
        .zip(header.texts(tag::BASE_NAMES))
        .zip(digests(header))
        .take(LISTED_MAX)
        .filter(|((_, name), _)| is_owned() && is_path(name))
        .map(|((directory, name), digest)| (directory, name, digest))
        .collect();
    // Each directory is then written once, however a hostile header leaps between them.
    names.sort_by_key(|(directory, ..)| *directory);
    let mut current = None;
    for (index, name, digest) in &names {
        let directory = usize::try_from(*index).ok().and_then(|index| directories.get(index));
        let Some(directory) = directory.filter(|directory| is_path(directory)) else { continue };
        if current.replace(index) != Some(index) {
            paths.directory(directory);
        }
        paths.name(name);
        paths.digest(digest);
    }
    paths.finish()
}

/// The digests of files, then nothing for ever; nothing at all where they are of an algorithm (`PGPHASHALGO_…`) that
/// their length does not tell.
fn digests<'a>(header: &Header<'a>) -> impl Iterator<Item = Cow<'a, str>> {
    // MD5, which was the only one until rpm 4.6, SHA-1, and SHA-2 in four lengths.
    let is_known = header
        .number(tag::FILE_DIGEST_ALGORITHM)
        .is_none_or(|algorithm| matches!(algorithm, 1 | 2 | 8 | 9 | 10 | 11));
    let stated = is_known.then(|| header.texts(tag::FILE_DIGESTS));
    // Configuration is there to be changed.
    let flags = header.numbers(tag::FILE_FLAGS).chain(std::iter::repeat(0));
    let kept = |(digest, flags)| if flags & IS_CONFIGURATION == 0 { digest } else { Cow::Borrowed("") };
    let digests = stated.into_iter().flatten().zip(flags).map(kept);
    digests.chain(std::iter::repeat(Cow::Borrowed("")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_is_the_name_of_its_file() {
        let check = |file: &str, expected: Option<(&str, &str)>| {
            let source = source(file);
            let seen = source.as_ref().map(|source| {
                (source.name.as_str(), source.version.as_ref().map_or("", |version| version.as_str()))
            });
            assert_eq!(seen, expected, "{file}");
        };
        check("a-b-1.0-2.el9.src.rpm", Some(("a-b", "1.0-2.el9")));
        check("fonts-1-1.nosrc.rpm", Some(("fonts", "1-1")));
        check("a-1.src.rpm", None);
        check("a-1-2.x86_64.rpm", None);
        check("-1-2.src.rpm", None);
        check("", None);
    }

    #[test]
    fn names_that_packages_find_each_other_by() {
        let check = |texts: &[&str], expected: &[&str]| {
            let names = capabilities(texts.iter().map(|text| Cow::Borrowed(*text)));
            assert_eq!(names.iter().map(String::as_str).collect::<Vec<_>>(), expected);
        };
        check(&["rpmlib(FileDigests)", "config(a)", ""], &[]);
        check(&["libc.so.6(GLIBC_2.34)(64bit)", "libc.so.6()(64bit)"], &["libc.so.6()(64bit)"]);
        check(&["libc.so.6(GLIBC_2.0)", "libc.so.6"], &["libc.so.6"]);
        check(&["font(demo)", "a(x86-64)", "/bin/sh"], &["/bin/sh", "a(x86-64)", "font(demo)"]);
        check(&["(a >= 1.0 if b)"], &["a"]);
        check(&["((a and b(64bit)) or c)"], &["a", "b(64bit)", "c"]);
    }

    #[test]
    fn an_absent_epoch_is_not_written() {
        assert_eq!(full_version(None, "1", "2"), "1-2");
        assert_eq!(full_version(Some(0), "1", "2"), "0:1-2");
        assert_eq!(full_version(Some(4), "1", ""), "4:1");
        assert_eq!(time(0), None);
        assert_eq!(time(1_653_838_591).as_deref(), Some("2022-05-29T15:36:31Z"));
    }
}
