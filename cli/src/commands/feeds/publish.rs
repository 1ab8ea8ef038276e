//! `plimsoll feeds push`, `pull`, `export`, `import`: snapshots that are published.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::BufWriter;
use std::path::{Path, PathBuf};

use ::registry::error::RegistryError;
use clap::Args;
use feeds_sync::distribution::archive::NewArchive;
use feeds_sync::distribution::bring::{BringOptions, BringReport, bring};
use feeds_sync::distribution::directory::Directory;
use feeds_sync::distribution::oci::Oci;
use feeds_sync::distribution::offer::{EDITS_MAX, OfferOptions, OfferReport, WouldBeUnsigned, offer};
use feeds_sync::distribution::place::{Failure, Place, Shelf};
use fetch::fetcher::{FetchOptions, Fetcher};
use fetch::origin::Origin;
use flows::error::FlowError;
use flows::match_sbom::Besides;
use model::key::Namespace;
use model::text::counted;

use super::needed;
use crate::args::Global;
use crate::environment;
use crate::error::{CommandError, registry_hints};
use crate::exit_code::Exit;
use crate::feeds::FeedArgs;
use crate::hosts::{TlsArgs, hosts};
use crate::keys::read_key;
use crate::progress::Watch;
use crate::published::{Reach, Spelt, private_key, tell_unexpected};
use crate::registry::RegistryArgs;
use crate::ui::{Ui, bytes};

/// Publish the snapshot that is held, so that others can pull it
///
/// To a registry as an artifact, or to a directory that any web server can serve. Shards that are there already are not
/// sent again, and of those that changed an edit is sent beside the whole. What licences do not let others pass on
/// is left out, and named.
#[derive(Debug, Args)]
pub(super) struct PushArgs {
    /// A reference of a registry (`registry.example/team/feeds:latest`) or a directory
    #[arg(value_name = "PLACE")]
    place: String,
    #[command(flatten)]
    sign: SignArgs,
    /// Replace what is signed at the place by what is not
    #[arg(long, conflicts_with = "sign_key")]
    allow_unsigned: bool,
    #[command(flatten)]
    registry: RegistryArgs,
    #[command(flatten)]
    tls: TlsArgs,
}

/// How what is published is signed.
#[derive(Debug, Args)]
struct SignArgs {
    /// Sign with this private key (PEM, PKCS #8, not encrypted): Ed25519, or ECDSA on P-256
    #[arg(long, value_name = "FILE")]
    sign_key: Option<PathBuf>,
}

/// Take what was published
///
/// Only what is lacking is moved, as edits of what is held where those are smaller. With keys the snapshot is
/// verified before anything of it is used; one that is older than what was accepted before is refused.
#[derive(Debug, Args)]
pub(super) struct PullArgs {
    /// Where to take it from; without any, the places of `--feeds-source`. The first that answers serves
    #[arg(value_name = "PLACE")]
    places: Vec<String>,
    /// Where to take it from when no PLACE is given (`feeds.sources` in the configuration); may be repeated
    #[arg(long, value_name = "PLACE", help_heading = "Feeds")]
    feeds_source: Vec<String>,
    #[command(flatten)]
    what: WhatArgs,
    /// Downloads at the same time
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = clap::value_parser!(u16).range(1..=64))]
    jobs: u16,
    #[command(flatten)]
    registry: RegistryArgs,
    #[command(flatten)]
    tls: TlsArgs,
}

/// What is taken of a published snapshot.
#[derive(Debug, Args)]
struct WhatArgs {
    /// Only this namespace (`alpine:3.20`, `pypi`); may be repeated
    #[arg(long, value_name = "NAMESPACE")]
    only: Vec<String>,
    /// Only what this SBOM needs; may be repeated
    #[arg(long = "for", value_name = "SBOM")]
    for_sbom: Vec<String>,
    /// Accept a state that was published before the one that is held
    #[arg(long)]
    allow_older: bool,
    /// A public key (PEM) that must have signed it; may be repeated, one of them is enough
    #[arg(long, value_name = "FILE", help_heading = "Feeds")]
    feeds_key: Vec<PathBuf>,
}

/// Write the snapshot that is held to one file, for machines without a network
#[derive(Debug, Args)]
pub(super) struct ExportArgs {
    /// The file
    #[arg(value_name = "FILE")]
    file: PathBuf,
    #[command(flatten)]
    sign: SignArgs,
}

