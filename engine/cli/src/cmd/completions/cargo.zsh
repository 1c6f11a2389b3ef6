
# The completion of `cargo` calls these for `cargo xtask …` and `cargo xtask-live …`.
_cargo-xtask() { _xtask "$@" }
_cargo-xtask-live() { _xtask "$@" }
