//! As much YAML as `action.yml` and the workflows are written in: block mappings and lists, plain and
//! single-quoted scalars, `|` blocks, whole-line and trailing comments. Anything else panics or stays text.

/// A value.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Node {
    Text(String),
    Map(Vec<(String, Self)>),
    List(Vec<Self>),
}

impl Node {
    /// The value under `key`, of a mapping that has it.
    pub(super) fn get(&self, key: &str) -> Option<&Self> {
        match self {
            Self::Map(entries) => entries.iter().find(|(name, _)| name == key).map(|(_, value)| value),
            _ => None,
        }
    }

    /// The text under `key`.
    pub(super) fn text(&self, key: &str) -> Option<&str> {
        match self.get(key)? {
            Self::Text(text) => Some(text),
            other => panic!("`{key}` is {other:?}, not text"),
        }
    }

    /// The entries, of a mapping; none of anything else.
    pub(super) fn entries(&self) -> &[(String, Self)] {
        match self {
            Self::Map(entries) => entries,
            _ => &[],
        }
    }

    /// The elements, of a list; none of anything else.
    pub(super) fn elements(&self) -> &[Self] {
        match self {
            Self::List(elements) => elements,
            _ => &[],
        }
    }

    /// Every mapping in here, this one first.
    pub(super) fn mappings(&self) -> Vec<&Self> {
        let inner: Vec<&Self> = match self {
            Self::Text(_) => return Vec::new(),
            Self::Map(entries) => entries.iter().map(|(_, value)| value).collect(),
            Self::List(elements) => elements.iter().collect(),
        };
        let this = matches!(self, Self::Map(_)).then_some(self);
        this.into_iter().chain(inner.into_iter().flat_map(Self::mappings)).collect()
    }
}

/// The document in `text`.
pub(super) fn parse(text: &str) -> Node {
    let mut reader = Reader { lines: text.lines().map(str::to_owned).collect(), at: 0 };
    let node = reader.block(0);
    assert_eq!(reader.next(), None, "line {} is not understood", reader.at + 1);
    node
}

struct Reader {
    lines: Vec<String>,
    at: usize,
}

impl Reader {
    /// The indentation of the next line that is neither empty nor a comment.
    fn next(&mut self) -> Option<usize> {
        while let Some(line) = self.lines.get(self.at) {
            let content = line.trim_start();
            if !content.is_empty() && !content.starts_with('#') {
                return Some(line.len() - content.len());
            }
            self.at += 1;
        }
        None
    }

    /// The mapping or list whose lines have the indentation `indent`.
    fn block(&mut self, indent: usize) -> Node {
        let mut entries = Vec::new();
        let mut elements = Vec::new();
        while self.next() == Some(indent) {
            let line = self.lines[self.at][indent..].to_owned();
            if let Some(element) = line.strip_prefix("- ") {
                if split_entry(element).is_some() {
                    // The element's first entry moves to where its other entries stand.
                    self.lines[self.at] = format!("{}{element}", " ".repeat(indent + 2));
                    elements.push(self.block(indent + 2));
                } else {
                    self.at += 1;
                    elements.push(Node::Text(scalar(element)));
                }
                continue;
            }
            let (key, value) =
                split_entry(&line).unwrap_or_else(|| panic!("line {}: `{line}` is no entry", self.at + 1));
            self.at += 1;
            let value = match value {
                "|" => Node::Text(self.literal(indent)),
                "" => match self.next() {
                    Some(deeper) if deeper > indent => self.block(deeper),
                    _ => Node::Text(String::new()),
                },
                value => Node::Text(scalar(value)),
            };
            entries.push((key.to_owned(), value));
        }
        assert!(entries.is_empty() || elements.is_empty(), "a list and a mapping at line {}", self.at);
        if elements.is_empty() { Node::Map(entries) } else { Node::List(elements) }
    }

    /// The text of a `|` block below a line with the indentation `indent`.
    fn literal(&mut self, indent: usize) -> String {
        let mut text = String::new();
        let mut margin = None;
        while let Some(line) = self.lines.get(self.at) {
            let own = line.len() - line.trim_start().len();
            if !line.trim().is_empty() && own <= indent {
                break;
            }
            let margin = *margin.get_or_insert(own);
            text.push_str(line.get(margin..).unwrap_or_default());
            text.push('\n');
            self.at += 1;
        }
        format!("{}\n", text.trim_end())
    }
}

fn split_entry(line: &str) -> Option<(&str, &str)> {
    if let Some(key) = line.strip_suffix(':') {
        return Some((key, ""));
    }
    let (key, value) = line.split_once(": ")?;
    (!key.contains([' ', '\''])).then_some((key, value.trim()))
}

fn scalar(text: &str) -> String {
    let text = text.trim();
    if let Some(quoted) = text.strip_prefix('\'') {
        let end = quoted.rfind('\'').unwrap_or_else(|| panic!("`{text}` does not end"));
        return quoted[..end].replace("''", "'");
    }
    assert!(!text.starts_with(['"', '>', '&', '*', '!']), "`{text}` is not in our subset of YAML");
    text.split(" #").next().unwrap_or_default().trim_end().to_owned()
}

#[test]
fn the_subset_is_read_as_yaml_reads_it() {
    let node = parse(
        "name: it's # not\n# no\non:\n  push:\n    branches: [main]\nlist:\n  - a: 'x''y' # z\n    run: |\n      one\n\n        two\n  - b\nend: ''\n",
    );
    assert_eq!(node.text("name"), Some("it's"));
    assert_eq!(
        node.get("on").and_then(|on| on.get("push")).and_then(|push| push.text("branches")),
        Some("[main]")
    );
    let list = node.get("list").unwrap().elements();
    assert_eq!(list[0].text("a"), Some("x'y"));
    assert_eq!(list[0].text("run"), Some("one\n\n  two\n"));
    assert_eq!(list[1], Node::Text("b".to_owned()));
    assert_eq!(node.text("end"), Some(""));
}
