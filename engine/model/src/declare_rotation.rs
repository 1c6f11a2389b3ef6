//! Rotations in [`declare!`](crate::declare): which handler rotates a secret, and when.

/// Implements `RotatedBy` for a secret that a handler rotates, and requires that this handler is granted `rotate` on
/// it.
#[doc(hidden)]
#[macro_export]
macro_rules! __declare_rotation_of {
    ($Secret:ident rotation($Function:ident)) => {
        impl $crate::RotatedBy<$Function> for $Secret {}
        const _: fn() = $crate::may_rotate::<$Secret, $Function>;
    };
    ($Secret:ident $($other:tt)*) => {};
}

/// When the secret is rotated. Duplicate fields are reported as duplicate fields of the struct.
#[doc(hidden)]
#[macro_export]
macro_rules! __declare_rotation {
    (@$rotation:tt) => {
        $crate::Rotation $rotation
    };
    (@{ $($set:tt)* } schedule $value:literal; $($rest:tt)*) => {
        $crate::__declare_rotation!(@{ schedule: Some($value.into()), $($set)* } $($rest)*)
    };
    (@{ $($set:tt)* } after_days $value:literal; $($rest:tt)*) => {
        $crate::__declare_rotation!(@{ after_days: Some($value), $($set)* } $($rest)*)
    };
    (@{ $($set:tt)* } window_hours $value:literal; $($rest:tt)*) => {
        $crate::__declare_rotation!(@{ window_hours: Some($value), $($set)* } $($rest)*)
    };
    (@{ $($set:tt)* } immediately $value:literal; $($rest:tt)*) => {
        $crate::__declare_rotation!(@{ immediately: Some($value), $($set)* } $($rest)*)
    };
    (@$set:tt $field:ident $($rest:tt)*) => {
        compile_error!(concat!(
            "a rotation has no `", stringify!($field), "`: write schedule: \"rate(10 days)\" or after_days: 30, ",
            "window_hours: 2, immediately: false"
        ))
    };
    ($($fields:tt)*) => {
        $crate::__declare_rotation!(@{ ..::std::default::Default::default() } $($fields)*)
    };
}
