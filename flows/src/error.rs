//! What can end a flow.

use std::io;
use std::path::PathBuf;

use model::text::counted;

use crate::rematch::PassedOver;

/// Why a flow ended without its result.
#[derive(Debug, thiserror::Error)]
pub enum FlowError {
    /// The image could not be opened or read.
    #[error("cannot read image `{source_text}`")]
    Image {
        /// What was typed.
        source_text: String,
        /// Why.
        source: sbom::image::ImageError,
    },
    /// The document is not an SBOM that can be read.
    #[error("cannot read SBOM `{place}`")]
    Document {
        /// The file, or `standard input`.
        place: String,
        /// Why.
        source: sbom::format::DocumentError,
    },
    /// The document cannot be written in another format.
    #[error("cannot convert SBOM `{place}`")]
    Convert {
        /// The file, or `standard input`.
        place: String,
        /// Why.
        source: Box<sbom::format::ConvertError>,
    },
    /// The documents do not fit into one.
    #[error("cannot merge the SBOMs")]
    Merge(#[source] sbom::merge::TooMuch),
    /// The registry or daemon did not give the image.
    #[error("cannot fetch image `{source_text}`")]
    Registry {
        /// What was typed.
        source_text: String,
        /// Why.
        source: registry::error::RegistryError,
    },
    /// The network may not be touched.
    #[error("image `{source_text}` was not asked for: offline")]
    Offline {
        /// What was typed.
        source_text: String,
    },
    /// No daemon listens.
    #[error("no {kind} daemon was found; looked at {}", list(places))]
    NoDaemon {
        /// `docker` or `podman`.
        kind: &'static str,
        /// Where it might have listened.
        places: Vec<String>,
    },
    /// A name without a prefix leads nowhere.
    #[error("image `{source_text}` was found nowhere: {}", spell(attempts))]
    Nowhere {
        /// What was typed.
        source_text: String,
        /// Where it was looked for, in order.
        attempts: Vec<Attempt>,
    },
    /// No SBOM is attached to the image.
    #[error("no SBOM is attached to `{source_text}`{}", others(found))]
    NothingAttached {
        /// What was typed.
        source_text: String,
        /// What kinds of artifacts are.
        found: Vec<String>,
    },
    /// The source has no registry to ask, or to push to.
    #[error("`{source_text}` lies in no registry")]
    NoRegistry {
        /// What was typed.
        source_text: String,
    },
    /// An SBOM has no layers that could be looked into.
    #[error(
        "`{source_text}` is known by an SBOM: only its image tells what its layers deleted, and \
             which files packages own"
    )]
    NoLayers {
        /// What was typed.
        source_text: String,
    },
    /// The text is no package URL.
    #[error("cannot read the package URL")]
    Purl {
        /// Why.
        source: model::purl::InvalidPurl,
    },
    /// A file could not be read or written.
    #[error("cannot {action} `{}`", path.display())]
    File {
        /// `read`, `write`, …
        action: &'static str,
        /// Which file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The feed database could not be read or written.
    #[error("the feed database cannot be used")]
    Database(#[from] advisory_db::DbError),
    /// The sync could not be carried out at all.
    #[error("the feeds cannot be synced")]
    Sync(#[from] feeds_sync::error::SyncError),
    /// There is no feed database, and the network may not be touched.
    #[error("no feed database in `{}`", feeds.display())]
    NoFeeds {
        /// The feeds directory.
        feeds: PathBuf,
    },
    /// There is no feed database, and no feed could be fetched.
    #[error("no feed could be fetched: {}", if reasons.is_empty() { "none answers what is asked".to_owned() } else { reasons.join("; ") })]
    NotSynced {
        /// Each feed with what was wrong with it.
        reasons: Vec<String>,
    },
    /// There is no feed database, and no published snapshot could be taken.
    #[error("no published snapshot of feeds could be taken: {}", reasons.join("; "))]
    NotBrought {
        /// Each place with what was wrong with it.
        reasons: Vec<String>,
    },
    /// The snapshot that was asked for is not kept.
    #[error("no snapshot `{id}` in `{}`", feeds.display())]
    NoSuchSnapshot {
        /// What was asked for.
        id: String,
        /// The feeds directory.
        feeds: PathBuf,
    },
    /// The document is a report, and not as a report is.
    #[error("cannot read report `{place}`: {reason}")]
    StoredReport {
        /// The file, or `standard input`.
        place: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The document has no such package.
    #[error("none of {} is `{package}`", counted(*n_packages, "package"))]
    NoSuchPackage {
        /// What was asked for.
        package: String,
        /// How many packages there are.
        n_packages: usize,
    },
    /// No row that could be asked names the id.
    #[error("no row under the keys of {} names `{id}`{}", counted(*n_packages, "package"), not_judged(*n_not_judged))]
    NobodySpeaks {
        /// What was asked for.
        id: String,
        /// How many packages were asked about.
        n_packages: usize,
        /// How many of these nobody judges.
        n_not_judged: usize,
    },
    /// A document of VEX cannot be read.
    #[error("cannot read VEX document `{place}`")]
    Vex {
        /// The file, or the address.
        place: String,
        /// Why.
        source: crate::vex::UnreadableVex,
    },
    /// A document of VEX could not be downloaded.
    #[error("cannot download a VEX document")]
    VexDownload(#[source] fetch::error::FetchError),
    /// A document of VEX has an address, and no host is asked.
    #[error("VEX document `{url}` was not asked for: this command asks no host")]
    VexNotAsked {
        /// The address.
        url: String,
    },
    /// VEX that is attached to an image was asked for, and there is no image to ask about.
    #[error("`{place}` has no image: what is attached to it cannot be asked for")]
    NoImage {
        /// What was typed.
        place: String,
    },
    /// A directory of VEX cannot be read as one.
    #[error("cannot read `{}` as a repository of VEX: {what}", path.display())]
    VexRepository {
        /// The directory, or its list of documents.
        path: PathBuf,
        /// A sentence fragment.
        what: String,
    },
    /// The directory of stored SBOMs holds none.
    #[error("no SBOM in `{}`{}", directory.display(), but(passed_over.as_ref()))]
    NoSboms {
        /// The directory.
        directory: PathBuf,
        /// The first of what looks like SBOMs and is not read.
        passed_over: Option<PassedOver>,
    },
    /// Rendering failed.
    #[error("cannot render the report")]
    Render(#[source] io::Error),
    /// The gate could not be evaluated.
    #[error("the gate cannot be evaluated")]
    Policy(#[from] policy::PolicyError),
}

/// A place where an image was looked for, and why it was not found there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// `docker`, `podman`, `registry`.
    pub place: &'static str,
    /// A sentence fragment.
    pub reason: String,
}

impl Attempt {
    pub(crate) fn of(place: &'static str, error: &dyn std::error::Error) -> Self {
        // What was typed stands in front already; the cause says more.
        let mut reason = error.source().map_or_else(|| error.to_string(), ToString::to_string);
        let mut cause = error.source().and_then(std::error::Error::source);
        while let Some(error) = cause {
            reason = format!("{reason}: {error}");
            cause = error.source();
        }
        Self { place, reason }
    }
}

fn spell(attempts: &[Attempt]) -> String {
    let parts: Vec<String> =
        attempts.iter().map(|attempt| format!("{} ({})", attempt.place, attempt.reason)).collect();
    format!("tried {}", parts.join(", "))
}

fn but(passed_over: Option<&PassedOver>) -> String {
    passed_over.map_or_else(String::new, |it| format!(": `{}` is {}", it.file, it.why.as_str()))
}

fn not_judged(n_packages: usize) -> String {
    if n_packages == 0 {
        String::new()
    } else {
        format!(
            "; {n_packages} of them {} judged by no feed that is held",
            if n_packages == 1 { "is" } else { "are" }
        )
    }
}

fn list(places: &[String]) -> String {
    if places.is_empty() { "no place".to_owned() } else { places.join(", ") }
}

fn others(found: &[String]) -> String {
    if found.is_empty() { String::new() } else { format!("; attached are {}", found.join(", ")) }
}
