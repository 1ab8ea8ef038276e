//! The product tree of CSAF: what an id of a product stands for.
//!
//! An id is defined in one of three places: a branch, the list of full names, a relationship. Of a relationship the left
//! side is the part and the right side what has it.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Deserialize;

use crate::vex::document::{Budget, Component, ComponentIndex, Product, VexDocument, VexError};

/// How many relationships may stand within one another.
const DEPTH_MAX: usize = 16;

/// How many ranges may stand within one another. What lies in more cannot be told.
const RANGES_MAX: usize = 4;

/// The products of a document by their ids.
pub(super) struct Tree {
    components: BTreeMap<String, ComponentIndex>,
    relationships: BTreeMap<String, (String, String)>,
    groups: BTreeMap<String, Vec<String>>,
    /// What ids stand for that nothing defines.
    nothing: ComponentIndex,
}

impl Tree {
    /// The tree that `said` is, its components added to `document`.
    pub(super) fn new(
        said: TreeText,
        document: &mut VexDocument,
        budget: &mut Budget,
    ) -> Result<Self, VexError> {
        let nothing = document.add(Component::default());
        let mut tree = Self {
            components: BTreeMap::new(),
            relationships: BTreeMap::new(),
            groups: BTreeMap::new(),
            nothing,
        };
        for branch in said.branches.unwrap_or_default() {
            tree.add_branch(branch, &Versions::default(), document, budget)?;
        }
        for product in said.full_product_names.unwrap_or_default() {
            tree.add_product(product, &Versions::default(), document, budget)?;
        }
        for relationship in said.relationships.unwrap_or_default() {
            let (Some(part), Some(whole)) =
                (relationship.product_reference, relationship.relates_to_product_reference)
            else {
                continue;
            };
            let Some(product) = relationship.full_product_name else { continue };
            budget.take(1)?;
            let id = product.product_id.clone().unwrap_or_default();
            // A name of the whole relationship says nothing of its halves, which are defined elsewhere.
            let halves = (part, whole);
            let is_other = tree.relationships.get(&id).is_some_and(|known| *known != halves);
            match is_other || tree.components.contains_key(&id) {
                true => tree.forget(id, document),
                false => drop(tree.relationships.insert(id, halves)),
            }
        }
        for group in said.product_groups.unwrap_or_default() {
            if let (Some(id), Some(products)) = (group.group_id, group.product_ids) {
                budget.take(products.len())?;
                match tree.groups.get_mut(&id) {
                    None => drop(tree.groups.insert(id, products)),
                    Some(known) if *known == products => {}
                    Some(known) => {
                        document.remark(|| {
                            format!("group `{id}`: it is defined twice and differently, and holds nothing")
                        });
                        known.clear();
                    }
                }
            }
        }
        Ok(tree)
    }

    fn add_branch(
        &mut self,
        branch: BranchText,
        around: &Versions,
        document: &mut VexDocument,
        budget: &mut Budget,
    ) -> Result<(), VexError> {
        let own = match branch.category.as_deref() {
            Some("product_version_range") => Some(around.in_range(branch.name.unwrap_or_default())),
            Some("product_version") => branch.name.map(|name| around.of_version(name)),
            _ => None,
        };
        let versions = own.as_ref().unwrap_or(around);
        if let Some(product) = branch.product {
            self.add_product(product, versions, document, budget)?;
        }
        // The reader of JSON bounds how deep branches are (128 levels).
        for branch in branch.branches.unwrap_or_default() {
            self.add_branch(branch, versions, document, budget)?;
        }
        Ok(())
    }

    fn add_product(
        &mut self,
        said: ProductText,
        versions: &Versions,
        document: &mut VexDocument,
        budget: &mut Budget,
    ) -> Result<(), VexError> {
        budget.take(1)?;
        let Some(id) = said.product_id else { return Ok(()) };
        let mut component = Component { ranges: versions.ranges.clone(), ..Component::default() };
        let helper = said.product_identification_helper.unwrap_or_default();
        for purl in helper.purl.into_iter().chain(helper.purls.unwrap_or_default()) {
            budget.take(1)?;
            if !component.add_purl(&purl) {
                document.remark(|| format!("product `{id}`: `{purl}` is no package URL"));
            }
        }
        if let Some(cpe) = helper.cpe
            && !component.add_cpe(&cpe)
        {
            document.remark(|| format!("product `{id}`: `{cpe}` is no CPE name"));
        }
        for hash in helper.hashes.iter().flatten().flat_map(|hashes| hashes.file_hashes.iter().flatten()) {
            budget.take(1)?;
            component.add_digest(
                hash.algorithm.as_deref().unwrap_or_default(),
                hash.value.as_deref().unwrap_or_default(),
            );
        }
        if let Some(version) = &versions.version {
            component.narrow_by_branch(version);
        }
        match self.components.get(&id) {
            None => {
                let index = document.add(component);
                self.components.insert(id, index);
            }
            Some(&known) if *document.component(known) == component => {}
            Some(_) => self.forget(id, document),
        }
        Ok(())
    }