/// Take the snapshot that `feeds export` wrote
#[derive(Debug, Args)]
pub(super) struct ImportArgs {
    /// The file, or a directory that `feeds push` wrote
    #[arg(value_name = "FILE")]
    file: PathBuf,
    #[command(flatten)]
    what: WhatArgs,
}

pub(super) fn push(args: &PushArgs, global: &Global, ui: &Ui) -> Result<Exit, CommandError> {
    match Spelt::of(&args.place)? {
        Spelt::Directory(path) => send(&Directory::new(path), &args.sign, args.allow_unsigned, global, ui),
        Spelt::Registry(_) if global.offline => {
            Err(CommandError::new("a registry cannot be asked: offline").hint("leave out `--offline`"))
        }
        Spelt::Registry(reference) if args.place.contains('@') => Err(CommandError::new(format!(
            "`{reference}` names a state by its digest, and a new state has another"
        ))
        .hint("push to a tag, as in `registry.example/team/feeds:latest`")),
        Spelt::Registry(reference) => {
            let registry = args.registry.registry(&args.tls, Some(reference.host()))?;
            send(&Oci::new(registry.repository(&reference)), &args.sign, args.allow_unsigned, global, ui)
        }
        Spelt::Web(_) => {
            Err(CommandError::new("a web server takes no snapshot")
                .hint("push to the directory that it serves"))
        }
        Spelt::Archive(_) => Err(CommandError::new(format!("`{}` is a file", args.place))
            .hint("`plimsoll feeds export` writes a file")),
    }
}

pub(super) fn export(args: &ExportArgs, global: &Global, ui: &Ui) -> Result<Exit, CommandError> {
    let failed =
        |error: std::io::Error| CommandError::new(format!("cannot write `{}`: {error}", args.file.display()));
    // Under another name until it is whole; of two at once each under its own.
    let mut temporary = args.file.as_os_str().to_owned();
    temporary.push(format!(".{}.tmp", std::process::id()));
    let temporary = PathBuf::from(temporary);
    let out = BufWriter::new(File::create(&temporary).map_err(failed)?);
    let name = args.file.display().to_string();
    let sent = send(&NewArchive::new(&name, out), &args.sign, false, global, ui);
    match sent {
        Ok(exit) => {
            fs::rename(&temporary, &args.file).map_err(failed)?;
            Ok(exit)
        }
        Err(error) => {
            // It may be gone already; the error is what matters.
            let _ = fs::remove_file(&temporary);
            Err(error)
        }
    }
}

fn send(
    shelf: &dyn Shelf,
    sign: &SignArgs,
    allow_unsigned: bool,
    global: &Global,
    ui: &Ui,
) -> Result<Exit, CommandError> {
    let feeds_dir = FeedArgs::default().open(global)?;
    let key = sign.sign_key.as_deref().map(private_key).transpose()?;
    let options =
        OfferOptions { key: key.as_ref(), now: environment::now(), edits_max: EDITS_MAX, allow_unsigned };
    flows::feeds::held(&feeds_dir)?;
    let report = offer(&feeds_dir, shelf, &options, &Watch::new(ui))
        .map_err(|error| failed(&format!("cannot publish at `{}`", shelf.name()), &error))?;
    tell_sent(&report, &shelf.name(), ui);
    Ok(Exit::Acceptable)
}

fn failed(what: &str, error: &Failure) -> CommandError {
    let mut text = format!("{what}: {error}");
    let mut source = error.source();
    while let Some(error) = source {
        text.push_str(&format!(": {error}"));
        source = error.source();
    }
    let mut hints = error.downcast_ref::<RegistryError>().map(registry_hints).unwrap_or_default();
    if error.is::<WouldBeUnsigned>() {
        hints.push("sign it with `--sign-key FILE`; `--allow-unsigned` replaces it all the same".to_owned());
    }
    hints.into_iter().fold(CommandError::new(text), CommandError::hint)
}

fn tell_sent(report: &OfferReport, place: &str, ui: &Ui) {
    ui.say(&format!("published: snapshot {} at {place}", report.snapshot));
    ui.say(&format!(
        "sent {} of {}: {}, {}",
        bytes(report.bytes),
        bytes(report.bytes_whole),
        counted(report.n_shards, "shard"),
        counted(report.n_edits, "edit")
    ));
    if let Some(reason) = &report.not_built_on {
        ui.warn(&format!("what was published there before is replaced as a whole: {reason}"));
    }
    let providers: BTreeSet<&str> = report.left_out.iter().map(|(provider, _)| &**provider).collect();
    for provider in providers {
        let of_provider = report.left_out.iter().filter(|(name, _)| name == provider);
        let namespaces: Vec<&str> = of_provider.map(|(_, namespace)| namespace.as_str()).collect();
        ui.warn(&format!(
            "left out: {} of `{provider}`: its licence does not let others pass it on",
            namespaces.join(", ")
        ));
    }
}

