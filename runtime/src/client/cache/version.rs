//! A version's id, in place: one for each cached value, and most are UUIDs.

/// A UUID as it is written, or any other id.
#[derive(Clone)]
pub(super) enum Version {
    Uuid([u8; 36]),
    Other(Box<str>),
}

impl Version {
    pub(super) fn as_str(&self) -> &str {
        match self {
            // Made of a text, so it is one.
            Self::Uuid(bytes) => std::str::from_utf8(bytes).unwrap_or_default(),
            Self::Other(text) => text,
        }
    }
}

impl From<&str> for Version {
    fn from(id: &str) -> Self {
        id.as_bytes().try_into().map_or_else(|_| Self::Other(id.into()), Self::Uuid)
    }
}

#[cfg(test)]
mod tests {
    use super::Version;

    #[test]
    fn an_id_of_any_length_is_itself() {
        for id in ["", "5c0c4ad7-6a34-4d9c-9d6e-2f3b71c8e0a5", "EXAMPLE1-90ab-cdef-fedc-ba987SECRET1-and-more"] {
            assert_eq!(Version::from(id).as_str(), id);
        }
    }
}
