//! What a vulnerability says of single products: remediations, threats, flags and scores by product.

use super::tree::Products;
use super::{Cvss, Flag, Remediation, Score, Text, Threat, Vulnerability};
use crate::error::ParseError;
use crate::records::HashMap;

/// How many mentions of products the groups of one document may amount to.
const MENTIONS_MAX: usize = 5_000_000;

/// How often a statement that names no product, and so is about all of them, may be looked at for one.
const LOOKS_MAX: usize = 20_000_000;

/// The statements of one vulnerability by product.
#[derive(Debug)]
pub struct Statements<'v, 'a> {
    remediations: ByProduct<'v, Remediation<'a>>,
    threats: ByProduct<'v, Threat<'a>>,
    flags: ByProduct<'v, Flag<'a>>,
    scores: ByProduct<'v, Score<'a>>,
}

/// Statements of one sort.
#[derive(Debug)]
struct ByProduct<'v, T> {
    of: HashMap<&'v str, Vec<&'v T>>,
    /// Those that name no product are about all of them.
    of_all: Vec<&'v T>,
}

impl<'v, 'a> Statements<'v, 'a> {
    /// Those of `vulnerability`.
    ///
    /// # Errors
    /// Groups of products are named, or statements name no product, so often that it could only be an attack.
    pub fn new(
        vulnerability: &'v Vulnerability<'a>,
        products: &Products<'v, 'a>,
    ) -> Result<Self, ParseError> {
        let groups: HashMap<&str, &'v [Text<'a>]> =
            products.groups().iter().map(|group| (&*group.group_id, &group.product_ids[..])).collect();
        let mut index = Index { groups, n_mentions: 0 };
        let no_groups: &[Text<'_>] = &[];
        let remediations = vulnerability.remediations.iter();
        let threats = vulnerability.threats.iter();
        let flags = vulnerability.flags.iter();
        let scores = vulnerability.scores.iter().chain(&vulnerability.metrics);
        let statements = Self {
            remediations: index.of(remediations.map(|it| (it, &it.product_ids[..], &it.group_ids[..])))?,
            threats: index.of(threats.map(|it| (it, &it.product_ids[..], &it.group_ids[..])))?,
            flags: index.of(flags.map(|it| (it, &it.product_ids[..], &it.group_ids[..])))?,
            scores: index.of(scores.map(|it| (it, &it.products[..], no_groups)))?,
        };
        let Self { remediations, threats, flags, scores } = &statements;
        let n_of_all =
            remediations.of_all.len() + threats.of_all.len() + flags.of_all.len() + scores.of_all.len();
        let n_products: usize = vulnerability.statuses().map(|(_, ids)| ids.len()).sum();
        match n_of_all.saturating_mul(n_products) > LOOKS_MAX {
            true => Err(ParseError::Limit { limit: "statements about all products", max: LOOKS_MAX as u64 }),
            false => Ok(statements),
        }
    }

    /// What is or will be done about the product `id`.
    pub fn remediations(&self, id: &str) -> impl Iterator<Item = &'v Remediation<'a>> {
        self.remediations.about(id)
    }

    /// How bad it is in the product `id`, in the publisher's word: that of the product, else that of all.
    pub fn impact(&self, id: &str) -> Option<&'v str> {
        let mut impacts = self.threats.about(id).filter(|threat| &*threat.category == "impact");
        impacts.find(|threat| !threat.details.is_empty()).map(|threat| &*threat.details)
    }

    /// Why the product `id` is not affected.
    pub fn justification(&self, id: &str) -> Option<&'v str> {
        self.flags.about(id).map(|flag| &*flag.label).find(|label| !label.is_empty())
    }

    /// CVSS of the product `id`.
    pub fn cvss(&self, id: &str) -> impl Iterator<Item = &'v Cvss<'a>> {
        self.scores.about(id).flat_map(Score::vectors)
    }
}

impl<'v, T> ByProduct<'v, T> {
    /// The statements about the product `id` itself, then those about all.
    fn about(&self, id: &str) -> impl Iterator<Item = &'v T> {
        self.of.get(id).into_iter().flatten().chain(&self.of_all).copied()
    }
}

struct Index<'v, 'a> {
    groups: HashMap<&'v str, &'v [Text<'a>]>,
    n_mentions: usize,
}

impl<'v, 'a> Index<'v, 'a> {
    fn of<T>(
        &mut self,
        statements: impl Iterator<Item = (&'v T, &'v [Text<'a>], &'v [Text<'a>])>,
    ) -> Result<ByProduct<'v, T>, ParseError>
    where
        'a: 'v,
    {
        let mut by_product = ByProduct { of: HashMap::default(), of_all: Vec::new() };
        for (statement, products, groups) in statements {
            if products.is_empty() && groups.is_empty() {
                by_product.of_all.push(statement);
            }
            let lists = groups.iter().filter_map(|group| self.groups.get(&**group).copied());
            for list in lists.chain([products]) {
                self.n_mentions += list.len();
                if self.n_mentions > MENTIONS_MAX {
                    let max = MENTIONS_MAX as u64;
                    return Err(ParseError::Limit { limit: "mentions of products", max });
                }
                for product in list {
                    by_product.of.entry(&**product).or_default().push(statement);
                }
            }
        }
        Ok(by_product)
    }
}
