//! Where a language's scheme orders versions otherwise than a table, and why. The reference page
//! `version-differences.md` lists the same.

/// Rows of one table that one rule decides.
pub(super) struct Difference {
    pub(super) table: &'static str,
    pub(super) reason: &'static str,
    pub(super) rows: &'static [(&'static str, &'static str)],
}

/// Rows of another implementation, or of another release of the reference, that we order otherwise.
pub(super) const ORDER_DIFFERENCES: &[Difference] = &[
    Difference {
        table: "apk",
        reason: "apk-tools 3 does not tell apart what follows the place where it stops reading: a number that is \
                 missing, or a letter in front of every number",
        rows: &[("0..1..0", "0..1..1"), ("0..8", "0...8"), ("a", "b"), ("c", "b")],
    },
    Difference {
        table: "apk",
        reason: "apk-tools 3 takes `-r` without digits for the place where it stops reading, and not for `-r0`",
        rows: &[("1-r", "1-r0"), ("1-r0-1", "1-r-2")],
    },
    Difference {
        table: "maven",
        reason: "Maven 3.8 put a word after a dot below any list; since 3.9.0 (MNG-7644) it is as after a hyphen, \
                 `1.foo = 1-foo`",
        rows: &[
            ("1.0.0-RC16", "1.0.0.RC8-beta"),
            ("1.1.31.sec10", "1.1.31_noneautotype"),
            ("1.2.31.sec10", "1.2.31_noneautotype"),
            ("1.2.48.sec10", "1.2.48_noneautotype"),
            ("1.2.50.sec10", "1.2.50_noneautotype"),
            ("1.2.57.sec10", "1.2.57_noneautotype"),
            ("1.2.60.sec10", "1.2.60_noneautotype"),
            ("1.2.67.sec10", "1.2.67_noneautotype"),
            ("1.5.9.RC1", "1.5.9-RC0"),
            ("1.foo", "1-foo"),
            ("6.1.12.rc5", "6.1.12rc1"),
        ],
    },
    Difference {
        table: "maven",
        reason: "Maven 3.8 went round in a circle: `2.9.0.RC1 < 2.9.0 < 2.9.0-1`, and yet `2.9.0-1 < 2.9.0.RC1`; \
                 since 3.9.0 (MNG-7644) the last is the other way round",
        rows: &[("1.1.0-01-glassfish", "1.1.0.Beta1"), ("2.9.0-1", "2.9.0.RC1")],
    },
    Difference {
        table: "maven-resolver",
        reason: "the resolver takes `_` for a separator; for ComparableVersion, which records follow, it is a letter",
        rows: &[
            ("0.1", "_1"),
            ("1.0", "1_0"),
            ("1.0", "1_______"),
            ("1.0.0-1", "1.0.0_1"),
            ("1.0.0_1", "1.0.0.1"),
        ],
    },
    Difference {
        table: "maven-resolver",
        reason: "the resolver sees no difference between a hyphen and a dot before a number; for ComparableVersion \
                 `1-1 < 1.1`",
        rows: &[("0.0.1", "--1"), ("0.1", "-1"), ("1.0.0.1", "1---1"), ("1.0.1", "1--1")],
    },
    Difference {
        table: "maven-resolver",
        reason: "the resolver keeps `ga` and `final` in front of other parts; ComparableVersion trims them, so that \
                 `1.0.0.Final-redhat-1` is above `1.0.0.Final`",
        rows: &[
            ("1-ga-1", "1-0-1"),
            ("1.0.0-ga-foo", "1-foo"),
            ("1.0.0.final-foo", "1-foo"),
            ("ga.ga.foo", "foo"),
        ],
    },
    Difference {
        table: "maven-resolver",
        reason: "a zero in front of a word counts for the resolver; here it is trimmed, as before every word",
        rows: &[("0.foo.1.2.3", "foo.1.2.3")],
    },
    Difference {
        table: "nuget",
        reason: "NuGet.Versioning reads `006` by int.TryParse, as 6; another scanner's rule made this row",
        rows: &[("0.0.1-alpha.006", "0.0.1-alpha.6")],
    },
    Difference {
        table: "packagist",
        reason: "the table is PHP's bare version_compare; Composer first pads to four numbers, drops `stable` and ignores case \
                 (feeds.md C10)",
        rows: &[
            ("1.0.0", "1.0"),
            ("5.1.0-stable", "5.1.0-beta2"),
            ("v1.9.0-ALPHA.1", "v1.9.0-BETA.1"),
            ("v1.9.0-ALPHA.2", "v1.9.0-BETA.2"),
            ("v1.9.0-BETA.1", "v1.9.0-ALPHA.2"),
            ("v3.4", "v3.4.0-alpha"),
            ("v4-beta4", "v4.0-alpha"),
            ("v6.5", "v6.5.0-beta-0"),
            ("v6.6", "v6.6.0-beta"),
        ],
    },
    Difference {
        table: "packagist",
        reason: "`#` only separates to `version_compare` of PHP; a list that was written by hand has it equal every \
                 number, which is not transitive",
        rows: &[("1.2.3.#", "1.2.3.1")],
    },
];

pub(super) fn is_argued(table: &str, left: &str, right: &str) -> bool {
    ORDER_DIFFERENCES
        .iter()
        .filter(|difference| difference.table == table)
        .any(|difference| difference.rows.contains(&(left, right)))
}

#[test]
fn every_difference_is_documented() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/reference/version-differences.md");
    #[expect(clippy::disallowed_methods, reason = "a test may read the page it checks")]
    let page = std::fs::read_to_string(path).unwrap();
    for Difference { table, reason, rows } in ORDER_DIFFERENCES {
        let n_rows = match rows.len() {
            1 => "1 row".to_owned(),
            n_rows => format!("{n_rows} rows"),
        };
        let line = format!("- `{table}`, {n_rows}: {reason}");
        assert!(page.lines().any(|found| found == line), "version-differences.md lacks: {line}");
    }
}
