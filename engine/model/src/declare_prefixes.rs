//! The environments of a spec in [`declare!`](crate::declare).

/// The environments of a spec, if it declares any.
#[doc(hidden)]
#[macro_export]
macro_rules! __declare_prefixes {
    () => {
        fn __prefixes() -> Option<$crate::Prefixes> {
            None
        }
    };
    ($variable:ident { $($prefix:literal),* }) => {
        fn __prefixes() -> Option<$crate::Prefixes> {
            Some($crate::Prefixes {
                variable: stringify!($variable).into(),
                values: vec![$($prefix.into()),*],
            })
        }

        $( const _: () = $crate::check_prefix($prefix); )*
    };
}
