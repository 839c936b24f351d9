#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
#	mine.c ──cc──▶ mine.so ──load──▶ weir: in ─▶ rx ─▶ mine ─▶ tx ─▶ out
#
# Stages from shared objects that were built outside of the tree: what works,
# that the process has one libweir, and what is said of objects that will not
# do. Nothing that is given as an object ends weir by a signal or lets it hang.
. "$(dirname "${BASH_SOURCE[0]}")/../smoke/lib.sh"
. "$root/tests/package/tree.sh"
install_weir "$tmp/root" || exit 2
cc=${CC:-cc}

# object NAME FLAG…: builds NAME.so from the source on standard input.
object() {
	local name=$1
	shift
	cat >"$name.c"
	$cc -Wall -shared -fPIC -O2 $(pkg-config --cflags libweir) \
		"$name.c" -o "$name.so" "$@" 2>"$name.log" ||
		not_ok "$name.so builds" "$(cat "$name.log")"
}
# stage TYPE [MORE]: a source that passes packets on, and keeps to the rules.
stage() {
	cat <<-END
	#include <weir/stage/stage.h>
	static void burst(void *state, struct rte_mbuf **in, unsigned n,
		struct weir_out *out)
	{
		(void)state;
		for (unsigned i = 0; i < n; i++)
			weir_out_put(out, 0, in[i]);
	}
	static const struct weir_stage one = {
		.abi = WEIR_STAGE_ABI, .type = "$1", .help = "passes on",
		.outputs = {"out"}, .kernel = burst, ${2-}
	};
	END
}
export='WEIR_STAGE_EXPORT(one);'

# pipeline LOAD TYPE: a file that loads it and uses TYPE.
pipeline() {
	cat <<-END
	version: 1
	load: $1
	ports:
	  in: {file: $talk}
	  out: {file: $tmp/out.pcap}
	stages:
	  rx: {type: rx, port: in}
	  mine: {type: $2, inputs: rx}
	  tx: {type: tx, inputs: mine, port: out}
	tests:
	  - {input: $talk, expect: {out: $(packets "$talk")}}
	END
}
# refused SENTENCE OBJECT WORDS: weir check says them at line and column.
refused() {
	local code
	pipeline "$2" mine >refused.yaml
	weir check refused.yaml >said.txt 2>&1
	code=$?
	if [ $code = 2 ] && [ "$(wc -l <said.txt)" = 1 ] &&
		grep -qE "^refused.yaml:2:7: error: load: $2: $3" said.txt; then
		ok "$1"
	else
		not_ok "$1" "exit code $code, words:" "$(cat said.txt)" \
			"wanted: $3"
	fi
}

# ---- what works ----

mkdir stages
{ stage mine; echo "$export"; } | object mine
pipeline mine.so mine >mine.yaml
works "a stage from an object runs" weir run --quiet mine.yaml
same "and passes on what it got" "$talk" out.pcap

mkdir -p below && cp mine.so below/moved.so
sed 's|mine.so|[moved.so]|' mine.yaml >below/moved.yaml
works "a path is taken from where the file lies" \
	weir run --quiet below/moved.yaml
sed "s|mine.so|$tmp/mine.so|" mine.yaml >absolute.yaml
works "an absolute path is taken as it is" weir check --quiet absolute.yaml
sed 's|mine.so|[mine.so, ./mine.so]|' mine.yaml >twice.yaml
works "the same object again does no harm" \
	weir check --quiet --load ./below/../mine.so twice.yaml
works "weir test runs its tests with what the file loads" weir test mine.yaml
sed '/^load:/d' mine.yaml >bare.yaml
works "weir test gives --load on" weir test --load mine.so bare.yaml
works "--load serves the short form" weir run --quiet --load mine.so \
	-e "file:$talk ! mine ! file:$tmp/short.pcap"
has "weir stages tells about it" "$(weir stages --load mine.so mine)" \
	"^mine: passes on"
is "the schema knows it" "$(weir schema --load mine.so |
	jq '."$defs".stage.properties.type.enum | index("mine") != null')" true
is "the schema knows load" \
	"$(weir schema | jq -r '.properties.load.anyOf[1].items.type')" string
works "--set can load" weir check --quiet bare.yaml --set 'load=[mine.so]'

