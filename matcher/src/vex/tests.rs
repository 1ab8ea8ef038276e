//! Statements held against findings.
