//! As much of GitHub's expression language as `action.yml` uses: names, strings, `==` `!=` `!` `&&` `||`,
//! parentheses, `endsWith` and `format`.

use super::runner::Values;

/// What an expression gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Value {
    Text(String),
    Bool(bool),
}

impl Value {
    /// Whether a condition with this value holds: every text but the empty one does.
    pub(super) fn is_true(&self) -> bool {
        match self {
            Self::Text(text) => !text.is_empty(),
            Self::Bool(value) => *value,
        }
    }

    fn text(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Bool(value) => value.to_string(),
        }
    }
}

/// `text` with every `${{ … }}` replaced by its value.
pub(super) fn fill(text: &str, context: &Values) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${{") {
        let (expression, after) = after.split_once("}}").unwrap_or_else(|| panic!("`{text}` does not end"));
        out.push_str(before);
        out.push_str(&evaluate(expression, context).text());
        rest = after;
    }
    out + rest
}

/// The value of `expression`; a name that `context` lacks is the empty text.
pub(super) fn evaluate(expression: &str, context: &Values) -> Value {
    let mut parser = Parser { rest: expression, context };
    let value = parser.any_of();
    assert_eq!(parser.rest.trim(), "", "in `{expression}`");
    value
}

struct Parser<'a> {
    rest: &'a str,
    context: &'a Values,
}

impl Parser<'_> {
    fn takes(&mut self, token: &str) -> bool {
        let rest = self.rest.trim_start().strip_prefix(token);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    fn any_of(&mut self) -> Value {
        let mut value = self.all_of();
        while self.takes("||") {
            let other = self.all_of();
            value = if value.is_true() { value } else { other };
        }
        value
    }

    fn all_of(&mut self) -> Value {
        let mut value = self.comparison();
        while self.takes("&&") {
            let other = self.comparison();
            value = if value.is_true() { other } else { value };
        }
        value
    }

    fn comparison(&mut self) -> Value {
        let left = self.operand();
        let equal = |left: &Value, right: &Value| left.text().eq_ignore_ascii_case(&right.text());
        if self.takes("==") {
            Value::Bool(equal(&left, &self.operand()))
        } else if self.takes("!=") {
            Value::Bool(!equal(&left, &self.operand()))
        } else {
            left
        }
    }

    fn operand(&mut self) -> Value {
        if self.takes("!") {
            return Value::Bool(!self.operand().is_true());
        }
        if self.takes("(") {
            let value = self.any_of();
            assert!(self.takes(")"), "`)` is missing before `{}`", self.rest);
            return value;
        }
        if self.takes("'") {
            return Value::Text(self.string());
        }
        let rest = self.rest.trim_start();
        let is_part = |character: char| character.is_ascii_alphanumeric() || "._-".contains(character);
        let end = rest.find(|character| !is_part(character)).unwrap_or(rest.len());
        assert!(end > 0, "`{rest}` is no operand");
        let name = &rest[..end];
        self.rest = &rest[end..];
        if self.takes("(") {
            let arguments = self.arguments();
            return call(name, &arguments);
        }
        Value::Text(self.context.get(name).cloned().unwrap_or_default())
    }

    /// The rest of a string after its first quote; a doubled quote stands for one.
    fn string(&mut self) -> String {
        let mut text = String::new();
        loop {
            let (part, rest) = self.rest.split_once('\'').unwrap_or_else(|| panic!("a string does not end"));
            text.push_str(part);
            self.rest = rest;
            let Some(rest) = rest.strip_prefix('\'') else { return text };
            text.push('\'');
            self.rest = rest;
        }
    }

    fn arguments(&mut self) -> Vec<String> {
        let mut arguments = vec![self.any_of().text()];
        while self.takes(",") {
            arguments.push(self.any_of().text());
        }
        assert!(self.takes(")"), "`)` is missing before `{}`", self.rest);
        arguments
    }
}

fn call(name: &str, arguments: &[String]) -> Value {
    match (name, arguments) {
        ("endsWith", [text, end]) => Value::Bool(text.to_lowercase().ends_with(&end.to_lowercase())),
        ("format", [text, arguments @ ..]) => {
            let text = arguments.iter().enumerate().fold(text.clone(), |text, (index, argument)| {
                text.replace(&format!("{{{index}}}"), argument)
            });
            Value::Text(text)
        }
        _ => panic!("`{name}` with {} arguments is not in our subset of expressions", arguments.len()),
    }
}
