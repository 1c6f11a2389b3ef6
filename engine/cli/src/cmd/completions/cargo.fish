
# `cargo xtask …` and `cargo xtask-live …` are completed as `xtask …`.
complete -c cargo -n '__fish_seen_subcommand_from xtask xtask-live' -f -a '(complete -C (string replace -r "^\S*cargo\s+xtask(-live)?" xtask -- (commandline -cp)))'
