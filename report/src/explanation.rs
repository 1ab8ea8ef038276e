//! An [`Explanation`](model::explanation::Explanation) as bytes: text for people, JSON for programs.

mod json;
mod text;

pub use json::json;
pub use text::text;
