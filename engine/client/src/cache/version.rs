//! A compact version id: each cached value has one, and most are UUIDs.

use std::borrow::Cow;

use uuid::Uuid;

/// A UUID in its canonical form, or any other id.
#[derive(Clone)]
pub(super) enum Version {
    Uuid(Uuid),
    Other(Box<str>),
}

impl Version {
    pub(super) fn text(&self) -> Cow<'_, str> {
        match self {
            Self::Uuid(uuid) => uuid.to_string().into(),
            Self::Other(text) => text.as_ref().into(),
        }
    }

    pub(super) fn is(&self, id: &str) -> bool {
        match self {
            Self::Uuid(uuid) => uuid.hyphenated().encode_lower(&mut Uuid::encode_buffer()) == id,
            Self::Other(text) => text.as_ref() == id,
        }
    }
}

impl From<&str> for Version {
    fn from(id: &str) -> Self {
        match Uuid::try_parse(id).map(Self::Uuid) {
            Ok(version) if version.is(id) => version,
            _ => Self::Other(id.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Version;

    #[test]
    fn an_id_of_any_length_is_itself() {
        for id in [
            "",
            "5c0c4ad7-6a34-4d9c-9d6e-2f3b71c8e0a5",
            "5C0C4AD7-6a34-4d9c-9d6e-2f3b71c8e0a5",
            "5c0c4ad76a344d9c9d6e2f3b71c8e0a5",
            "EXAMPLE1-90ab-cdef-fedc-ba987SECRET1-and-more",
        ] {
            assert_eq!(Version::from(id).text(), id);
            assert!(Version::from(id).is(id) && !Version::from(id).is("other"));
        }
    }
}
