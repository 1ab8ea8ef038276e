//! Software that is known by what a file says which is no program: scripts, archives of scripts, texts that lie beside a
//! program; and all files that the user's classifiers name.

use super::binary::{self, text_files};
use super::{Cataloger, Fact, FactTree, Facts, File, Finds, Found, Wants};

pub(super) static CATALOGER: Cataloger = Cataloger {
    name: "binary-files",
    version: 1,
    finds: Finds::Installed,
    wants: Wants::Classified,
    read,
    assemble,
};

fn read(file: &mut File<'_>, facts: &mut Facts) {
    binary::classify(text_files::FILES, file, facts);
    match file.classifiers.packages(file.path, file.content) {
        Ok(packages) => packages.into_iter().for_each(|package| facts.package(package)),
        Err(error) => facts.push(Fact::Gap(file.unreadable(&error))),
    }
}

fn assemble(tree: &FactTree<'_>, found: &mut Found) {
    binary::assemble_merged(tree, CATALOGER.name, found);
}
