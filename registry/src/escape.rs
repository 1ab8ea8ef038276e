//! [`escape`]: text as part of a URL.

/// `text` as one part of a path or a query: every byte but letters, digits and `-._~` as `%XX` (RFC 3986, 2.1 to 2.3).
pub(crate) fn escape(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                char::from(byte).to_string()
            }
            byte => format!("%{byte:02X}"),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_but_unreserved_characters_are_escaped() {
        assert_eq!(escape("aZ09-._~"), "aZ09-._~");
        assert_eq!(escape("h:5000/a@b+c %\u{e4}"), "h%3A5000%2Fa%40b%2Bc%20%25%C3%A4");
        assert_eq!(escape(""), "");
    }
}
