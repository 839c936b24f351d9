# SPDX-License-Identifier: BSD-3-Clause
# Completes weir's words in bash: weir itself is asked how the line may go on.

_weir() {
	local words=() word glued= current stem files answer IFS=$'\n'
	# Bash cuts words at '=' and ':' too: "--set=a:b" is five of its words.
	for word in "${COMP_WORDS[@]:1:COMP_CWORD}"; do
		if [[ $word =~ ^[=:]+$ && ${#words[@]} -gt 0 ]]; then
			words[-1]+=$word glued=yes
		elif [[ $glued ]]; then
			words[-1]+=$word glued=
		else
			words+=("$word")
		fi
	done
	current=${words[-1]}
	stem=${current%"${current##*[=:]}"}
	COMPREPLY=()
	while read -r answer; do
		word=${answer%%$'\t'*}
		case $answer in
		:folders)
			compopt -o filenames 2>/dev/null
			COMPREPLY+=($(compgen -d -- "${current#"$stem"}"))
			;;
		:files*)
			compopt -o filenames 2>/dev/null
			files=${answer#:files}
			files=${files// ./\|*.}
			_weir_files "${files#|}" "${current#"$stem"}"
			;;
		"$current"*)
			[[ $word == *= ]] && compopt -o nospace 2>/dev/null
			COMPREPLY+=("${word#"$stem"}")
			;;
		esac
	done < <("${COMP_WORDS[0]/#\~/$HOME}" __complete "${words[@]}" \
		2>/dev/null)
}

# _weir_files PATTERNS START: files that match one of a|b, and folders.
_weir_files() {
	local file
	for file in $(compgen -f -- "$2"); do
		[[ ! $1 || -d ${file/#\~/$HOME} || $file == @($1) ]] &&
			COMPREPLY+=("$file")
	done
}

complete -F _weir weir