{ stage two | sed 's/one =/two =/;s/burst/pass/'; stage mine
	echo 'WEIR_STAGES_EXPORT(&one, &two);'; } | object several
pipeline several.so two >several.yaml
works "an object may have several stages" weir run --quiet several.yaml

# An object that names libweir itself, and looks around when it begins.
object linked $(pkg-config --libs libweir) <<-END
	#define _GNU_SOURCE
	#include <weir/weir.h>
	#include <link.h>
	#include <stdio.h>
	#include <string.h>
	$(stage mine ".init = look," | sed 's/^static void burst/static int \
		look(void *, const struct weir_stage_setup *, struct \
		weir_error *);&/')
	static int seen(struct dl_phdr_info *info, size_t size, void *copies)
	{
		*(int *)copies += strstr(info->dlpi_name, "libweir") != NULL;
		return 0;
	}
	static int look(void *state, const struct weir_stage_setup *setup,
		struct weir_error *e)
	{
		int copies = 0;
		dl_iterate_phdr(seen, &copies);
		fprintf(stderr, "copies %d, rx %d\n", copies,
			weir_stage_find("rx") != NULL);
		return 0;
	}
	$export
END
pipeline linked.so mine >linked.yaml
has "it names libweir.so" "$(readelf -d linked.so)" 'NEEDED.*libweir\.so\.'
has "and yet what runs is the program's, and no other" \
	"$(LD_LIBRARY_PATH=$weir_lib weir run --quiet linked.yaml 2>&1)" \
	'^copies 0, rx 1$'

# Programs that embed weir load too.
cat >embeds.c <<'END'
#include <stdio.h>
#include <weir/weir.h>

int main(int argc, char **argv)
{
	struct weir_error error = {0};

	if (weir_stage_load(argv[1], &error) == 0)
		puts(weir_stage_find("mine")->help);
	puts(error.text);
}
END
embed() { # embed NAME FLAG…
	local name=$1
	shift
	$cc $weir_flags embeds.c -o "$name" $(pkg-config --cflags libweir) \
		"$@" 2>"$name.log" || not_ok "$name builds" "$(cat "$name.log")"
}
beside=$(pkg-config --libs libdpdk jansson yaml-0.1 libpcap numa libdw)
embed shared $(pkg-config --libs libweir)
embed whole -rdynamic "-L$weir_lib" -Wl,--whole-archive -l:libweir.a \
	-Wl,--no-whole-archive $beside -lm
embed bare "-L$weir_lib" -l:libweir.a $beside -lm
# A process has some 1600 bytes of each thread for all that it loads while it
# runs, and those who bring weir along load it so.
tls=$(readelf -lW "$weir_lib/libweir.so" | sed -n 's/^ *TLS //p' |
	awk '{print $5}')
has "of each thread it wants half a KiB at most" "$((${tls:-1000}))" \
	'^([0-9]|[0-9][0-9]|[1-4][0-9][0-9])$'
# The address sanitizer would end a program that has two of something itself.
said() {
	ASAN_OPTIONS=detect_odr_violation=0 LD_LIBRARY_PATH=$weir_lib \
		timeout 20 "./$1" "./$2" 2>&1
}
has "a program with libweir.so loads" "$(said shared mine.so)" "^passes on$"
has "also an object that names libweir" "$(said shared linked.so)" \
	"^passes on$"
has "a program with libweir.a in it loads" "$(said whole mine.so)" \
	"^passes on$"
has "but nothing that brings a second one" "$(said whole linked.so)" \
	"it brings .*libweir.so"
sed 's/(void)state;/weir_out_room(out, 0);/' mine.c | object calls
has "one that does not give its names out is told how to" \
	"$(said bare calls.so)" "it calls weir_out_room, which .* with -rdynamic"

# ---- what does not ----

refused "no file" none.so "there is no such file: build it, or check the path$"
echo 'version: 1' >text.so
refused "a text" text.so "this is not a shared object: name what"
: >empty.so
refused "an empty file" empty.so "this is not a shared object"
mkfifo pipe.so
refused "a pipe" pipe.so "this is not a shared object"
refused "a folder" below "this is not a shared object"
$cc -x c -c - -o object.so <mine.c $(pkg-config --cflags libweir)
refused "an object that was not linked" object.so "this is not a shared object"
if [ "$(id -u)" != 0 ]; then
	cp mine.so secret.so && chmod 0 secret.so
	refused "a file that may not be read" secret.so \
		"cannot be read: Permission denied"
