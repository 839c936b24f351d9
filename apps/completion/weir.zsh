#compdef weir
# SPDX-License-Identifier: BSD-3-Clause
# Completes weir's words in zsh: weir itself is asked how the line may go on.

_weir() {
	local -a answers choices shown open
	local answer word help
	answers=("${(@f)$(${(e)words[1]} __complete \
		"${(@Q)words[2,CURRENT-1]}" "${(Q)PREFIX}" 2>/dev/null)}")
	for answer in $answers; do
		word=${answer%%$'\t'*} help=${answer#*$'\t'}
		case $answer in
		:folders) compset -P '--*='; _path_files -/ ;;
		:files)	compset -P '--*='; _files ;;
		:files*)
			compset -P '--*='
			_files -g "*(${(j:|:)${(s: :)${answer#:files }}})"
			;;
		*=$'\t'*) open+=("$word") ;;
		*)
			choices+=("$word")
			shown+=("${(r:$COLUMNS-2:)${:-${(r:24:)word}  $help}}")
			;;
		esac
	done
	(( $#open )) && compadd -S '' -a open
	(( $#choices )) && compadd -l -d shown -a choices
}

if [ "$funcstack[1]" = "_weir" ]; then
	_weir "$@"
else
	compdef _weir weir
fi
