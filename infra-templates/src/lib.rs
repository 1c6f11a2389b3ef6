//! The templates of the generated files, as text.
//!
//! They are a crate because a package has only files below its own manifest: with `include_str!` of `../infra-templates`, the
//! packed generator would not compile.

/// The template of `secrets.tf`.
pub const SECRETS_TF: &str = include_str!("../secrets.tf.j2");
/// The template of `iam.tf`.
pub const IAM_TF: &str = include_str!("../iam.tf.j2");
/// The template of `rotation.tf`.
pub const ROTATION_TF: &str = include_str!("../rotation.tf.j2");
/// The template of `variables.tf`.
pub const VARIABLES_TF: &str = include_str!("../variables.tf.j2");
/// The template of `outputs.tf`.
pub const OUTPUTS_TF: &str = include_str!("../outputs.tf.j2");
/// The template of `terraform.tfvars.example`.
pub const TFVARS_EXAMPLE: &str = include_str!("../terraform.tfvars.example.j2");
/// The template of `versions.tf`.
pub const VERSIONS_TF: &str = include_str!("../versions.tf.j2");
/// The template of `.gitignore`.
pub const GITIGNORE: &str = include_str!("../gitignore.j2");
/// The template of `import.tf`.
pub const IMPORT_TF: &str = include_str!("../import.tf.j2");

/// The parts of the Python client that are the same for every spec.
pub mod python {
    /// `bundle.py`.
    pub const BUNDLE: &str = include_str!("../python/bundle.py");
    /// `cache.py`.
    pub const CACHE: &str = include_str!("../python/cache.py");
    /// `calls.py`.
    pub const CALLS: &str = include_str!("../python/calls.py");
    /// `client.py`.
    pub const CLIENT: &str = include_str!("../python/client.py");
    /// `copies.py`.
    pub const COPIES: &str = include_str!("../python/copies.py");
    /// `errors.py`.
    pub const ERRORS: &str = include_str!("../python/errors.py");
    /// `fingerprint.py`.
    pub const FINGERPRINT: &str = include_str!("../python/fingerprint.py");
    /// `frozen.py`.
    pub const FROZEN: &str = include_str!("../python/frozen.py");
    /// `payload.py`.
    pub const PAYLOAD: &str = include_str!("../python/payload.py");
    /// `rotation.py`.
    pub const ROTATION: &str = include_str!("../python/rotation.py");
    /// `schema.py`.
    pub const SCHEMA: &str = include_str!("../python/schema.py");
    /// `secret.py`.
    pub const SECRET: &str = include_str!("../python/secret.py");
    /// `secretsmanager_utils.py`.
    pub const SECRETSMANAGER_UTILS: &str = include_str!("../python/secretsmanager_utils.py");
    /// `tokens.py`.
    pub const TOKENS: &str = include_str!("../python/tokens.py");
    /// `write.py`.
    pub const WRITE: &str = include_str!("../python/write.py");
}

/// What `init` writes for a new project.
pub mod init {
    /// `secrets.toml`.
    pub const SECRETS_TOML: &str = include_str!("../init/secrets.toml.j2");
    /// `tests/test_secrets.py`.
    pub const TEST_SECRETS_PY: &str = include_str!("../init/python/test_secrets.py.j2");

    /// A Rust workspace.
    pub mod rust {
        /// `Cargo.toml`.
        pub const WORKSPACE: &str = include_str!("../init/rust/Cargo.toml.j2");
        /// `.cargo/config.toml`.
        pub const CARGO_CONFIG: &str = include_str!("../init/rust/cargo_config.toml.j2");
        /// `spec/Cargo.toml`.
        pub const SPEC_MANIFEST: &str = include_str!("../init/rust/spec_Cargo.toml.j2");
        /// `spec/src/lib.rs`.
        pub const SPEC: &str = include_str!("../init/rust/spec_lib.rs.j2");
        /// `handlers/Cargo.toml`.
        pub const HANDLERS_MANIFEST: &str = include_str!("../init/rust/handlers_Cargo.toml.j2");
        /// `handlers/src/lib.rs`.
        pub const HANDLERS: &str = include_str!("../init/rust/handlers_lib.rs.j2");
        /// `handlers/src/main.rs`.
        pub const HANDLERS_MAIN: &str = include_str!("../init/rust/handlers_main.rs.j2");
        /// `handlers/tests/checkout.rs`.
        pub const HANDLERS_TEST: &str = include_str!("../init/rust/handlers_test.rs.j2");
        /// `xtask/Cargo.toml`.
        pub const XTASK_MANIFEST: &str = include_str!("../init/rust/xtask_Cargo.toml.j2");
        /// `xtask/src/main.rs`.
        pub const XTASK_MAIN: &str = include_str!("../init/rust/xtask_main.rs.j2");
        /// `.github/workflows/ci.yml`.
        pub const CI: &str = include_str!("../init/rust/ci.yml.j2");
        /// `.githooks/pre-commit`.
        pub const PRE_COMMIT: &str = include_str!("../init/rust/pre-commit.j2");
    }
}
