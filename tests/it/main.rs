//! Integration tests through the binary.
