//! What [`declare!`](crate::declare) makes of a rotation: who rotates a secret, and when.

/// That a secret is rotated by a handler of the spec, which is granted just that.
#[doc(hidden)]
#[macro_export]
macro_rules! __declare_rotation_of {
    ($Secret:ident rotation($Function:ident)) => {
        impl $crate::model::RotatedBy<$Function> for $Secret {}
        const _: fn() = $crate::model::may_rotate::<$Secret, $Function>;
    };
    ($Secret:ident $($other:tt)*) => {};
}

/// When the secret is rotated. A field that is written twice is one that is set twice.
#[doc(hidden)]
#[macro_export]
macro_rules! __declare_rotation {
    (@$rotation:tt) => {
        $crate::model::Rotation $rotation
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
