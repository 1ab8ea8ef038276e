//! The accounts of an image (passwd(5)). Of each line the password and the remark are dropped.

use std::ops::ControlFlow;

use model::gap::{Gap, GapKind};
use model::image::Account;

use crate::image::redact::cut;

use super::{Cataloger, Fact, FactTree, Facts, File, Finds, Found, Wants};

pub(super) static CATALOGER: Cataloger = Cataloger {
    name: "passwd",
    version: 1,
    finds: Finds::Installed,
    wants: Wants::Paths(&["etc/passwd"]),
    read,
    assemble,
};

fn read(file: &mut File<'_>, facts: &mut Facts) {
    let (mut n_accounts, mut n_malformed, mut first_malformed) = (0, 0u64, 0);
    file.for_each_line(facts, |facts, number, line| {
        match account(line, file.limits.image_text_bytes_max) {
            // NIS: a line that begins so stands for accounts that are elsewhere.
            _ if line.trim().is_empty() || line.starts_with(['#', '+', '-']) => {}
            Some(account) => {
                n_accounts += 1;
                if n_accounts <= file.limits.image_facts_max {
                    facts.push(Fact::Account(account));
                }
            }
            None => {
                n_malformed += 1;
                if n_malformed == 1 {
                    first_malformed = number;
                }
            }
        }
        ControlFlow::Continue(())
    });
    if n_malformed > 0 {
        let why = format!("{n_malformed} lines are no accounts, the first of them line {first_malformed}");
        facts.push(Fact::Gap(file.unreadable_record(&why)));
    }
    let n_max = file.limits.image_facts_max;
    if n_accounts > n_max {
        let detail = format!("{} accounts more than image_facts_max of {n_max}", n_accounts - n_max);
        facts.push(Fact::Gap(Gap::new(GapKind::LIMIT_EXCEEDED, file.path, detail)));
    }
}

/// `name:password:uid:gid:remark:home:shell`; the shell may be missing.
fn account(line: &str, text_bytes_max: usize) -> Option<Account> {
    let mut fields = line.split(':');
    let name = fields.next().filter(|name| !name.is_empty())?;
    let _password = fields.next()?;
    let uid = fields.next()?.parse().ok()?;
    let gid = fields.next()?.parse().ok()?;
    let _remark = fields.next()?;
    let text = |text: &str| cut(text.to_owned(), text_bytes_max);
    let home = fields.next()?;
    let shell = fields.next().unwrap_or_default();
    Some(Account { name: text(name), uid, gid, home: text(home), shell: text(shell) })
}

fn assemble(tree: &FactTree<'_>, found: &mut Found) {
    for file in tree.of(CATALOGER.name) {
        found.accounts.extend(file.facts.iter().filter_map(|fact| match fact {
            Fact::Account(account) => Some(account.clone()),
            _ => None,
        }));
    }
}