pub(super) fn pull(args: &PullArgs, global: &Global, ui: &Ui) -> Result<Exit, CommandError> {
    let places = match args.places.is_empty() {
        true => &args.feeds_source,
        false => &args.places,
    };
    if places.is_empty() {
        return Err(CommandError::new("no place was given to pull from")
            .hint("give one, or set `feeds.sources` in the configuration"));
    }
    let registry = args.registry.registry(&args.tls, None)?;
    let fetcher = Fetcher::new(FetchOptions {
        origin: if global.offline { Origin::Offline } else { Origin::Network },
        user_agent: concat!("plimsoll/", env!("CARGO_PKG_VERSION")).to_owned(),
        ca_file: args.tls.ca_file.clone(),
        certificate: args.tls.certificate(),
        hosts: hosts(global, ui)?,
        ..FetchOptions::default()
    });
    let feeds = FeedArgs::default().open(global)?;
    let reach = Reach { fetcher: &fetcher, registry: &registry, feeds: &feeds };
    let mut found = Vec::new();
    for text in places {
        let spelt = Spelt::of(text)?;
        if global.offline && !spelt.is_local() {
            return Err(CommandError::new(format!("`{text}` cannot be asked: offline"))
                .hint("leave out `--offline`, or give a directory or a file"));
        }
        found.push(spelt.place(&reach)?);
    }
    receive(&found, &args.what, usize::from(args.jobs), global, ui)
}

pub(super) fn import(args: &ImportArgs, global: &Global, ui: &Ui) -> Result<Exit, CommandError> {
    let path: &Path = &args.file;
    let place: Box<dyn Place> = match path.is_dir() {
        true => Box::new(Directory::new(path)),
        false => Box::new(
            feeds_sync::distribution::archive::Archive::open(path)
                .map_err(|error| failed(&format!("cannot read `{}`", path.display()), &error))?,
        ),
    };
    receive(&[place], &args.what, 1, global, ui)
}

fn receive(
    places: &[Box<dyn Place + '_>],
    what: &WhatArgs,
    jobs: usize,
    global: &Global,
    ui: &Ui,
) -> Result<Exit, CommandError> {
    let feeds_dir = FeedArgs::default().open(global)?;
    let mut wanted: BTreeSet<Namespace> = needed(&what.for_sbom, &feeds_dir, Besides::default())?;
    wanted.extend(what.only.iter().map(|name| Namespace::new(name.as_str())));
    let keys: Vec<_> = what.feeds_key.iter().map(|path| read_key(path)).collect::<Result<_, _>>()?;
    let options = BringOptions {
        wanted: (!wanted.is_empty()).then_some(&wanted),
        keys: &keys,
        max_age: None,
        now: environment::now(),
        jobs,
        allow_older: what.allow_older,
    };
    let report = bring(&feeds_dir, places, &options, &Watch::new(ui)).map_err(FlowError::from)?;
    if report.place.is_none() {
        let reasons = match report.gaps.is_empty() {
            true => "no place has anything".to_owned(),
            false => flows::feeds::reasons(&report.gaps).join("; "),
        };
        return Err(CommandError::new(format!("nothing was pulled: {reasons}")));
    }
    tell_received(&report, ui);
    Ok(if report.gaps.is_empty() { Exit::Acceptable } else { Exit::NotJudged })
}

pub(crate) fn tell_received(report: &BringReport, ui: &Ui) {
    if let (Some(place), Some(published)) = (&report.place, report.published) {
        let signature = match &report.signed_by {
            Some(key) => format!("signed by {key}"),
            None => "not verified: no key was given".to_owned(),
        };
        ui.say(&format!("pulled: {place}, published {published}, {signature}"));
        ui.say(&format!(
            "moved {} instead of {}: {} whole, {} by edits",
            bytes(report.bytes),
            bytes(report.bytes_whole),
            counted(report.n_whole, "shard"),
            report.n_edited
        ));
    }
    tell_unexpected(report, ui);
    ui.gaps(&report.gaps);
    match &report.snapshot {
        Some(id) if report.changed => ui.say(&format!("new snapshot: {id}")),
        Some(id) => ui.say(&format!("snapshot unchanged: {id}")),
        None => ui.say("no snapshot: nothing was pulled"),
    }
}
