
# `cargo xtask …` is completed as `xtask …`.
complete -c cargo -n '__fish_seen_subcommand_from xtask' -f -a '(complete -C (string replace -r "^\S*cargo\s+" "" -- (commandline -cp)))'
