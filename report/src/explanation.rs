//! An [`Explanation`](model::explanation::Explanation) as bytes: text for people, JSON for programs.

mod json;
mod text;

#[cfg(test)]
mod tests;

pub use json::json;
pub use text::text;