    /// Makes `id` stand for nothing: which of its definitions is meant nobody can tell (docs/decisions/0032).
    fn forget(&mut self, id: String, document: &mut VexDocument) {
        document.remark(|| {
            format!("product `{id}`: it is defined twice and differently, and stands for neither")
        });
        self.components.insert(id, self.nothing);
    }

    /// The ids in a group.
    pub(super) fn group(&self, id: &str) -> Option<&Vec<String>> {
        self.groups.get(id)
    }

    /// The product with `id`; `place` names the statement that it is in.
    pub(super) fn product(&self, id: &str, place: &str, document: &mut VexDocument) -> Product {
        if let Some(&whole) = self.components.get(id) {
            return Product::all_of(whole);
        }
        let mut leaves = Vec::new();
        if !self.resolve(id, DEPTH_MAX, &mut leaves) || leaves.is_empty() {
            document.remark(|| format!("`{place}`: product `{id}` is not defined"));
            return Product::all_of(self.nothing);
        }
        let part = leaves.remove(0);
        Product { wholes: leaves, parts: vec![part] }
    }

    /// The components that `id` is made of, from the innermost part to the outermost whole. False where one is missing or
    /// they go in a circle.
    fn resolve(&self, id: &str, depth_left: usize, leaves: &mut Vec<ComponentIndex>) -> bool {
        if let Some(&component) = self.components.get(id) {
            leaves.push(component);
            return leaves.len() <= DEPTH_MAX;
        }
        match self.relationships.get(id) {
            Some((part, whole)) if depth_left > 0 => {
                self.resolve(part, depth_left - 1, leaves) && self.resolve(whole, depth_left - 1, leaves)
            }
            _ => false,
        }
    }
}

/// What the branches around a product say of its version.
#[derive(Default)]
struct Versions {
    /// Ranges, each of which must hold it.
    ranges: Vec<Arc<str>>,
    /// The version, by the innermost branch that says one.
    version: Option<Arc<str>>,
}

impl Versions {
    fn in_range(&self, range: String) -> Self {
        let mut ranges = self.ranges.clone();
        match ranges.len() < RANGES_MAX {
            true => ranges.push(range.into()),
            // As nothing but ranges can be read, this holds no version.
            false => ranges = vec!["more ranges than are read".into()],
        }
        Self { ranges, version: self.version.clone() }
    }

    fn of_version(&self, version: String) -> Self {
        Self { ranges: self.ranges.clone(), version: Some(version.into()) }
    }
}

/// `product_tree`.
#[derive(Default, Deserialize)]
pub(super) struct TreeText {
    branches: Option<Vec<BranchText>>,
    full_product_names: Option<Vec<ProductText>>,
    relationships: Option<Vec<RelationshipText>>,
    product_groups: Option<Vec<GroupText>>,
}

#[derive(Deserialize)]
struct BranchText {
    category: Option<String>,
    name: Option<String>,
    product: Option<ProductText>,
    branches: Option<Vec<Self>>,
}

#[derive(Deserialize)]
struct ProductText {
    product_id: Option<String>,
    product_identification_helper: Option<HelperText>,
}

#[derive(Default, Deserialize)]
struct HelperText {
    purl: Option<String>,
    /// The same in CSAF 2.1.
    purls: Option<Vec<String>>,
    cpe: Option<String>,
    hashes: Option<Vec<HashesText>>,
}

#[derive(Deserialize)]
struct HashesText {
    file_hashes: Option<Vec<HashText>>,
}

#[derive(Deserialize)]
struct HashText {
    algorithm: Option<String>,
    value: Option<String>,
}

#[derive(Deserialize)]
struct RelationshipText {
    product_reference: Option<String>,
    relates_to_product_reference: Option<String>,
    full_product_name: Option<ProductText>,
}

#[derive(Deserialize)]
struct GroupText {
    group_id: Option<String>,
    product_ids: Option<Vec<String>>,
}
