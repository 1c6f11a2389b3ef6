
# `cargo xtask …` and `cargo xtask-live …` are completed as `xtask …`, and everything else of `cargo` by whatever does so without this.
_cargo_or_xtask() {
    if [[ ${COMP_WORDS[1]} =~ ^xtask(-live)?$ && $COMP_CWORD -gt 1 ]]; then
        local COMP_WORDS=(xtask "${COMP_WORDS[@]:2}") COMP_CWORD=$((COMP_CWORD - 1))
        _xtask xtask "$2" "$3"
        return
    fi
    if [[ -z $_xtask_cargo ]]; then
        # bash-completion looks for the completion of a command when that is first asked for.
        _xtask_cargo=:
        { _comp_load cargo || __load_completion cargo; } >/dev/null 2>&1
        _xtask_beside_cargo
    fi
    "$_xtask_cargo" "$@"
}

_xtask_beside_cargo() {
    if [[ $(complete -p cargo 2>/dev/null) =~ -F\ ([^ ]+) && ${BASH_REMATCH[1]} != _cargo_or_xtask ]]; then
        _xtask_cargo=${BASH_REMATCH[1]}
    fi
    complete -F _cargo_or_xtask -o bashdefault -o default cargo
}

_xtask_beside_cargo
