# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Two answers to "would this kernel load these modules": the kernel's own, booted in QEMU, and that of
# `kernel-guard modules`. To be sourced, after vm.sh. README.md says what a scenario is.

# differential SERIES SCENARIOS: asks both about each scenario in the directory SCENARIOS, and prints as TAP comments
# each module of which they say different things. Leaves in SCENARIOS/NAME the files `kernel` (a line a module:
# outcome, init, messages) and `guard.json`, and these counts. Fails unless both have answered everything alike.
#   diff_loads     modules the kernel was given       diff_boots     boots it took
#   diff_agree     of these: the same answer          diff_unknown   kernel-guard does not know
#   diff_disagree  another answer, or none            diff_void      after a module whose init() had failed
differential() {
    local series=$1 scenarios=$2 dir key guard broken=0
    local place=$SCRATCH/differential.${scenarios##*/}.$1
    local -A names=() staged=()
    diff_loads=0 diff_agree=0 diff_disagree=0 diff_unknown=0 diff_void=0 diff_boots=0
    rm -rf "$place" && mkdir -p "$place/files/m" && differential_root "$series" "$place/root" || return
    for dir in "$scenarios"/*/; do
        [ -e "$dir/load" ] || { printf '# %s: no scenario\n' "$dir"; return 1; }
        rm -f "$dir"/{kernel,guard,guard.{json,error,status}}
        key=" $(cat "$dir/cmdline" 2>/dev/null)"
        names[$key]+="$(basename "$dir") "
    done
    "${DIFFERENTIAL_GUARD:-differential_guard}" "$series" "$scenarios" "$place/root" &
    guard=$!
    for key in "${!names[@]}"; do
        # shellcheck disable=SC2086  # words
        differential_boots "$series" "$scenarios" "$place" "$key" ${names[$key]} || broken=1
    done
    wait "$guard"
    for dir in "$scenarios"/*/; do differential_compare "${dir%/}"; done
    [ "$broken" -eq 0 ] && [ "$diff_disagree" -eq 0 ]
}

# What an installed kernel has without its headers. Of some series there is the image alone.
differential_root() { # SERIES ROOT
    local from to file
    from=$(dirname "$(vm_kernel "$1")")
    to=$2/usr/lib/modules/$(vm_release "$1")
    mkdir -p "$to" && cp "$from/vmlinuz" "$to" || return
    for file in "$from"/modules.builtin{,.modinfo} "$KG_CACHE/kernel/$1/config"; do
        [ ! -e "$file" ] || cp "$file" "$to" || return
    done
}

# The files of a scenario's modules, in order: those of relative paths lie in the scenario.
differential_files() { # SCENARIO
    local file
    while read -r file _; do
        case $file in
        '') ;;
        /*) printf '%s\n' "$file" ;;
        *) printf '%s\n' "$1/$file" ;;
        esac
    done <"$1/load"
}

differential_guard() { # SERIES SCENARIOS ROOT
    local dir files options
    for dir in "$2"/*; do
        mapfile -t files < <(differential_files "$dir")
        options=()
        if [ -e "$dir/options" ]; then
            mapfile -t options <"$dir/options"
        elif [ -e "$dir/cmdline" ]; then
            options=(--cmdline "$(cat "$dir/cmdline")")
        fi
        "$KG" modules --json --root "$3" --machine none --kernel "$(vm_release "$1")" "${options[@]}" "${files[@]}" \
            >"$dir/guard.json" 2>"$dir/guard.error" </dev/null
        echo $? >"$dir/guard.status"
    done
}

# The same answers from the program judge.c, which reads the kernel once for all scenarios: DIFFERENTIAL_GUARD=differential_judge.
differential_judge() { # SERIES SCENARIOS ROOT
    find "$2" -mindepth 1 -maxdepth 1 -type d | "$TESTS/../build/san/tests/vm/judge" "$3" "$(vm_release "$1")"
}

# differential_boots SERIES SCENARIOS PLACE COMMAND-LINE NAME...: as few boots as it takes. init.c ends one when a
# scenario has left anything behind; the others come first in the next one.
differential_boots() {
    local series=$1 scenarios=$2 place=$3 cmdline=$4 memory number begun suspect=''
    shift 4
    while [ $# -gt 0 ]; do
        differential_plan "$scenarios" "$place/files" "$@" || return
        vm_initramfs "$place/files" "$place/initramfs" || return
        # Modules are there in the archive, unpacked, and perhaps loaded.
        memory=$((1024 + 3 * $(stat -c %s "$place/initramfs") / 1048576))
        number=$((++diff_boots))
        vm_start "$place/boot.$number" "$(vm_kernel "$series")" "$place/initramfs" "$cmdline" -m "$memory"
        vm_wait "$place/boot.$number"
        rm -f "$place/initramfs"
        begun=$(vm_results "$place/boot.$number" | grep -c '^group ')
        if [ "$begun" -eq 0 ] || vm_results "$place/boot.$number" | grep -q '^lost'; then
            vm_log "$place/boot.$number"
            return 1
        fi
        # shellcheck disable=SC2154  # vm_wait leaves it
        vm_results "$place/boot.$number" | differential_split "$scenarios" "$vm_end"
        # A machine that did not end well may have suffered from an earlier scenario, or from its emulator: it is certain
        # of a scenario that ends it again, as the first one.
        if [ "$vm_end" = bye ] || { [ "$begun" -eq 1 ] && [ "$suspect" = "$1" ]; }; then
            suspect=''
        else
            begun=$((begun - 1))
            suspect=${*:begun + 1:1}
        fi
        shift "$begun"
    done
}

# Each file is staged once, however many scenarios have it; staged[] is the caller's caller's.
differential_plan() { # SCENARIOS STAGE NAME...
    local scenarios=$1 stage=$2 name files parameters number
    shift 2
    for name; do
        mapfile -t files < <(differential_files "$scenarios/$name")
        mapfile -t parameters < <(sed -nE 's/^[^ ]+ ?//p' "$scenarios/$name/load")
        printf 'kmsg on\ngroup %s\n' "$name"
        for number in "${!files[@]}"; do
            differential_stage "${files[number]}" "$stage" >&2 || return
            printf 'load %s %s\n' "${staged[${files[number]}]}" "${parameters[number]:-}"
        done
    done >"$stage/plan"
}

differential_stage() { # FILE STAGE
    local name
    [ -z "${staged[$1]:-}" ] || return 0
    name=m/${#staged[@]}/$(basename "$1")
    mkdir "$2/${name%/*}" && vm_plain "$1" >"$2/$name" && staged[$1]=$name
}

# differential_split SCENARIOS END < RESULTS: writes each scenario's file `kernel`. What was in flight has END as outcome.
differential_split() {
    awk -v scenarios="$1" -v end="$2" '
        function answer(outcome, init) {
            printf "%s\t%s\t%s\n", outcome, init, messages == "" ? "-" : messages >file
        }
        $1 == "group" { file = scenarios "/" $2 "/kernel"; printf "" >file; next }
        $1 == "begin" { flying = $2; messages = ""; next }
        $1 == "kmsg" { messages = messages (messages == "" ? "" : "; ") substr($0, 6); next }
        $1 == "end" {
            flying = ""
            if ($2 !~ /^unload:/)
                answer($3, $4 ~ /^init=/ ? substr($4, 6) : "never")
        }
        END { if (flying != "" && flying !~ /^unload:/) answer("no return: " end, "never") }'
}

# What kernel-guard says of the modules, a line each: verdict, errno, reason, message.
differential_verdicts() { # SCENARIO
    [ ! -e "$1/guard" ] || { cat "$1/guard"; return; }
    jq -r '.modules[] | [.verdict, .errno, .reason, .message] |
        map(if . == null or . == "" then "-" else gsub("[\t\n]"; " ") end) | join("\t")' <"$1/guard.json" 2>&1
}

differential_compare() { # SCENARIO
    local dir=$1 number files kernel verdicts outcome init messages verdict errno reason message accepted wanted
    local void=0 none=$'no answer\tnever\t-\t-'
    mapfile -t files < <(differential_files "$dir")
    mapfile -t kernel < <(cat "$dir/kernel" 2>/dev/null)
    mapfile -t verdicts < <(differential_verdicts "$dir")
    for number in "${!files[@]}"; do
        IFS=$'\t' read -r outcome init messages <<<"${kernel[number]:-$none}"
        IFS=$'\t' read -r verdict errno reason message <<<"${verdicts[number]:-$none}"
        [ "$outcome" = "no answer" ] || diff_loads=$((diff_loads + 1))
        # Once init() is called the loader has accepted the module, whatever that returns.
        accepted=0 wanted="refused $outcome"
        if [ "$outcome" = OK ] || [ "$init" != never ]; then
            accepted=1 wanted="loads -"
        fi
        if [ "$void" -eq 1 ]; then
            diff_void=$((diff_void + 1))
        elif [ "$verdict" = unknown ] && [[ $outcome != no\ * ]]; then
            diff_unknown=$((diff_unknown + 1))
            printf '# %s: %s\n#   kernel: %s\n#   guard:  unknown: %s\n' "${dir##*/}" "${files[number]}" "$outcome" "$message"
        elif [ "$verdict $errno" = "$wanted" ]; then
            diff_agree=$((diff_agree + 1))
        else
            diff_disagree=$((diff_disagree + 1))
            printf '# %s: %s\n' "${dir##*/}" "${files[number]}"
            printf '#   kernel: %s, init() %s: %.300s\n' "$outcome" "$init" "$messages"
            printf '#   guard:  %s %s [%s]: %s\n' "$verdict" "$errno" "$reason" "$message"
            [ "$verdict" != "no answer" ] || printf '#   guard:  exit %s, %s\n' "$(cat "$dir/guard.status")" \
                "$(head -c 500 "$dir/guard.error" | tr '\n' ' ')"
        fi
        # Accepted, and yet not there: kernel-guard takes it to be there for those that follow.
        case $accepted,$outcome in
        1,OK) ;;
        1,* | *,died | *,no\ *) void=1 ;;
        esac
    done
}
