//! The syntax of a Dockerfile, as far as it takes to tell instructions and stages apart (docs.docker.com,
//! "Dockerfile reference"; BuildKit, `frontend/dockerfile/parser`).
//!
//! No text is an error: what a builder would refuse gives instructions that match nothing.

/// One instruction.
#[derive(Debug)]
pub(super) struct Instruction {
    /// Its first line, from 1.
    pub(super) line: u32,
    /// In capital letters.
    pub(super) keyword: String,
    /// What follows the keyword, continued lines joined.
    pub(super) text: String,
    /// The documents that the text refers to, in its order.
    pub(super) heredocs: Vec<Heredoc>,
}

/// A document inside the file: `<<EOF` and the lines up to `EOF`.
#[derive(Debug)]
pub(super) struct Heredoc {
    /// The word that ends it.
    pub(super) name: String,
    /// Its lines, each with its end.
    pub(super) body: String,
}

/// One stage of a build.
#[derive(Debug)]
pub(super) struct Stage {
    /// The image, or the earlier stage, that it starts from.
    base: String,
    name: Option<String>,
    instructions: Vec<Instruction>,
}

/// The instructions that the stage `target`, or else the last one, runs, those of earlier stages it starts from
/// first; none when there is no such stage.
pub(super) fn instructions_of(text: &str, target: Option<&str>) -> Option<Vec<Instruction>> {
    let mut stages = stages(text);
    let is_called =
        |stage: &Stage, name: &str| stage.name.as_ref().is_some_and(|own| own.eq_ignore_ascii_case(name));
    let mut index = match target {
        None => stages.len().checked_sub(1)?,
        Some(target) => stages
            .iter()
            .position(|stage| is_called(stage, target))
            .or_else(|| target.parse().ok().filter(|index| *index < stages.len()))?,
    };
    let mut chain = Vec::new();
    loop {
        stages.truncate(index + 1);
        let Some(stage) = stages.pop() else { break };
        chain.push(stage.instructions);
        match stages.iter().rposition(|earlier| is_called(earlier, &stage.base)) {
            Some(earlier) => index = earlier,
            None => break,
        }
    }
    Some(chain.into_iter().rev().flatten().collect())
}

fn stages(text: &str) -> Vec<Stage> {
    let mut stages: Vec<Stage> = Vec::new();
    for instruction in instructions(text) {
        if instruction.keyword == "FROM" {
            let words: Vec<&str> = without_flags(&instruction.text).split_whitespace().collect();
            let name = match words[..] {
                [_, word, name] if word.eq_ignore_ascii_case("as") => Some(name.to_owned()),
                _ => None,
            };
            let base = words.first().copied().unwrap_or_default().to_owned();
            stages.push(Stage { base, name, instructions: Vec::new() });
        } else if let Some(stage) = stages.last_mut() {
            stage.instructions.push(instruction);
        }
        // What stands before the first stage, `ARG`, makes nothing.
    }
    stages
}

fn instructions(text: &str) -> Vec<Instruction> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let escape = escape_of(text);
    let mut lines = (1..).zip(text.lines());
    let mut all = Vec::new();
    while let Some((line, first)) = lines.next() {
        if says_nothing(first) {
            continue;
        }
        let (mut logical, mut continues) = continued(first.trim_start(), escape);
        let mut joined = logical.to_owned();
        while continues && let Some((_, next)) = lines.next() {
            // Comments and, though deprecated, empty lines may stand between continued ones.
            if says_nothing(next) {
                continue;
            }
            (logical, continues) = continued(next, escape);
            joined.push_str(logical);
        }
        let (keyword, rest) = joined.split_at(joined.find(char::is_whitespace).unwrap_or(joined.len()));
        let (keyword, text) = (keyword.to_ascii_uppercase(), rest.trim().to_owned());
        let heredocs = heredoc_words(&keyword, &text)
            .into_iter()
            .map(|(name, is_chomped)| heredoc(name, is_chomped, &mut lines))
            .collect();
        all.push(Instruction { line, keyword, text, heredocs });
    }
    all
}

