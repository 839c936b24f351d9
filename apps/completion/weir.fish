# SPDX-License-Identifier: BSD-3-Clause
# Completes weir's words in fish: weir itself is asked how the line may go on.

function __weir_complete
    set -l words (commandline -opc)
    set -l word (commandline -ct)
    set -l head (string match -r -- '^--[a-z-]*=' $word)
    set -l value (string replace -r -- '^--[a-z-]*=' '' $word)
    for answer in ($words[1] __complete $words[2..-1] "$word" 2>/dev/null)
        switch $answer
            case :folders
                __fish_complete_directories "$value" | string replace -r '^' -- "$head"
            case :files
                __fish_complete_path "$value" | string replace -r '^' -- "$head"
            case ':files *'
                set -l ends (string replace ':files .' '' $answer | string replace -a ' .' '|')
                __fish_complete_path "$value" \
                    | string match -r -- "^[^\t]*(?:/|\.(?:$ends))(?:\t.*)?\$" \
                    | string replace -r '^' -- "$head"
            case '*'
                echo $answer
        end
    end
end

complete -c weir -f -a '(__weir_complete)'
