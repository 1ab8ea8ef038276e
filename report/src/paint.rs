//! Colour, which only repeats what a word says already.

/// ANSI colours (ECMA-48 SGR), or none.
pub(crate) struct Paint {
    pub(crate) color: bool,
}

impl Paint {
    pub(crate) fn bold(&self, text: &str) -> String {
        self.sgr("1", text)
    }

    pub(crate) fn good(&self, text: &str) -> String {
        self.sgr("32", text)
    }

    pub(crate) fn bad(&self, text: &str) -> String {
        self.sgr("1;31", text)
    }

    pub(crate) fn warning(&self, text: &str) -> String {
        self.sgr("33", text)
    }

    /// `line` with the severity that it begins with in its colour.
    pub(crate) fn severity(&self, line: &str) -> String {
        let end = line.find(' ').unwrap_or(line.len());
        let (word, rest) = line.split_at(end);
        let code = match word {
            "critical" => "1;31",
            "high" => "31",
            "medium" => "33",
            "low" | "negligible" | "none" => "36",
            "unknown" => "35",
            _ => return line.to_owned(),
        };
        format!("{}{rest}", self.sgr(code, word))
    }

    fn sgr(&self, code: &str, text: &str) -> String {
        if self.color { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }
}
