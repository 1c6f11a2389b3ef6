//! The bytes that names of secrets consist of.

/// Whether Secrets Manager accepts this byte in a name: ASCII letters, digits and `/_+=.@-`.
#[must_use]
pub(crate) const fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'_' | b'+' | b'=' | b'.' | b'@' | b'-')
}
