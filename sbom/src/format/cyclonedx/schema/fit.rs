//! A document of one version or syntax as a document of another.

use std::collections::{BTreeSet, HashMap};

use super::check::{Step, check_known, check_xml};
use super::table::{V1_4, V1_5, V1_6, V1_7, Version};
use crate::format::Loss;
use crate::format::wire::losses::Losses;
use crate::format::wire::tree::Tree;

/// `document` as one of `version` in JSON or XML, and every leaf value that this loses.
///
/// What changed its shape is converted; then what the schema of `version` refuses is taken away, with the object
/// that cannot be without it. So values that were never valid are losses, too.
pub(in crate::format) fn fit(document: Tree, version: Version, is_xml: bool) -> (Tree, Vec<Loss>) {
    let before = document.clone();
    let mut fitted = document;
    convert(&mut fitted, "", version, is_xml);
    head(&mut fitted, version);
    loop {
        let for_xml = if is_xml { check_xml(&fitted, version) } else { Vec::new() };
        let mut wrong: Vec<_> = check_known(&fitted, version)
            .into_iter()
            .chain(for_xml)
            .map(|violation| violation.path)
            .filter(|path| !path.is_empty())
            .collect();
        if wrong.is_empty() {
            break;
        }
        // The deepest first, so that the ways to the others stay as they are; all of one list or object at once.
        wrong.sort_unstable_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
        wrong.dedup();
        for group in wrong.chunk_by(|a, b| a.len() == b.len() && a[..a.len() - 1] == b[..b.len() - 1]) {
            let (parent, _) = group[0].split_at(group[0].len() - 1);
            let taken: BTreeSet<&Step> = group.iter().filter_map(|path| path.last()).collect();
            remove(&mut fitted, parent, &taken);
        }
    }
    let losses = losses(&before, &fitted);
    (fitted, losses)
}

/// The members that name the version.
fn head(document: &mut Tree, version: Version) {
    let schema = format!("http://cyclonedx.org/schema/bom-{}.schema.json", version.text());
    let Tree::Object(members) = document else { return };
    members.retain(|(name, _)| name != "$schema" && name != "specVersion" && name != "bomFormat");
    let text = |name: &str, value: String| (name.to_owned(), Tree::Text(value));
    let head = [
        text("$schema", schema),
        text("bomFormat", "CycloneDX".to_owned()),
        text("specVersion", version.text().to_owned()),
    ];
    members.splice(0..0, head);
    if version < V1_5 && !members.iter().any(|(name, _)| name == "version") {
        members.push(("version".to_owned(), Tree::Number(1.into())));
    }
}

/// Converts `tree`, the member `name` of something, and all in it.
fn convert(tree: &mut Tree, name: &str, version: Version, is_xml: bool) {
    match tree {
        Tree::List(elements) => {
            elements.iter_mut().for_each(|element| convert(element, name, version, is_xml));
        }
        Tree::Object(members) => {
            members.iter_mut().for_each(|(name, value)| convert(value, name, version, is_xml));
            convert_object(tree, name, version, is_xml);
        }
        _ => {}
    }
}

fn convert_object(object: &mut Tree, name: &str, version: Version, is_xml: bool) {
    if version < V1_5 && matches!(object.get("tools"), Some(Tree::Object(_))) {
        let tools = object.get_mut("tools");
        if let Some(tools) = tools {
            *tools = old_tools(tools);
        }
    }
    if version < V1_6 {
        before_1_6(object, name);
    }
    if version < V1_7
        && let Some(Tree::List(licenses)) = object.get_mut("licenses")
    {
        convert_licenses(licenses);
    }
    if matches!(name, "component" | "components")
        && let Some(Tree::Text(kind)) = object.get_mut("type")
        && let Some(nearest) = nearest_type(kind, version)
    {
        nearest.clone_into(kind);
    }
    let is_component = matches!(name, "component" | "components" | "ancestors" | "descendants" | "variants");
    if version < V1_4 && is_component && object.get("version").is_none() {
        put(object, "version", Tree::Text(String::new()));
    }
    // JSON has a list there, and so has later XML.
    if is_xml
        && version == V1_5
        && is_component
        && let Some(Tree::List(data)) = object.get_mut("data")
    {
        data.truncate(1);
    }
    if name == "externalReferences"
        && let Some(Tree::Text(kind)) = object.get_mut("type")
        && !super::check::knows(super::component::EXTERNAL_REFERENCE_TYPE, version, kind)
    {
        "other".clone_into(kind);
    }
}

