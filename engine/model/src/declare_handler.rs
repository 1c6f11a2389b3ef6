//! The settings of a handler in [`declare!`](crate::declare).

/// The handler with one more setting applied.
#[doc(hidden)]
#[macro_export]
macro_rules! __declare_handler {
    ($handler:ident, role existing($variable:ident)) => {
        $crate::HandlerSpec {
            role: $crate::Role::Existing { variable: stringify!($variable).into() },
            ..$handler
        }
    };
    ($handler:ident, name $name:literal) => {
        $crate::__declare_handler!(@option $handler, role_name: Some($name.into()))
    };
    ($handler:ident, also [$($kind:ident($argument:tt)),* $(,)?]) => {
        $crate::__declare_handler!(@option $handler, also: vec![$($crate::__declare_policies!($kind($argument))),*])
    };
    ($handler:ident, source_function $is_tied:literal) => {
        $crate::__declare_handler!(@option $handler, source_function: $is_tied)
    };
    (@option $handler:ident, $field:ident: $value:expr) => {
        $crate::HandlerSpec {
            options: $crate::HandlerOptions { $field: $value, ..$handler.options },
            ..$handler
        }
    };
    ($handler:ident, $setting:ident $($value:tt)*) => {
        compile_error!(concat!(
            "unknown setting or value `", stringify!($setting), ": ", stringify!($($value)*), "`: write ",
            "role: existing(variable), name: \"Role-Name\", also: [aws_policy(\"Name\"), variable(name), map(name)] or ",
            "source_function: true"
        ))
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __declare_policies {
    (aws_policy($name:literal)) => {
        $crate::ManagedPolicies::AwsPolicy { name: $name.into() }
    };
    (variable($variable:ident)) => {
        $crate::ManagedPolicies::Variable { variable: stringify!($variable).into() }
    };
    (map($variable:ident)) => {
        $crate::ManagedPolicies::Map { variable: stringify!($variable).into() }
    };
    ($($other:tt)*) => {
        compile_error!(concat!(
            "unknown policy `", stringify!($($other)*), "`: write aws_policy(\"Name\"), variable(name) or map(name)"
        ))
    };
}