fn says_nothing(line: &str) -> bool {
    let line = line.trim_start();
    line.is_empty() || line.starts_with('#')
}

/// The character that continues a line: a directive at the very top, `# escape=` and a backtick, may change it.
fn escape_of(text: &str) -> char {
    for line in text.lines() {
        let Some(comment) = line.trim_start().strip_prefix('#') else { break };
        let Some((name, value)) = comment.split_once('=') else { break };
        if name.trim().eq_ignore_ascii_case("escape") && value.trim() == "`" {
            return '`';
        }
    }
    '\\'
}

/// `line` without the escape at its end, and whether there was one. Two escapes are one that is meant.
fn continued(line: &str, escape: char) -> (&str, bool) {
    match line.trim_end_matches([' ', '\t']).strip_suffix(escape) {
        Some(rest) if !rest.ends_with(escape) => (rest, true),
        _ => (line, false),
    }
}

/// The documents that the text of an instruction refers to: the word that ends each, and whether tabs are taken from the
/// start of its lines.
fn heredoc_words(keyword: &str, text: &str) -> Vec<(String, bool)> {
    let keyword = match keyword {
        "ONBUILD" => text.split_whitespace().next().unwrap_or_default(),
        keyword => keyword,
    };
    if !["RUN", "COPY", "ADD"].iter().any(|takes| takes.eq_ignore_ascii_case(keyword)) {
        return Vec::new();
    }
    words(text).into_iter().filter_map(heredoc_word).collect()
}

/// `<<EOF`, `<<-EOF`, `3<<"EOF"`; a here-string `<<<` is something else.
fn heredoc_word(word: &str) -> Option<(String, bool)> {
    let rest = word.trim_start_matches(|digit: char| digit.is_ascii_digit()).strip_prefix("<<")?;
    let (rest, is_chomped) = rest.strip_prefix('-').map_or((rest, false), |rest| (rest, true));
    let name = rest.replace(['"', '\'', '\\'], "");
    (!name.is_empty() && !rest.contains('<')).then_some((name, is_chomped))
}

/// Whether `text` is one such word and nothing else.
pub(super) fn is_heredoc_alone(text: &str) -> bool {
    matches!(words(text)[..], [word] if heredoc_word(word).is_some())
}

fn heredoc<'a>(name: String, is_chomped: bool, lines: &mut impl Iterator<Item = (u32, &'a str)>) -> Heredoc {
    let mut body = String::new();
    for (_, line) in lines {
        let line = if is_chomped { line.trim_start_matches('\t') } else { line };
        if line == name {
            break;
        }
        body.push_str(line);
        body.push('\n');
    }
    Heredoc { name, body }
}

/// The words of a shell's text, quotes kept.
pub(super) fn words(text: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let mut start = None;
    let mut quote = None;
    let mut is_escaped = false;
    for (index, letter) in text.char_indices() {
        if quote.is_none() && !is_escaped && letter.is_whitespace() {
            words.extend(start.take().map(|start: usize| &text[start..index]));
            continue;
        }
        start.get_or_insert(index);
        match (quote, letter) {
            _ if is_escaped => is_escaped = false,
            (None | Some('"'), '\\') => is_escaped = true,
            (None, '"' | '\'') => quote = Some(letter),
            (Some(open), letter) if open == letter => quote = None,
            _ => {}
        }
    }
    words.extend(start.map(|start| &text[start..]));
    words
}

/// `text` without the flags that it begins with: `--mount=…`, `--from=…`.
pub(super) fn without_flags(text: &str) -> &str {
    let mut text = text.trim_start();
    while text.starts_with("--") {
        text = text.split_once(char::is_whitespace).map_or("", |(_, rest)| rest.trim_start());
    }
    text
}