/// `authors`, `manufacturer` and several identities are of 1.6.
fn before_1_6(object: &mut Tree, name: &str) {
    if name == "metadata"
        && object.get("manufacture").is_none()
        && let Some(manufacturer) = take(object, "manufacturer")
    {
        put(object, "manufacture", manufacturer);
    }
    if name != "metadata"
        && object.get("author").is_none()
        && let Some(authors @ Tree::List(_)) = object.get("authors")
    {
        let names: Vec<_> =
            authors.elements().iter().filter_map(|author| author.get("name")?.as_str()).collect();
        if !names.is_empty() {
            let names = names.join(", ");
            put(object, "author", Tree::Text(names));
        }
    }
    if name == "evidence"
        && let Some(identity) = object.get_mut("identity")
        && let Tree::List(identities) = identity
        && !identities.is_empty()
    {
        *identity = identities.swap_remove(0);
    }
}

/// The component type to write instead, where `version` does not know `kind`.
fn nearest_type(kind: &str, version: Version) -> Option<&'static str> {
    match kind {
        "cryptographic-asset" if version == V1_5 => Some("data"),
        "cryptographic-asset" | "data" | "machine-learning-model" if version < V1_5 => Some("library"),
        "platform" if version < V1_5 => Some("framework"),
        "device-driver" if version < V1_5 => Some("firmware"),
        _ => None,
    }
}

/// Before 1.7 an expression stands alone.
fn convert_licenses(licenses: &mut [Tree]) {
    if licenses.len() < 2 {
        return;
    }
    for license in licenses {
        if let Some(expression) = take(license, "expression") {
            *license = object([("license", Some(object([("name", Some(expression))])))]);
        }
    }
}

/// The list of tools of 1.4 for the components and services of 1.5.
fn old_tools(tools: &Tree) -> Tree {
    let old = |tool: &Tree| {
        let of = |name: &str| tool.get(name).cloned();
        let organization =
            |name: &str| tool.get(name).and_then(|organization| organization.get("name")).cloned();
        let vendor = of("publisher")
            .or_else(|| organization("manufacturer"))
            .or_else(|| organization("supplier"))
            .or_else(|| organization("provider"))
            .or_else(|| of("group"));
        object([
            ("vendor", vendor),
            ("name", of("name")),
            ("version", of("version")),
            ("hashes", of("hashes")),
            ("externalReferences", of("externalReferences")),
        ])
    };
    let all = ["components", "services"].iter().filter_map(|name| tools.get(name));
    Tree::List(all.flat_map(Tree::elements).map(old).collect())
}

fn object<const N: usize>(members: [(&str, Option<Tree>); N]) -> Tree {
    Tree::Object(members.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect())
}

fn put(object: &mut Tree, name: &str, value: Tree) {
    if let Tree::Object(members) = object {
        members.push((name.to_owned(), value));
    }
}

fn take(object: &mut Tree, name: &str) -> Option<Tree> {
    let Tree::Object(members) = object else { return None };
    let position = members.iter().position(|(member, _)| member == name)?;
    Some(members.remove(position).1)
}

/// Takes away the members or elements `taken` of what `parent` leads to.
fn remove(tree: &mut Tree, parent: &[Step], taken: &BTreeSet<&Step>) {
    let Some((step, rest)) = parent.split_first() else {
        match tree {
            Tree::Object(members) => members.retain(|(name, _)| !taken.contains(&Step::Member(name.clone()))),
            Tree::List(elements) => {
                let mut position = 0..;
                elements.retain(|_| position.next().is_none_or(|it| !taken.contains(&Step::Position(it))));
            }
            _ => {}
        }
        return;
    };
    let below = match (tree, step) {
        (tree @ Tree::Object(_), Step::Member(name)) => tree.get_mut(name),
        (Tree::List(elements), Step::Position(position)) => elements.get_mut(*position),
        _ => None,
    };
    if let Some(below) = below {
        remove(below, rest, taken);
    }
}

/// The leaves of `before` that are not in `after`, where they were or elsewhere.
fn losses(before: &Tree, after: &Tree) -> Vec<Loss> {
    let mut there: HashMap<(String, String), usize> = HashMap::new();
    after.leaves(&mut |path, leaf| *there.entry((path.to_owned(), leaf.to_string())).or_default() += 1);
    let mut missing = Vec::new();
    before.leaves(&mut |path, leaf| {
        let key = (path.to_owned(), leaf.to_string());
        match there.get_mut(&key) {
            Some(count) if *count > 0 => *count -= 1,
            _ if matches!(path, "$schema" | "specVersion") => {}
            _ => missing.push(key),
        }
    });
    let mut moved: HashMap<String, usize> = HashMap::new();
    for ((_, value), count) in there {
        *moved.entry(value).or_default() += count;
    }
    let mut losses = Losses::default();
    for (path, value) in missing {
        if let Some(count @ 1..) = moved.get_mut(&value) {
            *count -= 1;
            continue;
        }
        losses.add(path, &value);
    }
    losses.into_list()
}
