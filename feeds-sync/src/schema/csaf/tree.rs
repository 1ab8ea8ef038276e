//! The products of a document: defined in branches, in a list, and as one inside another (feeds.md A27).

use serde::Deserialize;

use super::Text;
use crate::records::HashMap;
use crate::schema::null_as_default;

/// `product_tree`.
#[derive(Debug, Default, Deserialize)]
pub struct Tree<'a> {
    /// Vendor, family, version and so on, each with those below it.
    #[serde(borrow, default, deserialize_with = "null_as_default")]
    branches: Vec<Branch<'a>>,
    /// Products that are in no branch.
    #[serde(borrow, default, deserialize_with = "null_as_default")]
    full_product_names: Vec<Product<'a>>,
    /// Products as parts of others (2.0).
    #[serde(borrow, default, deserialize_with = "null_as_default")]
    relationships: Vec<Relationship<'a>>,
    /// The same (2.1).
    #[serde(borrow, default, deserialize_with = "null_as_default")]
    product_paths: Vec<ProductPath<'a>>,
    /// Names for several products together.
    #[serde(borrow, default, deserialize_with = "null_as_default")]
    product_groups: Vec<Group<'a>>,
}

#[derive(Debug, Deserialize)]
struct Branch<'a> {
    #[serde(borrow, default, deserialize_with = "null_as_default")]
    category: Text<'a>,
    #[serde(borrow, default, deserialize_with = "null_as_default")]
    name: Text<'a>,
    #[serde(borrow, default, deserialize_with = "null_as_default")]
    branches: Vec<Self>,
    #[serde(borrow)]
    product: Option<Product<'a>>,
}

/// A product.
#[derive(Debug, Deserialize)]
pub struct Product<'a> {
    /// Its id, which means nothing but itself.
    #[serde(borrow)]
    pub product_id: Text<'a>,
    /// Its name for people.
    #[serde(borrow, default, deserialize_with = "null_as_default")]
    pub name: Text<'a>,
    #[serde(borrow, default, deserialize_with = "null_as_default")]
    product_identification_helper: Helper<'a>,
}

#[derive(Debug, Default, Deserialize)]
struct Helper<'a> {
    #[serde(borrow)]
    cpe: Option<Text<'a>>,
    #[serde(borrow)]
    purl: Option<Text<'a>>,
    /// Instead of `purl`, since 2.1.
    #[serde(borrow, default, deserialize_with = "null_as_default")]
    purls: Vec<Text<'a>>,
}

impl Product<'_> {
    /// Its CPE name, as written.
    pub fn cpe(&self) -> Option<&str> {
        self.product_identification_helper.cpe.as_deref()
    }

    /// Its package URL, as written; of several the first.
    pub fn purl(&self) -> Option<&str> {
        let Helper { purl, purls, .. } = &self.product_identification_helper;
        purl.as_deref().or_else(|| purls.first().map(|purl| &**purl))
    }

    /// Its package URLs, as written.
    pub fn purls(&self) -> impl Iterator<Item = &str> {
        let Helper { purl, purls, .. } = &self.product_identification_helper;
        purl.iter().chain(purls).map(|purl| &**purl)
    }
}

/// What the branch of a product says of its versions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BranchVersion<'t> {
    /// It is this version.
    One(&'t str),
    /// It is those in this range, a `vers:` text or words.
    Range(&'t str),
}

#[derive(Debug, Deserialize)]
struct Relationship<'a> {
    #[serde(borrow)]
    full_product_name: Product<'a>,
    #[serde(borrow)]
    product_reference: Text<'a>,
    #[serde(borrow)]
    relates_to_product_reference: Text<'a>,
}

#[derive(Debug, Deserialize)]
struct ProductPath<'a> {
    #[serde(borrow)]
    full_product_name: Product<'a>,
    #[serde(borrow)]
    beginning_product_reference: Text<'a>,
    #[serde(borrow, default, deserialize_with = "null_as_default")]
    subpaths: Vec<Subpath<'a>>,
}

#[derive(Debug, Deserialize)]
struct Subpath<'a> {
    #[serde(borrow)]
    next_product_reference: Text<'a>,
}

