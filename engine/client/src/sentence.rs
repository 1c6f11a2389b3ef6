//! Makes the `Debug` output of every error its message.

use driftless_model::{__debug_as_message, write_with_causes};

__debug_as_message! {
    crate::CacheConfigError,
    crate::ConfigError,
    crate::Error,
    crate::RotationEventError,
}

impl<E: std::error::Error + 'static> std::fmt::Debug for crate::RotationError<E> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write_with_causes(self, f)
    }
}

#[cfg(test)]
mod tests {
    use crate::model::{PayloadError, Verb};
    use crate::{ConfigError, Error, Operation};

    #[test]
    fn what_main_prints_is_a_sentence_with_its_causes() {
        let at = Operation { handler: "login_user", verb: Verb::Read, secret: "JwtSigningKey", region: None };
        let error = Error::InvalidPayload { at, source: PayloadError::Binary };
        let sentence = "`login_user` cannot read `JwtSigningKey`: its value is not a valid payload: it is stored as binary, not as \
                        a string";
        assert_eq!(format!("{error:?}"), sentence);
        assert_eq!(format!("{error:#?}"), sentence);
        let boxed: Box<dyn std::error::Error> = ConfigError::NoRegion.into();
        assert_eq!(format!("{boxed:?}"), boxed.to_string());
    }
}
