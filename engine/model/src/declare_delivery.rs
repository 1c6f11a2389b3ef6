//! The arguments of the owner `terraform` in [`declare!`](crate::declare).

/// How the infrastructure code sets a secret's value.
#[doc(hidden)]
#[macro_export]
macro_rules! __declare_delivery {
    ($variable:ident) => {
        $crate::Delivery::InState { variable: stringify!($variable).into() }
    };
    (write_only($variable:ident $(, version: $version:literal)?)) => {
        $crate::Delivery::WriteOnly {
            variable: stringify!($variable).into(),
            write_only: {
                #[allow(unused_mut)]
                let mut write_only = $crate::WriteOnly::default();
                $( write_only.version = Some($version); )?
                write_only
            },
        }
    };
    (generated {
        length: $length:literal
        $(, alphabet: [$($kind:ident),+ $(,)?])? $(, exclude: $exclude:literal)? $(, version: $version:literal)? $(,)?
    }) => {
        $crate::Delivery::Generated {
            generated: {
                #[allow(unused_mut)]
                let mut generated = $crate::Password::of($length);
                $( generated.alphabet = [$($crate::__declare_characters!($kind)),+].into(); )?
                $( generated.exclude = $exclude.into(); )?
                $( generated.version = $version; )?
                generated
            },
        }
    };
    ($($other:tt)*) => {
        compile_error!(concat!(
            "unknown delivery `", stringify!($($other)*), "`: write terraform(variable), terraform(write_only(variable)), ",
            "terraform(write_only(variable, version: 1)) or terraform(generated { length: 32, alphabet: [lowercase, digits], ",
            "exclude: \"0o\", version: 1 })"
        ))
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __declare_characters {
    (lowercase) => {
        $crate::Characters::Lowercase
    };
    (uppercase) => {
        $crate::Characters::Uppercase
    };
    (digits) => {
        $crate::Characters::Digits
    };
    (punctuation) => {
        $crate::Characters::Punctuation
    };
    (space) => {
        $crate::Characters::Space
    };
    ($other:ident) => {
        compile_error!(concat!(
            "unknown kind of characters `",
            stringify!($other),
            "`: write lowercase, uppercase, digits, punctuation or space"
        ))
    };
}
