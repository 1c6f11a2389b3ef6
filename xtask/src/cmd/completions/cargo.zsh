
# The completion of `cargo` calls this for `cargo xtask …`.
_cargo-xtask() { _xtask "$@" }