/// An element of `product_groups`.
#[derive(Debug, Deserialize)]
pub(super) struct Group<'a> {
    #[serde(borrow)]
    pub(super) group_id: Text<'a>,
    #[serde(borrow, default, deserialize_with = "null_as_default")]
    pub(super) product_ids: Vec<Text<'a>>,
}

/// How often a product may be defined through another (feeds.md A5).
const NESTED_MAX: usize = 5;

/// How many products one may be made of; with [`NESTED_MAX`] it bounds the work for a hostile tree.
const PARTS_MAX: usize = 16;

/// The products of a document by id.
#[derive(Debug)]
pub struct Products<'t, 'a> {
    defined: HashMap<&'t str, Definition<'t, 'a>>,
    versions: HashMap<&'t str, BranchVersion<'t>>,
    groups: &'t [Group<'a>],
}

#[derive(Debug)]
enum Definition<'t, 'a> {
    Product(&'t Product<'a>),
    /// The first, as a part of the second.
    Part(&'t str, &'t str),
    Path(&'t ProductPath<'a>),
}

impl<'t, 'a> Products<'t, 'a> {
    /// Those of `tree`. Of two definitions of one id the relationship stands.
    pub fn new(tree: &'t Tree<'a>) -> Self {
        let mut defined = HashMap::default();
        let products = tree.full_product_names.iter();
        defined.extend(products.map(|product| (&*product.product_id, Definition::Product(product))));
        let mut versions = HashMap::default();
        let mut branches: Vec<&Branch<'_>> = tree.branches.iter().collect();
        while let Some(branch) = branches.pop() {
            branches.extend(&branch.branches);
            let version = match &*branch.category {
                "product_version" => Some(BranchVersion::One(&branch.name)),
                "product_version_range" => Some(BranchVersion::Range(&branch.name)),
                _ => None,
            };
            versions.extend(branch.product.iter().filter_map(|it| Some((&*it.product_id, version?))));
            let product = branch.product.iter();
            defined.extend(product.map(|product| (&*product.product_id, Definition::Product(product))));
        }
        defined.extend(tree.relationships.iter().map(|relationship| {
            let part =
                Definition::Part(&relationship.product_reference, &relationship.relates_to_product_reference);
            (&*relationship.full_product_name.product_id, part)
        }));
        let paths = tree.product_paths.iter();
        defined.extend(paths.map(|path| (&*path.full_product_name.product_id, Definition::Path(path))));
        Self { defined, versions, groups: &tree.product_groups }
    }

    /// Those that are defined by themselves, in no certain order.
    pub fn iter(&self) -> impl Iterator<Item = &'t Product<'a>> {
        self.defined.values().filter_map(|definition| match definition {
            Definition::Product(product) => Some(*product),
            Definition::Part(..) | Definition::Path(_) => None,
        })
    }

    /// What the product `id` is made of: the innermost component first, the product that contains all of it last; one
    /// alone where it is no part of another. None when the tree lacks any of them, or nests them too deeply.
    pub fn resolve(&self, id: &str) -> Option<Vec<&'t Product<'a>>> {
        let mut parts = Vec::new();
        self.collect(id, 0, &mut parts)?;
        Some(parts)
    }

    fn collect(&self, id: &str, n_nested: usize, parts: &mut Vec<&'t Product<'a>>) -> Option<()> {
        if n_nested > NESTED_MAX {
            return None;
        }
        match self.defined.get(id)? {
            Definition::Product(product) if parts.len() < PARTS_MAX => parts.push(product),
            Definition::Product(_) => return None,
            Definition::Part(component, product) => {
                self.collect(component, n_nested + 1, parts)?;
                self.collect(product, n_nested + 1, parts)?;
            }
            Definition::Path(path) => {
                self.collect(&path.beginning_product_reference, n_nested + 1, parts)?;
                for subpath in &path.subpaths {
                    self.collect(&subpath.next_product_reference, n_nested + 1, parts)?;
                }
            }
        }
        Some(())
    }

    /// What the branch of `product` says of its versions.
    pub fn branch_version(&self, product: &Product<'_>) -> Option<BranchVersion<'t>> {
        self.versions.get(&*product.product_id).copied()
    }

    pub(super) fn groups(&self) -> &'t [Group<'a>] {
        self.groups
    }
}