fi
size=$(stat -c %s mine.so)
bad=
for cut in 1 40 63 64 65 200 1000 5000 $((size / 2)); do
	head -c $cut mine.so >cut.so
	pipeline cut.so mine >cut.yaml
	weir check cut.yaml >said.txt 2>&1
	[ $? = 2 ] && grep -qE 'load: cut.so: this (is|shared object is)' \
		said.txt || bad="$bad $cut: $(cat said.txt)"
done
is "an object that was cut off anywhere" "$bad" ""
{ head -c 18 mine.so; printf '\377\377'; tail -c +21 mine.so; } >foreign.so
refused "another machine's" foreign.so "this was built for another kind of"
stage mine | object mute
refused "no stage in it" mute.so \
	"it exports no stage: end its source with WEIR_STAGE_EXPORT"
echo 'char weir_stage_exported[1];' | object small
refused "something else of that name" small.so "it exports no stage"
stage mine | object lean -Wl,--no-as-needed -L. -l:mine.so '-Wl,-rpath,$ORIGIN'
refused "a stage in what it links only" lean.so "it exports no stage"
{ stage mine; echo "$export"; } | sed 's/= WEIR_STAGE_ABI/= {7, 16}/' |
	object seven
refused "another ABI" seven.so "a stage was built for stage ABI 7, this weir \
has ABI 1: build it again with this weir's headers$"
{ stage mine | sed 's/const struct weir_stage one/const struct { struct \
weir_stage known; void *newer; } one/;s/= {$/= {{/;s/^};/}, "x"};/;
s/= WEIR_STAGE_ABI/= {WEIR_STAGE_ABI_NUMBER, sizeof(one)}/'
	echo 'WEIR_STAGE_EXPORT(one.known);'; } | object newer
refused "one that uses what this weir lacks" newer.so \
	"a stage was built for stage ABI 1 of another weir and has"
sed 's/, "x"};/};/' newer.c | object new
pipeline new.so mine >new.yaml
works "a newer one that does not use it" weir run --quiet new.yaml
{ stage filter; echo "$export"; } | object filter
refused "a type that is there" filter.so \
	"stage type 'filter' is there already: give it another name$"
{ stage Mine; echo "$export"; } | object wrong
refused "a wrong table" wrong.so "stage type 'Mine': a type is made of"
{ stage mine; echo "$export"; echo 'void weir_no(void);
	void *use = weir_no;'; } | object undefined
refused "a name of weir's that is not there" undefined.so "it calls weir_no, \
which this program does not have: build it again"
sed 's/weir_no/no_such/g' undefined.c | object unlinked
refused "a name of nobody's" unlinked.so \
	"it calls no_such, which is not found: name the library"
echo 'int helper;' | object libhelper -Wl,-soname,libhelper.so.9
{ stage mine; echo "$export"; } |
	object helped -Wl,--no-as-needed -L. -l:libhelper.so
refused "a library that is not there" helped.so "it needs libhelper.so.9, \
which is not found: install it, or say in LD_LIBRARY_PATH"
echo 'int weir_copy;' | object libweir.so.7 -Wl,-soname,libweir.so.7
mv libweir.so.7.so libweir.so.7
{ stage mine; echo "$export"; } |
	object second -Wl,--no-as-needed '-Wl,-rpath,$ORIGIN' -L. \
	-l:libweir.so.7
refused "another libweir" second.so "it brings .*/libweir.so.7 with it, which \
is not what this program runs with"
weir check --load none.so mine.yaml >said.txt 2>&1
is "--load: exit code" $? 2
is "--load: words" "$(cat said.txt)" "weir check: --load none.so: there is no \
such file: build it, or check the path"
sed -i 's/^load: .*/load: {mine: 1}/' mine.yaml
weir check mine.yaml >said.txt 2>&1
is "a mapping under load" "$(cat said.txt)" \
	"mine.yaml:2:7: error: an entry of load must be a text, not a mapping"
finish
