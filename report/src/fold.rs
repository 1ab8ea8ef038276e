//! Coverage as people read it: the namespaces that the rows of one kind are split into (`cpe:17`) are told of as one (`cpe:*`). The
//! format `json` has each.

use jiff::Timestamp;
use model::gap::Gap;
use model::key::Namespace;
use model::report::{NamespaceStamp, Unmatched};

/// A namespace that answered, or all of a family that did.
pub(crate) struct Feed<'a> {
    pub(crate) name: &'a str,
    pub(crate) n_namespaces: usize,
    /// Of several namespaces at most so many: a record may be in more than one.
    pub(crate) records: u64,
    /// The oldest; none where any is not known.
    pub(crate) data_as_of: Option<Timestamp>,
}

/// The stamps, a family as one where its first stood.
pub(crate) fn feeds(stamps: &[NamespaceStamp]) -> Vec<Feed<'_>> {
    let mut feeds: Vec<Feed<'_>> = Vec::new();
    for stamp in stamps {
        let family = stamp.name.family();
        let is_of_it = |feed: &Feed<'_>| feed.name == stamp.name.as_str() || is_of(feed.name, family);
        match feeds.iter_mut().find(|feed| family.is_some() && is_of_it(feed)) {
            Some(feed) => {
                feed.name = family.unwrap_or(feed.name);
                feed.n_namespaces += 1;
                feed.records += stamp.records;
                feed.data_as_of = feed.data_as_of.zip(stamp.data_as_of).map(|(a, b)| a.min(b));
            }
            None => feeds.push(Feed {
                name: stamp.name.as_str(),
                n_namespaces: 1,
                records: stamp.records,
                data_as_of: stamp.data_as_of,
            }),
        }
    }
    feeds
}

/// Whether what is called `name` is of the family, or is the family itself.
fn is_of(name: &str, family: Option<&'static str>) -> bool {
    let own = Namespace::new(name).family();
    family.is_some_and(|family| name == family || own == Some(family))
}

/// The groups of packages that were not judged; those of a family and one reason as one.
pub(crate) fn unmatched(groups: &[Unmatched]) -> Vec<Unmatched> {
    let mut folded: Vec<Unmatched> = Vec::new();
    for group in groups {
        let family = group.namespace.family();
        let is_same =
            |known: &&mut Unmatched| known.reason == group.reason && is_of(known.namespace.as_str(), family);
        match folded.iter_mut().find(is_same) {
            Some(known) => {
                known.packages += group.packages;
                known.namespace = family.map_or_else(|| known.namespace.clone(), Namespace::new);
            }
            None => folded.push(group.clone()),
        }
    }
    folded
}

/// The gaps; those that say the same of namespaces of a family as one.
pub(crate) fn gaps(gaps: &[Gap]) -> Vec<Gap> {
    let mut folded: Vec<Gap> = Vec::new();
    for gap in gaps {
        let family = Namespace::new(gap.place.as_str()).family();
        let is_same = |known: &&mut Gap| {
            (&known.kind, &known.detail) == (&gap.kind, &gap.detail) && is_of(&known.place, family)
        };
        // Looked for only where there may be one: an image may have very many gaps.
        match family.and_then(|family| Some((family, folded.iter_mut().find(is_same)?))) {
            Some((family, known)) => family.clone_into(&mut known.place),
            None => folded.push(gap.clone()),
        }
    }
    folded
}

#[cfg(test)]
mod tests {
    use model::gap::GapKind;
    use model::report::UnmatchedReason;

    use super::*;

    #[test]
    fn what_one_feed_is_split_into_is_one_line_and_nothing_else_is() {
        let time = |second| Timestamp::from_second(second).ok();
        let stamp = |name: &str, records, data_as_of| NamespaceStamp {
            name: Namespace::new(name),
            data_as_of,
            records,
            end_of_life: None,
        };
        let stamps = [
            stamp("alpine:3.20", 1, time(1)),
            stamp("cpe:00", 2, time(9)),
            stamp("cpe:3f", 3, time(7)),
            stamp("cve:2024", 4, None),
            stamp("cve:2025", 5, time(1)),
            stamp("debian:12", 6, None),
            stamp("debian:13", 7, None),
        ];
        let told = |stamps: &[NamespaceStamp]| -> Vec<String> {
            let line = |feed: Feed<'_>| {
                let time = feed.data_as_of.map(Timestamp::as_second);
                format!("{} {} {} {time:?}", feed.name, feed.n_namespaces, feed.records)
            };
            feeds(stamps).into_iter().map(line).collect()
        };
        assert_eq!(
            told(&stamps),
            [
                "alpine:3.20 1 1 Some(1)",
                "cpe:* 2 5 Some(7)",
                "cve:* 2 9 None",
                "debian:12 1 6 None",
                "debian:13 1 7 None"
            ]
        );
        assert_eq!(told(&stamps[..2]), ["alpine:3.20 1 1 Some(1)", "cpe:00 1 2 Some(9)"]);

        let group =
            |reason, name: &str, packages| Unmatched { reason, namespace: Namespace::new(name), packages };
        use UnmatchedReason::{NoFeed, NotFetched};
        let groups =
            [group(NoFeed, "cpe:00", 1), group(NotFetched, "cpe:00", 2), group(NotFetched, "cpe:01", 3)];
        assert_eq!(unmatched(&groups), [group(NoFeed, "cpe:00", 1), group(NotFetched, "cpe:*", 5)]);
        let groups = [group(NotFetched, "debian:12", 1), group(NotFetched, "debian:13", 1)];
        assert_eq!(unmatched(&groups), groups);

        let gap = |place: &str, detail: &str| Gap::new(GapKind::STALE_FEED, place, detail.to_owned());
        let all = [gap("cpe:00", "a"), gap("cpe:01", "a"), gap("cpe:02", "b"), gap("", "a"), gap("", "a")];
        assert_eq!(gaps(&all), [gap("cpe:*", "a"), gap("cpe:02", "b"), gap("", "a"), gap("", "a")]);
    }
}
